"""`choose`: look at the data, search, train the finalists, answer, and hand over the network.

from seedtrial import choose
choose("photographs", minutes=20).answer
"""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedtrial.choosing import answer
from seedtrial.choosing.bench import Bench
from seedtrial.choosing.candidates import Seen, ladder
from seedtrial.choosing.curve import Curve, learning_curve
from seedtrial.choosing.deadline import Budget
from seedtrial.choosing.finals import SEEDS, Finalists, affordable_seeds, finalists, study_file
from seedtrial.choosing.look import look
from seedtrial.choosing.memory import Memory
from seedtrial.choosing.search import Search
from seedtrial.choosing.trial import Trial
from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.data.folds import usual_folds
from seedtrial.errors import SeedtrialError
from seedtrial.execution.notes import data_notes
from seedtrial.files import make_folder, write_atomic, write_json
from seedtrial.report.study import page
from seedtrial.report.study.selection import Lead, Tried
from seedtrial.runs.watch import Silent, Watch
from seedtrial.serving.choice import chosen
from seedtrial.serving.export import export
from seedtrial.study.results import Results, results
from seedtrial.study.results_json import results_json
from seedtrial.study.study import Study
from seedtrial.words import counted, duration

SEARCH, FINALS, CURVE = 0.45, 0.88, 0.94  # shares of the budget until which each part may go on
A_TRAINING = 1 / 9  # of the budget times the jobs: what one training at full length may take
MARGIN = 0.9  # of the time that is left is planned with
MARGIN_OF_FOLDS = 0.7  # unless all of them are finished, they say nothing
FEWEST = 3  # folds, where the time does not suffice for more
LENGTHENED = 0.7  # of that is given to longer trainings
FINALISTS, SHORT = 3, 5.0  # seconds of a training that is always allowed
VALIDATION = 0.2  # of few images: they choose, and are never test images
LEAST = 0.2  # minutes


@dataclass(frozen=True)
class Choice:
    """What was chosen, and where it lies.

    answer:  sentences, the most important one first
    results: of the finalists, on the test images
    folder:  has report.html, study.py, choice.json, search.sqlite3 and the bundle
    """

    answer: tuple[str, ...]
    results: Results
    finalists: Finalists
    trials: tuple[Trial, ...]
    skipped: dict[str, str]
    curve: Curve
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
    spec, dataset, said = look(data, settings=settings, data_dir=data_dir)
    folds = usual_folds([sum(each) for each in zip(*_open_counts(dataset), strict=True)], len(dataset.test))
    if folds:
        spec, dataset = _with_folds(spec, dataset, data_dir, settings)
    name = _name(data)
    folder = make_folder(out or Path("choices") / name)
    for note in (*data_notes(dataset), *said, *_folds_notes(dataset, folds)):
        watch.note(note)
    at_once = jobs or os.cpu_count() or 1
    bench = Bench(f"choose-{name}", dataset, runs, watch, device, jobs, data_dir)
    seen = Seen(len(dataset.train), dataset.facts.shape, len(dataset.classes))
    candidates = ladder(spec, seen)
    memory = Memory(folder / "search.sqlite3", candidates)
    search = Search(candidates, bench, memory, most=_longest(budget.seconds * at_once, folds), jobs=at_once)
    search.run(budget, SEARCH)
    ranked = search.best()
    if not ranked:
        raise SeedtrialError("No training was finished in this time; say more --minutes.")
    final = finalists(ranked, candidates, _validation_images(dataset))
    gathered = _examined(final, bench, budget, at_once, data, None if bench.stopped else folds)
    if not bench.stopped:
        watch.note(f"{duration(budget.used)}: what more images would give")
    curve = learning_curve(bench, final.best, seconds=max(0.0, budget.left(CURVE)), jobs=at_once)
    facts = answer.AnswerFacts(gathered, final, search.trials, search.skipped, curve, budget.used)
    choice = Choice(
        tuple(answer.sentences(facts)),
        gathered,
        final,
        tuple(search.trials),
        search.skipped,
        curve,
        folder,
        budget.used,
    )
    _write(choice, bench, command, watch)
    return choice


def _longest(seconds: float, folds: int | None) -> float:
    """Seconds that one training at full length may take. seconds: the budget times the jobs"""
    usual_share = A_TRAINING * seconds
    if not folds:
        return usual_share
    return min(usual_share, max(SHORT, MARGIN_OF_FOLDS * (FINALS - SEARCH) / (FINALISTS * folds) * seconds))


def _examined(final: Finalists, bench: Bench, budget: Budget, jobs: int, data: str, folds: int | None) -> Results:
    """Train the finalists with as many seeds as the time allows, and open the test images once for all of them."""
    end = CURVE if folds else FINALS  # folds are worth more than the learning curve
    left = (MARGIN_OF_FOLDS if folds else MARGIN) * max(0.0, budget.left(end))
    whole, now = replace(final, lengths={}), Budget(budget.began, 0)  # what the search trained, in no time
    if not bench.stopped:
        final = final.lengthened(LENGTHENED * left if folds else left, jobs, folds)
    seeds = 1 if bench.stopped else affordable_seeds(final, left, jobs, folds)
    if not seeds and folds and folds > FEWEST:
        return _examined(whole, bench, budget, jobs, data, FEWEST)
    if not seeds:
        bench.watch.note(f"The time does not suffice for {folds} folds; say more --minutes.")
        return _examined(whole, bench, budget, jobs, data, None)
    study = final.study(bench.name, _shown(data), seeds, folds)
    repeated = counted(seeds, "seed") + (f" and {folds} folds" if folds else "")
    bench.watch.note(f"{duration(budget.used)}: {repeated} of the finalists: {', '.join(study.recipes)}")
    # All seeds are trained before any is examined, so that what the time did not suffice for opens nothing.
    began = time.monotonic()
    done = _trained(study, bench, budget.left(end))
    while folds and done == study.seeds < SEEDS and budget.left(FINALS) > (time.monotonic() - began) / done / MARGIN:
        study = study.model_copy(update={"seeds": done + 1, "repeats": done + 1})  # time is left for another division
        done = _trained(study, bench, budget.left(end))
    if not done and (final.lengths or folds):  # not even one was finished
        return _examined(whole, bench, now, jobs, data, None)
    study = study.model_copy(update={"seeds": max(1, done), "repeats": max(1, done) if folds else 1})
    return results(bench.execute(study, seconds=3600))


def _trained(study: Study, bench: Bench, seconds: float) -> int:
    """Train a study without opening test images; returns the seeds of which all recipes are trained then."""
    trained = bench.execute(study.model_copy(update={"judged_on": "validation"}), seconds=seconds)
    return min(len(trained.seeds(label)) for label in study.recipes)


def _write(choice: Choice, bench: Bench, command: str, watch: Watch) -> None:
    folder, study = choice.folder, choice.results.plan.study
    watch.note(f"{duration(choice.seconds)}: the report, and the network for use")
    write_atomic(folder / "study.py", study_file(study, how=command).encode())
    write_json(folder / "choice.json", choice_json(choice) | {"command": command})
    page.write_report(choice.results, choice.report, runs=bench.runs, data_dir=bench.data_dir, lead=lead(choice))
    if choice.bundle.exists():
        watch.note(f"{choice.bundle} is of an earlier choice; remove it to have this one exported.")
        return
    runs = choice.results.rows[0].runs
    best = max(runs.values(), key=lambda run: run.metrics.validation.accuracy if run.metrics.validation else 0.0)
    export(chosen(str(best.folder.path), bench.runs), choice.bundle, data_dir=bench.data_dir)


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
