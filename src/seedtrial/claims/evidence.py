"""Evidence: a number with one interval and a p-value, or the reason why there is none (`NotTested`).

There are two kinds. A `Comparison` asks on which side of zero a difference lies; a `Quantity` asks whether a number
lies between two bounds. N is the number of images that the study is judged on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.statistics import Spread, spread, tail

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Comparison:
    """A against B, paired by seed: is the difference above or below 0?

    measure:     what is compared, such as "difference of accuracies"
    difference:  A - B in points (100 x share) or, of losses, in nats, over seeds; with one seed, n is 1 and the
                 interval is over images
    image_error: standard error of the difference over images; nan where the number does not depend on them
    p_seeds:     p-value for a mean difference of 0 over seeds (Student's t); None with one seed
    p_images:    p-value for A and B being correct equally often on these images (McNemar's exact test, seeds
                 combined), or as good by another measure (resampled images); None where the number does not
                 depend on them
    classes:     the two classes whose confusion is measured, if it is

    >>> gap = Comparison("difference of accuracies", "conv", "dense", Spread(3, 1.2, 0.3, 0.4, 2.0), 0.2, 0.02, 0.01)
    >>> gap.p, gap.support(claims_less=False)
    (0.02, 1.2)
    """

    measure: str
    a: str
    b: str
    difference: Spread
    image_error: float
    p_seeds: float | None
    p_images: float | None
    classes: tuple[str, ...] = ()

    @property
    def value(self) -> Spread:
        """The difference, under the name that it has in every kind of evidence."""
        return self.difference

    @property
    def p(self) -> float | None:
        """The larger of both p-values: a difference must outlast another seed *and* another set of images."""
        return max((p for p in (self.p_seeds, self.p_images) if p is not None), default=None)

    @property
    def key(self) -> tuple[object, ...]:
        """What is tested. Two claims with the same key make one test; A against B is the same as B against A."""
        return self.measure, *sorted((self.a, self.b)), *sorted(self.classes)

    def support(self, *, claims_less: bool) -> float:
        """Above 0 where the number speaks for the claim, below 0 where it speaks against it.

        claims_less: whether the claim says that A has less than B
        """
        return -self.difference.mean if claims_less else self.difference.mean


@dataclass(frozen=True)
class Quantity:
    """A number that is claimed to lie between two bounds: points, per cent or times.

    measure:     what is measured, such as "accuracy"
    value:       over seeds; with one seed, n is 1 and the interval is over images
    image_error: standard error over images; nan where the number does not depend on them
    low, high:   the bounds; infinite where nothing is claimed
    groups:      groups of classes, if mistakes within them are measured
    ratio:       whether it is averaged and tested as a logarithm; the value's sd is then that of the logarithm
    guess:       of an accuracy, what always answering the largest class would give, per cent

    >>> share = Quantity("accuracy", "conv", None, Spread(3, 93.0, 0.1, 92.7, 93.3), 0.2, 90.0, math.inf)
    >>> share.p_inside < 0.01, share.support() > 0
    (True, True)
    """

    measure: str
    a: str
    b: str | None
    value: Spread
    image_error: float
    low: float
    high: float
    groups: Groups = ()
    ratio: bool = False
    guess: float | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What is tested. Two claims with the same key make one test."""
        # Between -m and m, "A equals B" and "B equals A" ask the same.
        mirrored = self.b is not None and self.low == -self.high
        a, b = sorted((self.a, self.b or "")) if mirrored else (self.a, self.b)
        return self.measure, a, b, self.low, self.high, self.groups

    @property
    def p(self) -> float | None:
        """The smaller of both p-values; None with one seed where the number does not depend on the images."""
        return min(self.p_inside, self.p_outside) if self.value.n > 1 or math.isfinite(self.image_error) else None

    @property
    def p_inside(self) -> float:
        """p-value against lying outside the bounds: the larger of two one-sided tests.

        Source: Schuirmann 1987, A comparison of the two one-sided tests procedure.
        """
        return max(self._past(self.low, 1), self._past(self.high, -1))

    @property
    def p_outside(self) -> float:
        """p-value against lying between the bounds, for the likelier of the two sides."""
        above = self._past(self.high, 1) + self._past(self.low, 1)
        below = self._past(self.low, -1) + self._past(self.high, -1)
        return min(above, below)

    def support(self, *, claims_less: bool = False) -> float:
        """Above 0 where the number speaks for lying between the bounds, below 0 where it speaks against it."""
        return self.p_outside - self.p_inside

    def _past(self, bound: float, side: int) -> float:
        """p-value of lying above a bound (side 1) or below it (-1)."""
        distance = side * (self._scaled(self.value.mean) - self._scaled(bound))
        # The larger of the errors over seeds and over images counts. Of nan and a number, fmax takes the number.
        error = float(np.fmax(self.value.error, self.image_error))
        return tail(distance, error=error, freedom=self.value.n - 1 if self.value.n > 1 else math.inf)

    def _scaled(self, number: float) -> float:
        if not self.ratio:
            return number
        return math.log(number) if number > 0 else -math.inf


Evidence = Comparison | Quantity


def over_seeds(
    values: Sequence[float],
    *,
    image_error: float,
    resolution: float = 0.0,
    ratio: float = 0.0,
    mean: float | None = None,
) -> Spread:
    """Spread of one value per seed, or fold; with a single seed the interval is the one over images.

    image_error: standard error of the values' mean over images; nan where they do not depend on images
    resolution:  the step between possible values
    ratio, mean: as in `spread`

    >>> one = over_seeds([2.0], image_error=1.0)
    >>> (one.low, one.high)
    (0.040000000000000036, 3.96)
    """
    measured = spread(values, resolution=resolution, ratio=ratio, mean=mean)
    if measured.n > 1:
        return measured
    half = 1.96 * image_error
    return Spread(1, measured.mean, math.nan, measured.mean - half, measured.mean + half)


def error_over_images(each: np.ndarray) -> float:
    """Standard error of the mean over images, each: (N,).

    >>> round(error_over_images(np.array([0.0, 1.0, 0.0, 1.0])), 3)
    0.289
    """
    return float(each.std(ddof=1)) / math.sqrt(len(each))
