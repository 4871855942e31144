"""What a study needs: every recipe x seed (x fold) with its folder and what that folder is worth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seedtrial.claims.observed import JudgedOn
from seedtrial.data import dataset
from seedtrial.data.dataset import DataSpec
from seedtrial.data.fingerprint import in_fold
from seedtrial.data.folds import Fold
from seedtrial.data.reader import Facts
from seedtrial.errors import SeedtrialError, unknown
from seedtrial.files import read_json
from seedtrial.models.count import Summary
from seedtrial.runs.metrics import Metrics
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder, State, folder
from seedtrial.runs.trained import Run, which
from seedtrial.study import estimate
from seedtrial.study.other_data import shown_source
from seedtrial.study.study import Study


@dataclass(frozen=True)
class Planned:
    """One run of a study, whether it exists or not.

    >>> from seedtrial.study.load import load_study
    >>> first = plan(load_study("quickstart"), Path("no-such-folder")).runs[0]
    >>> first.label, first.seed, first.state
    ('dense', 0, 'missing')
    """

    label: str
    seed: int
    recipe: Recipe
    facts: Facts
    folder: Folder
    judged_on: JudgedOn = "test"

    @property
    def fold(self) -> Fold | None:
        """The fold that is its test part; None where the data have a test part of their own."""
        return self.recipe.data.fold

    @property
    def which(self) -> str:
        """Its seed and fold in words."""
        return which(self.seed, self.fold)

    @cached_property
    def state(self) -> State:
        """What its folder was worth when first asked."""
        return self.folder.state(judged_on=self.judged_on)

    @cached_property
    def run(self) -> Run:
        """The finished run; its bytes were checked for `state`, so they are not checked again."""
        assert self.state in ("finished", "diverged"), self.state
        return Run(self.folder, Metrics.model_validate(read_json(self.folder.metrics)), model=self.recipe.model)

    @property
    def reason(self) -> str:
        """Why it is failed, diverged or damaged; empty otherwise."""
        if self.state == "damaged":
            return self.folder.damage() or self.folder.misplaced() or ""
        if self.state == "failed":
            try:
                return str(read_json(self.folder.failure)["message"])
            except (SeedtrialError, KeyError, TypeError):  # damaged, or another process is trying again just now
                return "its reason cannot be read"
        return str(read_json(self.folder.metrics)["message"]) if self.state == "diverged" else ""


@dataclass(frozen=True)
class Plan:
    """A study's runs in the order of training: by seed, then fold, so that early results compare all recipes.

    >>> from seedtrial.study.load import load_study
    >>> planned = plan(load_study("quickstart"), Path("no-such-folder"))
    >>> len(planned.of("conv")), planned.finished("conv"), planned.summaries["conv"].parameters
    (3, {}, 105866)
    """

    study: Study
    runs: tuple[Planned, ...]

    def having(self, *states: State) -> list[Planned]:
        """The runs in one of these states."""
        return [run for run in self.runs if run.state in states]

    @cached_property
    def missing(self) -> list[Planned]:
        """The runs that are still to be trained or examined."""
        return self.having("missing", "failed", "trained")

    def of(self, label: str) -> list[Planned]:
        """The runs of one recipe."""
        return [run for run in self.runs if run.label == label]

    def finished(self, label: str) -> dict[int, Run]:
        """The finished runs of one recipe by seed, or by seed x folds + fold; diverged ones are not among them."""
        return {self._number(run): run.run for run in self.of(label) if run.state == "finished"}

    def seeds(self, label: str) -> dict[int, list[Run]]:
        """The finished runs of each seed of a recipe, fold by fold; only seeds of which every fold is finished."""
        runs: dict[int, list[Run]] = {}
        for run in self.finished(label).values():
            runs.setdefault(run.seed, []).append(run)
        return {seed: each for seed, each in runs.items() if len(each) == (self.study.folds or 1)}

    def beyond(self, label: str) -> list[int]:
        """Finished seeds of a recipe that the study does not ask for; their files are looked for, not checked."""
        first = self.of(label)[0]
        name, fold = first.folder.path.name.rpartition("-s")[0], first.fold.suffix if first.fold else ""
        asked = {run.seed for run in self.of(label)}
        seeds = set()
        for path in first.folder.path.parent.glob(f"{name}-s*{fold}"):
            seed = path.name.removeprefix(f"{name}-s").removesuffix(fold)
            last = Folder(path).test if self.study.judged_on == "test" else Folder(path).metrics
            if seed.isdigit() and int(seed) not in asked and last.is_file():
                seeds.add(int(seed))
        return sorted(seeds)

    def _number(self, run: Planned) -> int:
        return run.seed if run.fold is None else run.seed * run.fold.of + run.fold.number - 1

    def labels(self) -> Iterator[tuple[str, Recipe, Facts]]:
        """Every recipe once, with what identifies its data."""
        for label, recipe in self.study.recipes.items():
            yield label, recipe, self.of(label)[0].facts

    @cached_property
    def data(self) -> list[tuple[str, Facts]]:
        """The data sets of its recipes, each once: name and what identifies it."""
        named = {facts.fingerprint: (shown_source(recipe.data.source), facts) for _, recipe, facts in self.labels()}
        return list(named.values())

    @property
    def data_line(self) -> str:
        """The data sets in words, for tables and pages."""
        return "Data: " + "; ".join(_described(name, facts) for name, facts in self.data) + "."

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """The networks by label, layer by layer."""
        return {label: recipe.model.summary(facts.shape, len(facts.classes)) for label, recipe, facts in self.labels()}

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Expected seconds of two cores per run of each recipe: measured where one is finished, else estimated."""
        expected = {}
        for label, recipe, facts in self.labels():
            measured = [
                run.metrics.seconds.total * min(run.machine.engine.threads, 2) / 2  # two at a time of one
                for run in self.finished(label).values()
            ]
            expected[label] = sum(measured) / len(measured) if measured else estimate.seconds(recipe, facts)
        return expected

    @property
    def seconds_left(self) -> float:
        """Expected seconds of all missing runs, one after the other."""
        return sum(self.seconds[run.label] for run in self.missing)


