"""Numbers that others published, beside ours: reproduced, higher or lower."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seedtrial.evaluation.statistics import Spread
from seedtrial.spec import Count, Spec

PublishedWord = Literal["reproduced", "higher", "lower"]


class PublishedMatrix(Spec):
    """A confusion matrix as somebody printed it.

    >>> PublishedMatrix(counts=((9, 1), (2, 8)), caption="table 3").counts[0]
    (9, 1)
    """

    counts: tuple[tuple[Annotated[int, Field(ge=0)], ...], ...] = Field(
        min_length=1, description="rows are true classes, columns are predicted classes"
    )
    caption: str = Field(description="where it stands, and what it proves to be")
    classes: tuple[str, ...] | None = Field(None, description="what its rows are, if not the data set's classes")

    @model_validator(mode="after")
    def _square(self) -> "PublishedMatrix":
        if any(len(row) != len(self.counts) for row in self.counts):
            raise ValueError(f"a confusion matrix with {len(self.counts)} rows needs as many columns in each.")
        if self.classes is not None and len(self.classes) != len(self.counts):
            raise ValueError(f"a confusion matrix with {len(self.counts)} rows needs as many names of classes.")
        return self


class Published(Spec):
    """An accuracy that somebody reported for a recipe, and what else they reported.

    >>> Published(accuracy=0.899, digits=3, where="table 2").split
    'test'
    """

    accuracy: float = Field(ge=0, le=1, description="accuracy, as printed")
    digits: Count = Field(description="decimals of the share that were printed; 0.899 has 3, 89.18 % has 4")
    split: Literal["validation", "test"] = Field("test", description="which of our splits it compares with")
    where: str = Field(description="table, figure or section")
    reason: str | None = Field(None, description="why ours may differ, where that is known")
    per_class: tuple[Annotated[float, Field(ge=0, le=1)] | None, ...] | None = Field(
        None, description="share of each class's images that was classified correctly; None where it cannot be read"
    )
    matrix: PublishedMatrix | None = None
    training_seconds: float | None = Field(None, gt=0, description="as printed, on its own hardware")
    testing_seconds: float | None = Field(None, gt=0, description="as printed, on its own hardware")


@dataclass(frozen=True)
class Reproduction:
    """A published number and ours.

    difference: ours - published, in points
    low, high:  where the published number would have to lie to count as reproduced, shares: our 95 % interval, widened
                by half a unit of the last printed digit and by what one set of images leaves open (95 %)

    >>> published = Published(accuracy=0.9, digits=3, where="table 1")
    >>> again = reproduction("conv", published, Spread(3, 0.902, 0.001, 0.8995, 0.9045), images=10_000)
    >>> again.word, round(again.difference, 2)
    ('reproduced', 0.2)
    """

    label: str
    published: Published
    ours: Spread
    difference: float
    low: float
    high: float
    word: PublishedWord


def reproduction(label: str, published: Published, ours: Spread, *, images: int) -> Reproduction:
    """Compare a published accuracy with ours.

    ours:   over seeds; of a single seed the value is its own interval
    images: number of images that either was measured on

    >>> published, ours = Published(accuracy=0.89, digits=2, where="table 1"), Spread(3, 0.891, 0.001, 0.889, 0.893)
    >>> reproduction("dense", published, ours, images=10_000).word
    'reproduced'
    """
    rounding = 0.5 * 10.0**-published.digits
    sampling = 1.96 * math.sqrt(published.accuracy * (1 - published.accuracy) / images)
    low = (ours.low if ours.n > 1 else ours.mean) - rounding - sampling
    high = (ours.high if ours.n > 1 else ours.mean) + rounding + sampling
    word: PublishedWord = "reproduced" if low <= published.accuracy <= high else "higher"
    if word == "higher" and ours.mean < published.accuracy:
        word = "lower"
    return Reproduction(label, published, ours, 100 * (ours.mean - published.accuracy), low, high, word)
