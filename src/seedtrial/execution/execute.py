"""Training the runs that a study still needs, beside other processes that may do the same."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from seedtrial.data.dataset import Dataset, DataSpec
from seedtrial.errors import SeedtrialError, unknown
from seedtrial.execution.attempt import Attempt, Setup, write_failure
from seedtrial.execution.datasets import Datasets
from seedtrial.execution.executors import EXECUTORS
from seedtrial.execution.notes import batch_notes, data_notes, hardware_notes
from seedtrial.execution.room import jobs_that_fit, too_large
from seedtrial.execution.transfer import put_folder
from seedtrial.files import make_folder
from seedtrial.runs.trained import open_run
from seedtrial.runs.watch import Silent, Watch
from seedtrial.study.plan import Plan, Planned, plan
from seedtrial.study.study import Study
from seedtrial.training.device import choose_engine


@dataclass(frozen=True)
class Execution:
    """What an execution of a study gave.

    plan:    the study's runs as they are now
    trained: how many of them were trained now
    failed:  runs that broke off now or diverged, with the reason

    >>> from seedtrial.study.load import load_study
    >>> nothing = Execution(plan(load_study("quickstart"), Path("no-such-folder")), trained=0, failed=())
    >>> len(nothing.plan.missing)
    6
    """

    plan: Plan
    trained: int
    failed: tuple[tuple[Planned, str], ...]


def execute(
    study: Study,
    *,
    runs: Path,
    data_dir: Path | None = None,
    device: str = "auto",
    jobs: int | None = 1,
    executor: str | None = None,
    watch: Watch | None = None,
    at_hand: Mapping[DataSpec, Dataset] | None = None,
) -> Execution:
    """Train the runs of a study that are missing. A run that fails is recorded and does not stop the others.

    runs:     the folder that run folders live in
    jobs:     runs at a time; None: as many as suit this machine
    executor: a name in EXECUTORS; None: "here" for one run at a time, else "processes"
    watch:    hears of the progress
    at_hand:  data sets that are loaded already, and whose notes the user has seen

    >>> import tempfile
    >>> from seedtrial import Recipe, Study
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=1))
    >>> study = Study(name="example", question="How good is a linear model?", recipes={"linear": recipe}, seeds=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first, second = (execute(study, runs=Path(folder)) for _ in range(2))
    >>> first.trained, second.trained, first.failed
    (2, 0, ())

    Raises SeedtrialError before anything is trained when a folder is damaged, the runs folder cannot be written to,
    the data cannot be loaded, or the device does not exist.
    """
    watch = watch or Silent()
    facts = {data: dataset.facts for data, dataset in (at_hand or {}).items()}
    planned = plan(study, runs, data_dir=data_dir, at_hand=facts)
    damaged, todo = planned.having("damaged"), planned.missing
    if damaged:
        raise SeedtrialError(damaged[0].reason)
    if not todo:
        return Execution(planned, 0, _failures(planned))
    setup = _set_up(planned, runs, data_dir, device, watch, at_hand or {})
    broken = []
    if setup.hardware == "cpu":
        reasons = {label: too_large(planned.of(label)[0]) for label in {item.label for item in todo}}
        broken = [(item, write_failure(item, reasons[item.label])) for item in todo if reasons[item.label]]
        for label, reason in reasons.items():
            if reason:
                watch.note(f"{label}: failed. {reason}")
        todo = [item for item in todo if not reasons[item.label]]
    threads = max((item.recipe.training.threads or 1 for item in todo), default=1)
    jobs = max(1, min(jobs or usual_jobs(hardware=setup.hardware, runs=len(todo), threads=threads), len(todo)))
    if setup.hardware == "cpu" and jobs > 1:
        jobs = jobs_that_fit(todo, jobs, watch)
    name = executor or ("here" if jobs == 1 else "processes")
    if name not in EXECUTORS:
        raise unknown("executor", name, EXECUTORS)
    trained = 0
    watch.study_begins(study.name, len(todo), planned.seconds_left)
    try:
        with contextlib.closing(EXECUTORS[name](todo, setup, jobs=jobs, watch=watch)) as attempts:
            for item, attempt in attempts:
                if attempt.files is not None:
                    attempt = _receive(item, attempt, setup)
                trained += attempt.status == "trained"
                if attempt.status == "busy":
                    watch.note(f"{item.label}, {item.which}: another process is working on it; retried last")
                if attempt.status == "failed":
                    if attempt.stops:
                        raise SeedtrialError(f"{item.label}, {item.which}: {attempt.reason}")
                    broken.append((item, attempt.reason))
                    watch.note(f"{item.label}, {item.which}: failed. {attempt.reason}")
    finally:
        watch.study_ends()
    after = plan(study, runs, data_dir=data_dir, at_hand=facts)
    failed = _failures(after)
    recorded = {item.folder.path for item, _ in failed}
    unrecorded = ((item, reason) for item, reason in broken if item.folder.path not in recorded)
    return Execution(after, trained, (*failed, *unrecorded))


def _set_up(
    planned: Plan, runs: Path, data_dir: Path | None, device: str, watch: Watch, at_hand: Mapping[DataSpec, Dataset]
) -> Setup:
    """Load the data, and find out before anything is trained whether device and folder can be used."""
    todo = planned.missing
    engine = choose_engine(device)
    for note in hardware_notes(todo, engine):
        watch.note(note)
    datasets = Datasets(at_hand, data_dir)
    firsts: dict[str, Planned] = {}
    for item in todo:
        firsts.setdefault(item.label, item)
    for item in firsts.values():
        new, dataset = item.recipe.data not in datasets, datasets[item.recipe.data]
        for note in (*(data_notes(dataset) if new else ()), *batch_notes(item.label, item.recipe, dataset)):
            watch.note(note)
    make_folder(runs)
    return Setup(planned.study, runs, device, engine.device, datasets, planned.seconds)


def _receive(item: Planned, attempt: Attempt, setup: Setup) -> Attempt:
    """Put the files of a run that was trained elsewhere into its folder, and examine it here, where the ledger is."""
    assert attempt.files is not None
    try:
        put_folder(item.folder, attempt.files)
        setup.examined(open_run(item.folder.path, model=item.recipe.model), item, wait=True)
    except (SeedtrialError, OSError) as error:
        return Attempt("failed", write_failure(item, str(error)))
    return replace(attempt, files=None)


def _failures(planned: Plan) -> tuple[tuple[Planned, str], ...]:
    """The runs that failed, diverged or were damaged, with the reason that their folders give."""
    return tuple((item, item.reason) for item in planned.having("failed", "diverged", "damaged"))


def usual_jobs(*, hardware: str, runs: int, threads: int = 1) -> int:
    """How many runs at a time suit this machine: as many as keep its cores busy; one on a GPU.

    threads: of each run

    >>> usual_jobs(hardware="cuda", runs=12), usual_jobs(hardware="cpu", runs=1)
    (1, 1)
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if hardware == "cuda" else max(1, min(cores // threads, runs))


def jobs_from(text: str) -> int | None:
    """The number of runs at a time from the command line; None for auto.

    >>> jobs_from("4"), jobs_from("auto")
    (4, None)

    Raises SeedtrialError for anything else.
    """
    if text == "auto":
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SeedtrialError(f"--jobs takes auto or a whole number of at least 1, not '{text}'.")
    return int(text)