def _described(name: str, facts: Facts) -> str:
    channels, height, width = facts.shape
    size = f"{width} x {height} pixels, {'grey' if channels == 1 else 'colour'}"
    return f"{name} ({len(facts.classes)} classes, {size}; fingerprint {facts.fingerprint[:12]})"


def plan(
    study: Study, runs: Path, *, data_dir: Path | None = None, at_hand: Mapping[DataSpec, Facts] | None = None
) -> Plan:
    """What the study needs, and what is there. Builds no network and reads no images of built-in data sets.

    runs:     the folder that run folders live in; it need not exist
    data_dir: a folder with the files of a built-in data set
    at_hand:  what is known of some data already; they are not read again

    >>> from seedtrial.study.load import load_study
    >>> planned = plan(load_study("quickstart"), Path("no-such-folder"))
    >>> len(planned.runs), len(planned.missing), planned.runs[0].label
    (6, 6, 'dense')

    Raises SeedtrialError when a network does not fit the images, a claim names a class that the data have not, or a
    folder of images cannot be read.
    """
    known: dict[DataSpec, Facts] = dict(at_hand or {})
    first = study.folds_for(0)[0]
    for recipe in study.recipes.values():
        if recipe.data not in known:
            known[recipe.data] = dataset.facts(recipe.data.in_fold(first), data_dir=data_dir)
        elif first is not None:
            known[recipe.data] = in_fold(known[recipe.data], first)
    for claim in study.claims:
        for label in claim.labels:
            classes = known[study.recipes[label].data].classes
            for name in claim.class_names:
                if name not in classes:
                    raise unknown("class", name, classes)
    planned = Plan(
        study,
        tuple(
            Planned(label, seed, cut, facts, folder(runs, cut, seed, facts), study.judged_on)
            for seed in range(study.seeds)
            for fold in study.folds_for(seed)
            for label, recipe in study.recipes.items()
            if seed in study.seeds_for(label)
            for facts in (known[recipe.data],)
            for cut in (recipe.in_fold(fold),)
        ),
    )
    planned.summaries  # noqa: B018  a network that does not fit is refused here, before anything is trained
    return planned
