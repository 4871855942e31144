"""A trial: one setting of one candidate, and how far it came on the rungs of successive halving."""

import math
from dataclasses import dataclass, field

from seedtrial.choosing.bench import Scored
from seedtrial.choosing.candidates import Candidate
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override

RUNGS = (1 / 9, 1 / 3, 1.0)  # of the full length
LAST = len(RUNGS) - 1


@dataclass
class Trial:
    """One setting of one candidate.

    number:     Optuna's
    recipe:     at its full length
    accuracies: rung -> accuracy on the validation images
    seconds:    rung -> seconds of that training
    failure:    why a training broke off or diverged

    >>> from seedtrial.choosing.candidates import Candidate
    >>> from seedtrial.models import Linear
    >>> recipe = Recipe(model=Linear())
    >>> trial = Trial(0, Candidate("linear", recipe), (), recipe, accuracies={0: 0.8, 1: 0.85})
    >>> trial.accuracy, trial.state, trial.at(0).training.epochs < recipe.training.epochs
    (0.85, 'stopped', True)
    """

    number: int
    candidate: Candidate
    settings: tuple[str, ...]
    recipe: Recipe
    accuracies: dict[int, float] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    failure: str = ""

    @property
    def label(self) -> str:
        """Its name in the records."""
        return f"{self.candidate.name}, trial {self.number}"

    @property
    def rung(self) -> int:
        """The highest that it was trained at; -1 before the first."""
        return max(self.accuracies, default=-1)

    @property
    def accuracy(self) -> float:
        """On the validation images, at the highest rung; below every other before the first."""
        return self.accuracies[self.rung] if self.accuracies else -1.0

    @property
    def state(self) -> str:
        """How it ended: at full length, stopped before, or failed."""
        if not self.accuracies:
            return "failed" if self.failure else "not tried"
        return "full length" if self.rung == LAST else "stopped"

    def at(self, rung: int) -> Recipe:
        """Its recipe, as long as a rung is; what does not grow has its full length always."""
        if not self.candidate.grows:
            return self.recipe
        return override(self.recipe, [f"training.epochs={max(1, round(RUNGS[rung] * self.recipe.training.epochs))}"])

    def no_shorter(self, recipe: Recipe, rung: int) -> Recipe:
        """A recipe that time has shortened, but not so much that a rung is shorter than what was trained already."""
        trained = self.at(self.rung).training.epochs if self.accuracies else 1
        least = math.ceil(trained / RUNGS[rung])
        return recipe if recipe.training.epochs >= least else override(recipe, [f"training.epochs={least}"])

    def note(self, rung: int, scored: Scored) -> None:
        """Remember how a training at a rung ended."""
        if scored.accuracy is None:
            self.failure = scored.failure
            return
        rung = rung if self.candidate.grows else LAST
        self.accuracies[rung], self.seconds[rung] = scored.accuracy, scored.seconds
