"""Numbers that others published, beside ours: reproduced, higher or lower."""

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from lookbook.evaluation.statistics import Spread
from lookbook.spec import Count, Spec

Word = Literal["reproduced", "higher", "lower"]


class Published(Spec):
    """An accuracy that somebody reported for a recipe."""

    accuracy: float = Field(ge=0, le=1, description="share of right answers, as printed")
    digits: Count = Field(description="decimals of the share that were printed; 0.899 has 3, 89.18 % has 4")
    split: Literal["validation", "test"] = Field("test", description="which of our splits it compares with")
    where: str = Field(description="table, figure or section")
    reason: str | None = Field(None, description="why ours may differ, where that is known")


@dataclass(frozen=True)
class Against:
    """A published number and ours.

    difference: ours - published, in points
    low, high:  where the published number would have to lie to count as reproduced, shares: our 95 % interval, widened
                by half a unit of the last printed digit and by what one set of images leaves open (95 %)
    """

    label: str
    published: Published
    ours: Spread
    difference: float
    low: float
    high: float
    word: Word


def against(label: str, published: Published, ours: Spread, *, images: int) -> Against:
    """Compare a published accuracy with ours.

    ours:   over seeds; of a single seed the value is its own interval
    images: number of images that either was measured on
    """
    rounding = 0.5 * 10.0**-published.digits
    sampling = 1.96 * math.sqrt(published.accuracy * (1 - published.accuracy) / images)
    low = (ours.low if ours.n > 1 else ours.mean) - rounding - sampling
    high = (ours.high if ours.n > 1 else ours.mean) + rounding + sampling
    word: Word = "reproduced" if low <= published.accuracy <= high else "higher"
    if word == "higher" and ours.mean < published.accuracy:
        word = "lower"
    return Against(label, published, ours, 100 * (ours.mean - published.accuracy), low, high, word)
