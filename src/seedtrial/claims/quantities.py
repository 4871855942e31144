"""What is measured of runs and claimed to lie between two bounds, with its errors over seeds and over test images.

N test images. A's numbers against B's are paired by seed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedtrial.claims.claim import Claim, Groups, Kind
from seedtrial.claims.comparisons import compare, error_over_images, over_seeds
from seedtrial.claims.outcome import Found, Outcome, pairs
from seedtrial.evaluation.statistics import Spread, tail

Measure = Literal["difference of test accuracies", "fewer errors", "test accuracy", "training time", "mistakes within"]


@dataclass(frozen=True)
class Quantity:
    """A number that is claimed to lie between two bounds: points, per cent or times.

    value:       over seeds; with one seed, n is 1 and the interval is that over the test images
    image_error: standard error over test images; nan where they have no say
    low, high:   the bounds; infinite where nothing is claimed
    groups:      of classes, if what stays within them is measured
    ratio:       whether it is averaged and tested as a logarithm, whose deviation the value's sd then is
    """

    measure: Measure
    a: str
    b: str | None
    value: Spread
    image_error: float
    low: float
    high: float
    groups: Groups = ()
    ratio: bool = False

    @property
    def n(self) -> int:
        """How many seeds it is measured with."""
        return self.value.n

    @property
    def key(self) -> tuple[object, ...]:
        """What is tested; two claims that test the same thing make one test."""
        mirrored = self.b is not None and self.low == -self.high  # then B against A is the same
        a, b = sorted((self.a, self.b or "")) if mirrored else (self.a, self.b)
        return self.measure, a, b, self.low, self.high, self.groups

    @property
    def p(self) -> float | None:
        """The smaller p-value, with which it counts among all tests; None for one seed where images have no say."""
        return min(self.p_inside, self.p_outside) if self.n > 1 or math.isfinite(self.image_error) else None

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

    def _past(self, bound: float, side: int) -> float:
        """p-value of lying above a bound (side 1) or below it (-1), with the larger error, over seeds or images."""
        distance = side * (self._scaled(self.value.mean) - self._scaled(bound))
        error = float(np.fmax(self.value.sd / math.sqrt(self.n), self.image_error))  # of nan and a number, the number
        return tail(distance, error=error, freedom=self.n - 1 if self.n > 1 else math.inf)

    def _scaled(self, number: float) -> float:
        if not self.ratio:
            return number
        return math.log(number) if number > 0 else -math.inf


def difference(claim: Claim, found: Found) -> Quantity | str:
    """A's test accuracy less B's, points."""
    assert claim.b is not None
    compared = compare(claim.a, claim.b, found)
    if isinstance(compared, str):
        return compared
    return _quantity("difference of test accuracies", claim, compared.difference, compared.image_error)


def fewer_errors(claim: Claim, found: Found) -> Quantity | str:
    """By how many per cent of B's errors on the test images A makes fewer."""
    assert claim.b is not None
    paired = pairs(claim.a, claim.b, found)
    if isinstance(paired, str):
        return paired
    wrong = np.array([[~x.predictions.right, ~y.predictions.right] for x, y in paired], dtype=float)  # (seeds, 2, N)
    if not wrong[:, 1].any(axis=1).all():
        return f"With some seed {claim.b} makes no error, so there is nothing to make fewer of."
    a, b = wrong.mean(axis=2).T  # (seeds,) shares
    each = wrong.mean(axis=0)  # (2, N)
    error = error_over_images(100 * (each[0] - a.mean() / b.mean() * each[1]) / b.mean())
    value = over_seeds(list(100 * (1 - a / b)), image_error=error, resolution=100 / (wrong.shape[2] * float(b.mean())))
    return _quantity("fewer errors", claim, value, error)


def accuracy(claim: Claim, found: Found) -> Quantity | str:
    """A's test accuracy, per cent."""
    outcomes = _finished(claim.a, found)
    if isinstance(outcomes, str):
        return outcomes
    right = 100 * np.array([one.predictions.right for one in outcomes], dtype=float)  # (seeds, N)
    error = error_over_images(right.mean(axis=0))
    value = over_seeds(list(right.mean(axis=1)), image_error=error, resolution=100 / right.shape[1])
    return _quantity("test accuracy", claim, value, error)


def training_time(claim: Claim, found: Found) -> Quantity | str:
    """How many times as long as B A trains.

    By the processor's seconds where both have them, since they hardly depend on what else the machine was doing, else
    by the clock.
    """
    assert claim.b is not None
    paired = pairs(claim.a, claim.b, found)
    if isinstance(paired, str):
        return paired
    machines = {one.machine for both in paired for one in both}
    if len(machines) > 1:
        return "The runs were made on different machines or with different numbers of threads, so times mean nothing."
    ratios = []
    for x, y in paired:
        if x.processor_seconds is not None and y.processor_seconds is not None:
            ratios.append(x.processor_seconds / y.processor_seconds)
        else:
            ratios.append(x.training_seconds / y.training_seconds)
    logs = over_seeds([math.log(ratio) for ratio in ratios], image_error=math.nan)
    mean, low, high = (math.exp(number) for number in (logs.mean, logs.low, logs.high))
    return _quantity("training time", claim, Spread(logs.n, mean, logs.sd, low, high), math.nan, ratio=True)


def mistakes_within(claim: Claim, found: Found) -> Quantity | str:
    """Which share of A's mistakes takes a class for another of the same group, per cent."""
    assert claim.groups is not None
    outcomes = _finished(claim.a, found)
    if isinstance(outcomes, str):
        return outcomes
    wrong = np.array([~one.predictions.right for one in outcomes], dtype=float)  # (seeds, N)
    if not wrong.any(axis=1).all():
        return f"With some seed {claim.a} makes no mistake."
    within = np.array([_within(one, claim.groups) for one in outcomes], dtype=float)  # (seeds, N)
    share = within.mean() / wrong.mean()
    error = error_over_images(100 * (within - share * wrong).mean(axis=0) / wrong.mean())
    values = 100 * within.sum(axis=1) / wrong.sum(axis=1)
    value = over_seeds(list(values), image_error=error, resolution=100 / float(wrong.sum(axis=1).mean()))
    return _quantity("mistakes within", claim, value, error)


QUANTITIES: dict[Kind, Callable[[Claim, Found], Quantity | str]] = {
    "beats_by": difference,
    "equals": difference,
    "scores": accuracy,
    "reaches": accuracy,
    "errs_less": fewer_errors,
    "trains_within": training_time,
    "confuses": mistakes_within,
}


def _quantity(measure: Measure, claim: Claim, value: Spread, image_error: float, *, ratio: bool = False) -> Quantity:
    return Quantity(measure, claim.a, claim.b, value, image_error, *claim.bounds, claim.groups or (), ratio)


def _finished(label: str, found: Found) -> list[Outcome] | str:
    return list(found.get(label, {}).values()) or f"There is no finished run of {label}."


def _within(found: Outcome, groups: Groups) -> np.ndarray:
    """(N,) bool, where a class is taken for another of its group."""
    group = np.full(len(found.classes), -1)  # (K,)
    for number, names in enumerate(groups):
        group[[found.classes.index(name) for name in names]] = number
    labels, answers = group[found.predictions.labels], group[found.predictions.answers]
    return np.asarray(~found.predictions.right & (labels >= 0) & (labels == answers))
