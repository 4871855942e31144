"""Making a study's missing runs, one after the other, beside other processes that may do the same."""

from dataclasses import dataclass
from pathlib import Path

import torch

from lookbook.data.dataset import Dataset, DataSpec, load
from lookbook.errors import Busy, LookbookError
from lookbook.files import make_folder, write_json
from lookbook.study.plan import Plan, Planned, plan
from lookbook.study.progress import Silent, Watch
from lookbook.study.recipe import Recipe
from lookbook.study.run import run
from lookbook.study.study import Study
from lookbook.training.device import choose


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
    watch: Watch | None = None,
) -> Outcome:
    """Make the runs of a study that are missing. A run that fails is written down and does not stop the others.

    Raises LookbookError before anything is trained when a folder is damaged, the runs folder cannot be written to,
    the data cannot be had or the device is not there.
    """
    watch = watch or Silent()
    planned = plan(study, runs, data_dir=data_dir)
    damaged = planned.having("damaged")
    if damaged:
        raise LookbookError(damaged[0].reason)
    todo = planned.missing
    if todo:
        choose(device)  # says now if the device is not there
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
    busy: list[Planned] = []
    try:
        for waiting in (False, True):  # first what nobody works on, then what another process may have left undone
            for item in todo if not waiting else busy:
                try:
                    done = run(
                        item.recipe,
                        item.seed,
                        runs=runs,
                        study=study.name,
                        label=item.label,
                        dataset=datasets[item.recipe.data],
                        device=device,
                        watch=watch,
                        wait=waiting,
                        seconds=planned.seconds[item.label],
                    )
                    made += done.fresh
                except Busy:
                    watch.note(f"{item.label}, seed {item.seed}: another process is at it; coming back to it")
                    busy.append(item)
                except Exception as error:
                    broken[item.folder.path] = (item, _write_failure(item, error))
                    watch.note(f"{item.label}, seed {item.seed}: failed. {error}")
    finally:
        watch.study_ends()
    after = plan(study, runs, data_dir=data_dir) if todo else planned
    failed = tuple((item, item.reason) for item in after.having("failed", "diverged", "damaged"))
    unwritten = (found for path, found in broken.items() if path not in {item.folder.path for item, _ in failed})
    return Outcome(after, made, (*failed, *unwritten))


def _tell(dataset: Dataset, watch: Watch) -> None:
    """What a user may want to know of the data before training on it."""
    for pair, count in dataset.duplicates.items():
        if count:
            watch.note(f"Note: {count} images of {dataset.name} stand in both {pair.replace('/', ' and ')}.")
    if dataset.skipped:
        first, more = dataset.skipped[0], len(dataset.skipped) - 1
        rest = f" and {more:,} more file{'s' * (more != 1)}" if more else ""
        watch.note(f"Note: skipped {first.path} ({first.reason}){rest}; `lookbook data` lists them.")


def _tell_batch(label: str, recipe: Recipe, dataset: Dataset, watch: Watch) -> None:
    """That a recipe's batch is larger than its data, which is allowed."""
    if recipe.training.batch_size > len(dataset.train):
        watch.note(
            f"Note: {label}'s batch of {recipe.training.batch_size:,} is larger than the "
            f"{len(dataset.train):,} training images; each epoch is one step."
        )


def _write_failure(item: Planned, error: Exception) -> str:
    """Keep the reason in the run's folder, if that can be written to, and return it."""
    kind = "" if isinstance(error, LookbookError) else f"{type(error).__name__}: "
    message = f"{kind}{error}".split("\n")[0]
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        message = f"Out of memory with batches of {item.recipe.training.batch_size}; try --set training.batch_size=..."
    try:
        item.folder.path.mkdir(parents=True, exist_ok=True)
        write_json(item.folder.failure, {"message": message})
    except OSError:  # the disk may be what failed; the run simply stays missing
        pass
    return message
