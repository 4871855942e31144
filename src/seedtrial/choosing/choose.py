"""`choose`: look at the data, search, train the finalists, answer, and hand over the network.

from seedtrial import choose
choose("photographs", minutes=20).answer
"""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedtrial.choosing import answer
from seedtrial.choosing.bench import Bench
from seedtrial.choosing.candidates import Seen, ladder
from seedtrial.choosing.curve import Curve, learning_curve
from seedtrial.choosing.deadline import Budget
from seedtrial.choosing.examination import CURVE, SEARCH, examined, longest
from seedtrial.choosing.finals import Finalists, finalists, study_file
from seedtrial.choosing.handover import hand_over, handed_over
from seedtrial.choosing.look import look
from seedtrial.choosing.memory import Memory
from seedtrial.choosing.search import Search
from seedtrial.choosing.trial import Trial
from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.data.folds import usual_folds
from seedtrial.errors import SeedtrialError
from seedtrial.execution.notes import data_notes
from seedtrial.files import make_folder, write_atomic, write_json
from seedtrial.locks import hold
from seedtrial.report.study import page
from seedtrial.report.study.selection import Lead, Tried
from seedtrial.runs.watch import Silent, Watch
from seedtrial.serving.export import Chosen
from seedtrial.study.results import Results
from seedtrial.study.results_json import results_json
from seedtrial.words import duration

VALIDATION = 0.2  # of few images: they choose, and are never test images
LEAST = 0.2  # minutes
WAY_OUT = "wait until it is done, or give another folder with --out"


@dataclass(frozen=True)
class Choice:
    """What was chosen, and where it lies.

    answer:  sentences, the most important one first
    results: of the finalists, on the test images
    network: the run or runs that are handed over
    folder:  has report.html, study.py, choice.json, search.sqlite3 and the bundle
    """

    answer: tuple[str, ...]
    results: Results
    finalists: Finalists
    trials: tuple[Trial, ...]
    skipped: dict[str, str]
    curve: Curve
    network: Chosen
    folder: Path
    seconds: float

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / "report.html"

    @property
    def bundle(self) -> Path:
        """The network, ready to use."""
        return self.folder / "bundle"


def choose(
    data: str,
    *,
    minutes: float = 10,
    out: Path | None = None,
    runs: Path = Path("runs"),
    settings: Sequence[str] = (),
    device: str = "auto",
    jobs: int | None = None,
    data_dir: Path | None = None,
    watch: Watch | None = None,
    command: str = "seedtrial choose",
) -> Choice:
    """Which network to use for some images: the answer after so many minutes.

    data:     a built-in data set, a folder or a file
    minutes:  for everything, the report included; kept to a tenth
    out:      folder of the answer; None: choices/NAME
    settings: of the data, such as "data.size=96"
    jobs:     trainings at a time; None: as many as suit this machine

    What earlier calls trained counts, so a second call goes on. Ctrl-C ends the search and answers with what is there.
    Raises SeedtrialError for data that nothing can be chosen on, or a time in which nothing can be trained.
    """
    if not (math.isfinite(minutes) and minutes >= LEAST):
        raise SeedtrialError(f"A choice needs at least {LEAST:g} minutes, not {minutes:g}.")
    budget, watch = Budget(time.monotonic(), 60 * minutes), watch or Silent()
    spec, dataset, decided = look(data, settings=settings, data_dir=data_dir)
    folds = usual_folds([sum(each) for each in zip(*_open_counts(dataset), strict=True)], len(dataset.test))
    if folds:
        spec, dataset = _with_folds(spec, dataset, data_dir, settings)
    name = _name(data)
    folder = make_folder(out or Path("choices") / name)
    with hold(folder / ".lock", wait=False, busy=f"Another seedtrial is choosing in {folder}; {WAY_OUT}."):
        for note in (*data_notes(dataset), *decided, *_folds_notes(dataset, folds)):
            watch.note(note)
        at_once = jobs or os.cpu_count() or 1
        bench = Bench(f"choose-{name}", dataset, runs, watch, device, jobs, data_dir)
        seen = Seen(len(dataset.train), dataset.facts.shape, len(dataset.classes))
        candidates = ladder(spec, seen)
        memory = Memory(folder / "search.sqlite3", candidates)
        search = Search(candidates, bench, memory, most=longest(budget.seconds * at_once, folds), jobs=at_once)
        search.run(budget, SEARCH)
        ranked = search.best()
        if not ranked:
            raise SeedtrialError("No training finished in this time; give more --minutes.")
        final = finalists(ranked, candidates, _validation_images(dataset))
        gathered = examined(final, bench, budget, at_once, _shown(data), None if bench.stopped else folds)
        network = handed_over(gathered, bench, seconds=max(0.0, budget.left(CURVE)))
        if not bench.stopped:
            watch.note(f"{duration(budget.used)}: estimating what more images would give")
        curve = learning_curve(bench, final.best, seconds=max(0.0, budget.left(CURVE)), jobs=at_once)
        facts = answer.AnswerFacts(gathered, final, search.trials, search.skipped, curve, budget.used)
        choice = Choice(
            tuple(answer.sentences(facts)),
            gathered,
            final,
            tuple(search.trials),
            search.skipped,
            curve,
            network,
            folder,
            budget.used,
        )
        _write(choice, bench, command, watch)
        return choice


