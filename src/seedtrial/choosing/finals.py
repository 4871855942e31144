"""The finalists as an ordinary study: the best, the runner-up, and the simplest one that might be as good."""

import math
import pprint
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from seedtrial.choosing.candidates import Candidate
from seedtrial.choosing.trial import Trial
from seedtrial.claims.claim import Claim
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.study.study import Study

CLOSE = 0.005  # of accuracy: so much less may be worth it where a method is simpler
SEEDS = 5  # at most
LEAST_SEEDS = 3  # before trainings get longer
WORTHWHILE = 1.3  # times as long


@dataclass(frozen=True)
class Finalists:
    """Trials that are trained with several seeds and examined.

    simplest: the simplest candidate within half a point, or a standard error, of the best; None if that is the best
    lengths:  epochs of candidates that are trained longer than in the search
    """

    best: Trial
    runner_up: Trial | None
    simplest: Trial | None
    lengths: Mapping[str, int] = field(default_factory=dict)

    @property
    def all(self) -> list[Trial]:
        """Each once, the best first."""
        chosen = [self.best]
        for trial in (self.runner_up, self.simplest):
            if trial is not None and trial not in chosen:
                chosen.append(trial)
        return chosen

    def recipe(self, trial: Trial) -> Recipe:
        """As it was trained last, so that its first seed is there already; or as long as `lengths` says."""
        epochs = self.lengths.get(trial.candidate.name)
        recipe = trial.at(trial.rung)
        return recipe if epochs is None else override(recipe, [f"training.epochs={epochs}"])

    def lengthened(self, seconds: float, jobs: int, folds: int | None = None) -> "Finalists":
        """With longer trainings, where the time allows three seeds of them all, or every fold.

        seconds: that are left
        """
        cost = (folds or LEAST_SEEDS) * sum(trial.seconds[trial.rung] for trial in self.all)
        times = seconds * jobs / max(cost, 0.01)
        if times < WORTHWHILE:
            return self
        lengths = {}
        for trial in self.all:
            trained, own = trial.at(trial.rung).training.epochs, trial.candidate.recipe.training.epochs
            if trial.candidate.grows and trained * WORTHWHILE <= own:
                lengths[trial.candidate.name] = min(own, math.floor(trained * times))
        return replace(self, lengths=lengths)

    def study(self, name: str, data: str, seeds: int, folds: int | None = None) -> Study:
        """The study of the finalists; which is judged on test images. With folds, each seed divides anew."""
        labels = [trial.candidate.name for trial in self.all]
        claims = tuple(Claim.beats(labels[0], other) for other in labels[1:])
        return Study(
            name=name,
            question=f"Which network should I use for {data}?",
            recipes={trial.candidate.name: self.recipe(trial) for trial in self.all},
            seeds=seeds,
            folds=folds,
            repeats=seeds if folds else 1,
            claims=claims,
        )


def finalists(ranked: Sequence[Trial], candidates: Sequence[Candidate], images: int) -> Finalists:
    """Who is trained with several seeds.

    ranked:     the best trial of each candidate, the most accurate first
    candidates: the simplest first
    images:     number of validation images, which decides what is close
    """
    order = {candidate.name: number for number, candidate in enumerate(candidates)}
    best, *others = sorted(ranked, key=lambda trial: (-trial.accuracy, order[trial.candidate.name]))
    right = (best.accuracy * images + 1) / (images + 2)  # so that not even 100 % is without an error
    error = math.sqrt(right * (1 - right) / images)
    close = [trial for trial in ranked if trial.accuracy >= best.accuracy - max(CLOSE, error)]
    simplest = min(close, key=lambda trial: order[trial.candidate.name])
    return Finalists(best, others[0] if others else None, None if simplest is best else simplest)


def affordable_seeds(chosen: Finalists, seconds: float, jobs: int, folds: int | None = None) -> int:
    """How many seeds of all finalists fit into the time; one is there already, unless they are trained longer.

    folds: that each seed trains, none of which is there; then it may be none that fits
    """
    there = 0 if chosen.lengths or folds else 1
    cost = 0.0
    for trial in chosen.all:
        times = chosen.recipe(trial).training.epochs / trial.at(trial.rung).training.epochs
        cost += trial.seconds[trial.rung] * times * (folds or 1)
    return max(0 if folds else 1, min(SEEDS, there + math.floor(seconds * jobs / max(cost, 0.01))))


def study_file(study: Study, *, how: str) -> str:
    """A study as a Python file that gives it, for `seedtrial run FILE`.

    how: the command that chose it

    >>> from seedtrial.study.load import load_study
    >>> "Claim.beats('conv', 'dense')" in study_file(load_study("quickstart"), how="seedtrial choose photographs")
    True
    """
    recipes = {label: _said(recipe) for label, recipe in study.recipes.items()}
    claims = ", ".join(f"Claim.beats({claim.labels[0]!r}, {claim.labels[1]!r})" for claim in study.claims)
    return (
        f'"""{one_line(study.question)}\n\nChosen by `{one_line(how)}`; this study trains and examines the finalists '
        'again.\n"""\n\nfrom seedtrial import Claim, Recipe, Study\n\n'
        f"RECIPES = {pprint.pformat(recipes, width=110, sort_dicts=False)}\n\n\n"
        "def study() -> Study:\n"
        '    """The finalists of the choice."""\n'
        "    return Study(\n"
        f"        name={study.name!r},\n"
        f"        question={study.question!r},\n"
        "        recipes={label: Recipe.model_validate(recipe) for label, recipe in RECIPES.items()},\n"
        f"        seeds={study.seeds},\n"
        + (f"        folds={study.folds},\n        repeats={study.repeats},\n" if study.folds else "")
        + f"        claims=({claims}{',' if claims else ''}),\n"
        "    )\n"
    )


def _said(recipe: Recipe) -> Mapping[str, object]:
    """What a recipe says, without what is usual."""
    return recipe.model_dump(mode="json", exclude_unset=True)


def one_line(text: str) -> str:
    """Text that is safe within a docstring.

    >>> one_line('Is "a" best?')
    "Is 'a' best?"
    """
    return " ".join(text.replace("\\", "/").replace('"', "'").split())
