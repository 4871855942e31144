"""A against B, seed by seed: is there a difference, and would it outlast another seed and another test set?

N test images, K classes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedtrial.claims.outcome import Found, Outcome, pairs
from seedtrial.evaluation.statistics import Spread, combine, mcnemar, mean_is_zero, spread

Measure = Literal["difference of test accuracies", "told apart", "rise of validation loss"]


@dataclass(frozen=True)
class Comparison:
    """A against B, paired by seed.

    difference:  A - B in points (100 x share) or, of losses, in nats, over seeds; with one seed, n is 1 and the
                 interval is that over the test images
    image_error: standard error of the difference over test images; nan where they have no say
    p_seeds:     that the mean difference over seeds is 0 (Student's t); None with one seed
    p_images:    that both are right equally often on the test images (McNemar's exact test, seeds combined); None
                 where they have no say
    classes:     the two that are told apart, if that is measured
    """

    measure: Measure
    a: str
    b: str
    difference: Spread
    image_error: float
    p_seeds: float | None
    p_images: float | None
    classes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """How many seeds are compared."""
        return self.difference.n

    @property
    def p(self) -> float | None:
        """The larger of both: a difference must outlast another seed *and* another test set."""
        return max((p for p in (self.p_seeds, self.p_images) if p is not None), default=None)

    @property
    def key(self) -> tuple[object, ...]:
        """What is tested; two claims that test the same thing make one test."""
        return self.measure, *sorted((self.a, self.b)), *sorted(self.classes)


def compare(a: str, b: str, found: Found, *, classes: tuple[str, str] | None = None) -> Comparison | str:
    """Test accuracies of A and B over the seeds that both have; or why they cannot be compared.

    classes: compare instead the share of these two classes' images that are not taken for the other of the two
    """
    paired = pairs(a, b, found)
    if isinstance(paired, str):
        return paired
    right = [(_right(x, classes), _right(y, classes)) for x, y in paired]
    if not len(right[0][0]):
        return f"There are no test images of {' and '.join(classes or ())}."
    each = 100 * np.mean([x.astype(float) - y for x, y in right], axis=0)  # (N,) points, mean over seeds
    image_error = error_over_images(each)
    values = [100 * float(x.mean()) - 100 * float(y.mean()) for x, y in right]
    difference = over_seeds(values, image_error=image_error, resolution=100 / len(each))
    p_seeds = mean_is_zero(difference) if len(right) > 1 else None
    p_images = combine([mcnemar(x, y) for x, y in right])
    measure: Measure = "told apart" if classes else "difference of test accuracies"
    return Comparison(measure, a, b, difference, image_error, p_seeds, p_images, classes or ())


def compare_overfitting(a: str, b: str, found: Found) -> Comparison | str:
    """How far the validation losses of A and B have risen from their lowest epoch to the last; or why it is unknown.

    The validation loss has no L2 penalty in it and is taken without dropout, unlike the training loss.
    """
    paired = pairs(a, b, found)
    if isinstance(paired, str):
        return paired
    for label, side in ((a, 0), (b, 1)):
        if not all(both[side].val_losses for both in paired):
            return f"{label} has no validation images, so how far its validation loss rises is not known."
    values = [rise(x.val_losses) - rise(y.val_losses) for x, y in paired]
    difference = over_seeds(values, image_error=math.nan)
    p_seeds = mean_is_zero(difference) if len(paired) > 1 else None
    return Comparison("rise of validation loss", a, b, difference, math.nan, p_seeds, None)


def rise(losses: Sequence[float]) -> float:
    """How far a loss has risen from its lowest epoch to the last, nats; 0 when the last is the lowest."""
    return losses[-1] - min(losses)


def over_seeds(values: Sequence[float], *, image_error: float, resolution: float = 0.0) -> Spread:
    """Spread of one value per seed; of a single seed the interval is that over the test images.

    image_error: standard error of the values' mean over test images; nan where they have no say
    resolution:  what the values are multiples of
    """
    found = spread(values, resolution=resolution)
    if found.n > 1:
        return found
    half = 1.96 * image_error
    return Spread(1, found.mean, math.nan, found.mean - half, found.mean + half)


def error_over_images(each: np.ndarray) -> float:
    """Standard error of the mean over test images, each: (N,)."""
    return float(each.std(ddof=1)) / math.sqrt(len(each))


def _right(found: Outcome, classes: tuple[str, str] | None) -> np.ndarray:
    """(N,) bool where the answer is right; of two classes' images, where it is not the other of the two."""
    if classes is None:
        return found.predictions.right
    first, second = (found.classes.index(name) for name in classes)
    labels, answers = found.predictions.labels, found.predictions.answers
    among = np.isin(labels, (first, second))
    return np.asarray(answers != first + second - labels)[among]  # the other of the two
