"""Claims: what a study can say about its recipes, for the runs to support or contradict.

A new kind of claim is a class that answers the contract in `contract.py`, and a line in the union here.
"""

from typing import Annotated

from pydantic import Field

from seedtrial.claims.accuracy import Reaches, ScoresBetween
from seedtrial.claims.confusion import Confuses, Separates
from seedtrial.claims.differences import Beats, BeatsBy, Best, Equals, Worst
from seedtrial.claims.errors import ErrsLess
from seedtrial.claims.overfitting import OverfitsLess
from seedtrial.claims.training_time import TrainsWithin

AnyClaim = Annotated[
    Beats
    | BeatsBy
    | Equals
    | Best
    | Worst
    | ScoresBetween
    | Reaches
    | ErrsLess
    | OverfitsLess
    | TrainsWithin
    | Separates
    | Confuses,
    Field(discriminator="kind"),
]


class Claim:
    """The claims that a study can make, one function per kind. A and B are labels of recipes.

    >>> print(Claim.beats("conv", "dense"))
    conv beats dense
    >>> print(Claim.reaches("conv", 92))
    conv reaches 92 %
    """

    @staticmethod
    def beats(a: str, b: str, *, by: tuple[float, float] | None = None) -> Beats | BeatsBy:
        """A has the higher accuracy; where `by` is given, by so many points, from the least to the most."""
        return Beats(a=a, b=b) if by is None else BeatsBy(a=a, b=b, by=by)

    @staticmethod
    def equals(a: str, b: str, *, within: float) -> Equals:
        """The accuracies of A and B differ by less than `within` points."""
        return Equals(a=a, b=b, within=within)

    @staticmethod
    def best(a: str) -> Best:
        """A has the highest accuracy of the study."""
        return Best(a=a)

    @staticmethod
    def worst(a: str) -> Worst:
        """A has the lowest accuracy of the study."""
        return Worst(a=a)

    @staticmethod
    def scores(a: str, *, low: float, high: float) -> ScoresBetween:
        """A's accuracy lies between two numbers, in per cent."""
        return ScoresBetween(a=a, accuracy=(low, high))

    @staticmethod
    def reaches(a: str, low: float) -> Reaches:
        """A's accuracy is at least `low` per cent."""
        return Reaches(a=a, accuracy=low)

    @staticmethod
    def errs_less(a: str, b: str, *, by: tuple[float, float]) -> ErrsLess:
        """A makes fewer errors than B, by so many per cent of B's errors, from the least to the most."""
        return ErrsLess(a=a, b=b, by=by)

    @staticmethod
    def overfits_less(a: str, b: str) -> OverfitsLess:
        """A's validation loss rises less than B's, from its lowest epoch to the last."""
        return OverfitsLess(a=a, b=b)

    @staticmethod
    def trains_within(a: str, b: str, *, times: float) -> TrainsWithin:
        """A trains at most so many times as long as B, on the same machine."""
        return TrainsWithin(a=a, b=b, times=times)

    @staticmethod
    def separates(a: str, b: str, *, classes: tuple[str, str]) -> Separates:
        """A confuses two classes with each other on fewer of their images than B does."""
        return Separates(a=a, b=b, classes=classes)

    @staticmethod
    def confuses(a: str, *groups: tuple[str, ...]) -> Confuses:
        """Most of A's mistakes confuse a class with another of the same group."""
        return Confuses(a=a, groups=groups)
