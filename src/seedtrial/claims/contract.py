"""The contract of a kind of claim.

To add a kind, write one class that answers `ClaimKind`, in the file of its family, and add it to the union in
`claim.py`. `accuracy.py` is a short example to copy. A and B are labels of recipes.
"""

from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from seedtrial.claims.evidence import Evidence
from seedtrial.claims.observed import JudgedOn, NotTested, Runs
from seedtrial.evaluation.statistics import Spread
from seedtrial.spec import Spec


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] >= bounds[1]:
        raise ValueError(f"the least that is claimed should be below the most, not {bounds[0]:g} and {bounds[1]:g}.")
    return bounds


Bounds = Annotated[tuple[float, float], AfterValidator(_ordered)]  # the least and the most that is claimed


class ClaimKind(Spec):
    """Something said about recipes that runs can support or contradict. A kind adds its name, `kind`, and its fields.

    A kind reads as a sentence (`str(claim)`), names the recipes and classes that it needs, computes its evidence from
    finished runs, and puts a number into a sentence.

    >>> from seedtrial import Claim
    >>> str(Claim.reaches("conv", 90))
    'conv reaches 90 %'
    """

    a: str = Field(description="label of the recipe that the claim is about")

    needs_others: ClassVar[bool] = False  # whether it compares A with every other recipe of the study
    claims_less: ClassVar[bool] = False  # whether it says that A has less of what is compared
    of_one_data_set: ClassVar[bool] = False  # whether it claims a number that says nothing of other images

    @property
    def labels(self) -> tuple[str, ...]:
        """The recipes that it names."""
        return (self.a,)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes that it names; the data must have them."""
        return ()

    @abstractmethod
    def __str__(self) -> str:
        """How it reads, without a full stop."""

    @abstractmethod
    def evidence(self, runs: Runs) -> tuple[Evidence | NotTested, ...]:
        """The number that decides, or why there is none; for a claim about all others, one for each of them."""

    @abstractmethod
    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The number in a sentence.

        evidence:  the evidence that decides
        tested:    what the interval rests on and the p-value, for `interval`
        judged_on: "test" or "validation", to name the accuracy
        """

    @model_validator(mode="after")
    def _names_differ(self) -> "ClaimKind":
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"'{self.a}' cannot be compared with itself.")
        if len(set(self.class_names)) < len(self.class_names):
            raise ValueError(f"a class is named twice in {', '.join(self.class_names)}.")
        return self


class PairClaim(ClaimKind):
    """A claim about A and one other recipe.

    >>> from seedtrial import Claim
    >>> Claim.beats("conv", "dense").labels
    ('conv', 'dense')
    """

    b: str = Field(description="label of the other recipe")

    @property
    def labels(self) -> tuple[str, ...]:
        """The recipes that it names."""
        return self.a, self.b


def between(bounds: tuple[float, float]) -> str:
    """Bounds in words.

    >>> between((0.5, 1.0))
    '0.5 to 1'
    """
    return f"{bounds[0]:g} to {bounds[1]:g}"


def interval(value: Spread, decimals: int, tested: str, *, reverse: bool = False) -> str:
    """The 95 % interval in brackets, from low to high, with what it rests on; nothing where there is none.

    reverse: change the signs, for a sentence that says "fewer" of a negative number

    >>> interval(Spread(3, -0.31, 0.6, -1.52, 0.89), 2, "3 seeds, paired; p = 0.400")
    ' (95 % interval -1.52 to 0.89; 3 seeds, paired; p = 0.400)'
    """
    if value.low != value.low:  # nan: one seed of something that does not depend on images
        return ""
    low, high = (-value.high, -value.low) if reverse else (value.low, value.high)
    return f" (95 % interval {low:z.{decimals}f} to {high:z.{decimals}f}; {tested})"
