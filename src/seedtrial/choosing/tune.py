"""`tune`: the search of `choose` alone, on settings with ranges, judged on validation images."""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seedtrial.choosing.bench import Bench
from seedtrial.choosing.candidates import Candidate, Seen, ladder
from seedtrial.choosing.deadline import Budget
from seedtrial.choosing.memory import Memory
from seedtrial.choosing.ranges import Options, Range
from seedtrial.choosing.search import Search
from seedtrial.choosing.trial import Trial
from seedtrial.data.dataset import Dataset, load
from seedtrial.errors import SeedtrialError, Unknown
from seedtrial.execution.notes import data_notes
from seedtrial.files import make_folder
from seedtrial.locks import hold
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.watch import Silent, Watch
from seedtrial.spec import override

SHARE = 0.98  # of the time; the rest is for the answer
A_TRAINING = 1 / 4  # of the budget times the jobs


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    trials:  all of them, the most accurate first
    skipped: candidates that were not tried, and why
    storage: Optuna's file
    """

    trials: tuple[Trial, ...]
    skipped: dict[str, str]
    storage: Path
    seconds: float

    @property
    def best(self) -> Trial:
        """The most accurate trial."""
        return self.trials[0]


def tune(
    recipes: dict[str, Recipe],
    ranges: Sequence[Range | Options],
    *,
    minutes: float = 10,
    trials: int | None = None,
    out: Path = Path("tuning"),
    runs: Path = Path("runs"),
    device: str = "auto",
    jobs: int | None = None,
    data_dir: Path | None = None,
    watch: Watch | None = None,
) -> Tuning:
    """Search for the settings that are best on validation images. The test images stay sealed.

    recipes: by label; all on the same data
    ranges:  what may vary; a recipe that lacks a setting keeps the others. Empty: what `choose` varies of its kind
    trials:  at most so many; None: as many as the time allows
    out:     folder of Optuna's file; another call with the same folder goes on

    Raises SeedtrialError when nothing may vary, or no training was finished in the time.
    """
    if not (math.isfinite(minutes) and minutes > 0):
        raise SeedtrialError(f"A search needs some time, not {minutes:g} minutes.")
    budget, watch = Budget(time.monotonic(), 60 * minutes), watch or Silent()
    if len({recipe.data.model_copy(update={"scaling": "unit"}) for recipe in recipes.values()}) > 1:
        raise SeedtrialError("A search compares recipes on the same data; these recipes have different data.")
    dataset = load(next(iter(recipes.values())).data, data_dir=data_dir)
    for note in data_notes(dataset):
        watch.note(note)
    candidates = [_candidate(label, recipe, ranges, dataset) for label, recipe in recipes.items()]
    at_once = jobs or os.cpu_count() or 1
    storage = make_folder(out) / "search.sqlite3"
    bench = Bench("tune", dataset, runs, watch, device, jobs, data_dir)
    most = A_TRAINING * budget.seconds * at_once
    busy = f"Another seedtrial is searching in {out}; wait until it is done, or give another folder with --out."
    with hold(out / ".lock", wait=False, busy=busy):
        search = Search(candidates, bench, Memory(storage, candidates), most=most, jobs=at_once)
        search.run(budget, SHARE, trials=trials)
    ranked = sorted((t for t in search.trials if t.accuracies), key=lambda t: t.accuracy, reverse=True)
    if not ranked:
        reason = "; ".join(f"{name}: {why}" for name, why in search.skipped.items())
        raise SeedtrialError(f"No training finished in this time; give more --minutes. {reason}".strip())
    return Tuning(tuple(ranked), search.skipped, storage, budget.used)


def _candidate(label: str, recipe: Recipe, ranges: Sequence[Range | Options], dataset: Dataset) -> Candidate:
    """A recipe with those ranges that it has settings for."""
    if not ranges:
        seen = Seen(len(dataset.train), dataset.facts.shape, len(dataset.classes))
        alike = [each for each in ladder(recipe.data, seen) if each.recipe.model.kind == recipe.model.kind]
        if not alike or not alike[-1].ranges:
            raise SeedtrialError(
                f"Say which settings of {label} to vary, such as --vary training.optimiser.rate=0.0001..0.01 or "
                "--vary model.widths=[64],[128]."
            )
        return replace(alike[-1], name=label)
    own = tuple(each for each in ranges if _has(recipe, each))
    if not own:
        raise SeedtrialError(
            f"{label} has none of the settings that may vary: {', '.join(each.name for each in ranges)}."
        )
    return Candidate(label, recipe, tuple(_within(each, recipe) for each in own), grows=recipe.training.epochs > 1)


def _has(recipe: Recipe, each: Range | Options) -> bool:
    """Whether a recipe has the setting; a value that does not fit is the user's mistake, and an error."""
    value = each.usual if isinstance(each, Range) else next(iter(each.choices))
    try:
        override(recipe, each.settings(value))  # type: ignore[arg-type]
    except Unknown:
        return False
    return True


def _within(each: Range | Options, recipe: Recipe) -> Range | Options:
    """The range, beginning at the recipe's own value where that is in it."""
    if isinstance(each, Options):
        return each
    value: object = recipe
    for part in each.setting.split("."):
        value = getattr(value, part, None)
    inside = isinstance(value, int | float) and each.low <= value <= each.high
    return replace(each, usual=float(value)) if inside else each  # type: ignore[arg-type]