def _write(choice: Choice, bench: Bench, command: str, watch: Watch) -> None:
    folder, study = choice.folder, choice.results.plan.study
    watch.note(f"{duration(choice.seconds)}: writing the report and the network")
    write_atomic(folder / "study.py", study_file(study, how=command).encode())
    write_json(folder / "choice.json", choice_json(choice) | {"command": command})
    page.write_report(choice.results, choice.report, runs=bench.runs, data_dir=bench.data_dir, lead=lead(choice))
    hand_over(choice.network, choice.bundle, data_dir=bench.data_dir)


def choice_json(choice: Choice) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "answer": list(choice.answer),
        "seconds": round(choice.seconds, 1),
        "trials": [trial_json(trial) for trial in choice.trials],
        "skipped": choice.skipped,
        "learning_curve": [list(point) for point in choice.curve.points],
        "study": results_json(choice.results),
        "folder": str(choice.folder),
        "report": str(choice.report),
        "bundle": str(choice.bundle),
        "network": {"runs": [run.folder.path.name for run in choice.network.runs], "why": choice.network.why},
    }


def trial_json(trial: Trial) -> dict[str, Any]:
    """A trial as plain values; accuracies and seconds by rung."""
    return {
        "number": trial.number,
        "candidate": trial.candidate.name,
        "settings": list(trial.settings),
        "epochs": trial.recipe.training.epochs,
        "state": trial.state,
        "accuracies": {str(rung): accuracy for rung, accuracy in trial.accuracies.items()},
        "seconds": {str(rung): seconds for rung, seconds in trial.seconds.items()},
        "failure": trial.failure,
    }


def lead(choice: Choice) -> Lead:
    """What the page shows above the study: the answer, the effort per candidate, and the learning curve."""
    return Lead(choice.answer, effort(choice.trials), choice.curve.points)


def effort(trials: Sequence[Trial]) -> list[Tried]:
    """Per candidate what was tried of it, the best candidate first."""
    rows = []
    for name in dict.fromkeys(trial.candidate.name for trial in trials):
        own = [trial for trial in trials if trial.candidate.name == name]
        best = max(own, key=lambda trial: trial.accuracy)
        rows.append(
            Tried(
                name,
                settings=sum(bool(trial.accuracies) for trial in own),
                seconds=sum(sum(trial.seconds.values()) for trial in own),
                accuracy=best.accuracy if best.accuracies else None,
                epochs=best.at(best.rung).training.epochs if best.accuracies else None,
                chosen=best.settings,
                state=best.state,
            )
        )
    return sorted(rows, key=lambda row: -(row.accuracy or -1))


def _open_counts(dataset: Dataset) -> list[list[int]]:
    """Images of each class in the training and the validation part."""
    return [numbers for name, numbers in dataset.counts().items() if name != "test"]


def _with_folds(
    spec: DataSpec, dataset: Dataset, data_dir: Path | None, settings: Sequence[str]
) -> tuple[DataSpec, Dataset]:
    """The data with validation images that are never test images, and with enough of them to choose by."""
    if spec.validation is None:
        return spec, dataset
    own = any(setting.startswith("data.validation") for setting in settings)
    size = spec.validation.size if own else VALIDATION
    spec = spec.model_copy(update={"validation": spec.validation.model_copy(update={"size": size, "fixed": True})})
    return spec, load(spec, data_dir=data_dir)


def _folds_notes(dataset: Dataset, folds: int | None) -> list[str]:
    if not folds:
        return []
    return [
        f"Few images: the finalists are tested on {folds} folds. Choices are made on "
        f"{_validation_images(dataset):,} validation images, which are never test images."
    ]


def _validation_images(dataset: Dataset) -> int:
    assert dataset.validation is not None  # refused without
    return len(dataset.validation)


def _name(data: str) -> str:
    """The data's name as one of a folder and a study."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in Path(data).stem).strip("-")
    return kept[:60] or "images"


def _shown(data: str) -> str:
    return Path(data).name or data
