"""Making a study's missing runs, here or in workers, beside other processes that may do the same."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.errors import SeedtrialError
from seedtrial.execution import processes as workers
from seedtrial.execution.attempt import Attempt, Work
from seedtrial.files import make_folder
from seedtrial.models.fast import kernels
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.watch import Silent, Watch
from seedtrial.study.plan import Plan, Planned, plan
from seedtrial.study.study import Study
from seedtrial.training.device import choose

IMAGES = ("conv", "resnet")  # kinds of networks that the compiled kernels make faster


@dataclass(frozen=True)
class Outcome:
    """What a study has after an execution.

    made:   runs trained now
    failed: runs that broke off now or diverged, with the reason
    """

    plan: Plan
    made: int
    failed: tuple[tuple[Planned, str], ...]


def execute(
    study: Study,
    *,
    runs: Path,
    data_dir: Path | None = None,
    device: str = "auto",
    jobs: int | None = 1,
    watch: Watch | None = None,
) -> Outcome:
    """Make the runs of a study that are missing. A run that fails is written down and does not stop the others.

    jobs: runs at a time; None: as many as suit the machine. One is made in this process, on all of its threads; more
          are made in processes of one thread each

    Raises SeedtrialError before anything is trained when a folder is damaged, the runs folder cannot be written to,
    the data cannot be had or the device is not there.
    """
    watch = watch or Silent()
    planned = plan(study, runs, data_dir=data_dir)
    damaged = planned.having("damaged")
    if damaged:
        raise SeedtrialError(damaged[0].reason)
    todo = planned.missing
    hardware = "cpu"
    if todo:
        engine = choose(device)  # says now if the device is not there
        hardware = engine.device
        if engine.precision == "fp32" and any(item.recipe.training.precision == "auto" for item in todo):
            watch.note("Note: this hardware does not compute in bf16, so training is in float32.")
        if hardware == "cpu" and kernels.LIBRARY is None and any(item.recipe.model.kind in IMAGES for item in todo):
            watch.note(f"Note: convolutional networks train more slowly without compiled kernels: {kernels.REASON}.")
    jobs = min(jobs or workers.usual(device=hardware, runs=len(todo)), max(1, len(todo)))
    datasets: dict[DataSpec, Dataset] = {}
    for label in dict.fromkeys(item.label for item in todo):
        recipe = study.recipes[label]
        if recipe.data not in datasets:
            datasets[recipe.data] = load(recipe.data, data_dir=data_dir)
            _tell(datasets[recipe.data], watch)
        _tell_batch(label, recipe, datasets[recipe.data], watch)
    if todo:
        make_folder(runs)
    watch.study_begins(study.name, len(todo), planned.seconds_left)
    made = 0
    broken: dict[Path, tuple[Planned, str]] = {}
    work = Work(study.name, runs, device, datasets)
    timed = [(item, planned.seconds[item.label]) for item in todo]
    try:
        with contextlib.closing(_attempts(timed, work, jobs, hardware, watch)) as attempts:
            for item, attempt in attempts:
                made += attempt.status == "made"
                if attempt.status == "busy":
                    watch.note(f"{item.label}, seed {item.seed}: another process is at it; coming back to it")
                if attempt.status == "failed":
                    broken[item.folder.path] = (item, attempt.reason)
                    watch.note(f"{item.label}, seed {item.seed}: failed. {attempt.reason}")
    finally:
        watch.study_ends()
    after = plan(study, runs, data_dir=data_dir) if todo else planned
    failed = tuple((item, item.reason) for item in after.having("failed", "diverged", "damaged"))
    unwritten = (found for path, found in broken.items() if path not in {item.folder.path for item, _ in failed})
    return Outcome(after, made, (*failed, *unwritten))


def _attempts(
    todo: Sequence[tuple[Planned, float]], work: Work, jobs: int, hardware: str, watch: Watch
) -> Generator[tuple[Planned, Attempt], None, None]:
    """Make runs and tell how each went: first what nobody works on, then what another process may have left undone."""
    if jobs > 1:
        yield from workers.share_out(todo, work, jobs=jobs, device=hardware, watch=watch)
        return
    busy = []
    for item, seconds in todo:
        attempt = work.attempt(item, wait=False, seconds=seconds, watch=watch)
        if attempt.status == "busy":
            busy.append((item, seconds))
        yield item, attempt
    for item, seconds in busy:
        yield item, work.attempt(item, wait=True, seconds=seconds, watch=watch)


def _tell(dataset: Dataset, watch: Watch) -> None:
    """What a user may want to know of the data before training on it."""
    for pair, count in dataset.duplicates.items():
        if count:
            watch.note(f"Note: {count} images of {dataset.name} stand in both {pair.replace('/', ' and ')}.")
    if dataset.skipped:
        first, more = dataset.skipped[0], len(dataset.skipped) - 1
        rest = f" and {more:,} more file{'s' * (more != 1)}" if more else ""
        watch.note(f"Note: skipped {first.path} ({first.reason}){rest}; `seedtrial data` lists them.")


def _tell_batch(label: str, recipe: Recipe, dataset: Dataset, watch: Watch) -> None:
    """That a recipe's batch is larger than its data, which is allowed."""
    if recipe.training.batch_size > len(dataset.train):
        watch.note(
            f"Note: {label}'s batch of {recipe.training.batch_size:,} is larger than the "
            f"{len(dataset.train):,} training images; each epoch is one step."
        )
