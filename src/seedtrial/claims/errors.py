"""The claim that A makes fewer errors than B, by a share of B's errors.

N is the number of images that the study is judged on.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from seedtrial.claims.contract import Bounds, PairClaim, between, interval
from seedtrial.claims.evidence import Evidence, Quantity, error_over_images, over_seeds
from seedtrial.claims.observed import JudgedOn, NotTested, Observed, Runs, paired_runs, repetitions


class ErrsLess(PairClaim):
    """A makes fewer errors than B, by so many per cent of B's errors.

    >>> print(ErrsLess(a="conv", b="dense", by=(25, 35)))
    conv makes 25 to 35 % fewer errors than dense
    """

    kind: Literal["errs_less"] = "errs_less"
    of_one_data_set: ClassVar[bool] = True
    by: Bounds = Field(description="per cent of B's errors, from the least to the most")

    def __str__(self) -> str:
        return f"{self.a} makes {between(self.by)} % fewer errors than {self.b}"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """The share of B's errors that A does not make, per cent."""
        return (self._fewer(runs),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """How many per cent fewer, or more."""
        mean = evidence.value.mean
        comparative = "more" if mean < 0 else "fewer"
        shown = interval(evidence.value, 1, tested, reverse=mean < 0)
        return f"{self.a} makes {abs(mean):.1f} % {comparative} errors than {self.b}{shown}."

    def _fewer(self, runs: Runs) -> Quantity | NotTested:
        paired = paired_runs(self.a, self.b, runs)
        if isinstance(paired, NotTested):
            return paired
        first = paired[0][0]
        wrong = np.array(
            [[~x.predictions.right, ~y.predictions.right] for x, y in paired], dtype=float
        )  # (seeds, 2, N)
        if first.folds:
            return self._fewer_over_folds(paired, wrong.mean(axis=0))
        if not wrong[:, 1].any(axis=1).all():
            return NotTested(
                f"{self.b} makes no error with at least one seed, so a share of its errors is not defined."
            )
        a, b = wrong.mean(axis=2).T  # (seeds,) shares
        each = wrong.mean(axis=0)  # (2, N)
        # 1 - a/b is a ratio of two means over the same images. The delta method gives its standard error: that of the
        # mean of (A's error - ratio x B's error) / mean of B's errors.
        error = error_over_images(100 * (each[0] - a.mean() / b.mean() * each[1]) / b.mean())
        one_error = 100 / (wrong.shape[2] * float(b.mean()))
        value = over_seeds(list(100 * (1 - a / b)), image_error=error, resolution=one_error)
        return Quantity("fewer errors", self.a, self.b, value, error, *self.by)

    def _fewer_over_folds(self, paired: Sequence[tuple[Observed, Observed]], each: np.ndarray) -> Quantity | NotTested:
        """As `_fewer`; a fold may have no error, so its value is by the delta method. each: (2, N) mean over seeds"""
        a, b = each.mean(axis=1)
        if not b:
            return NotTested(f"{self.b} makes no error, so a share of its errors is not defined.")
        ratio = a / b
        error = error_over_images(100 * (each[0] - ratio * each[1]) / b)
        values = [
            [
                100 * (1 - ratio)
                - 100 * float((~x.predictions.right).mean() - ratio * (~y.predictions.right).mean()) / b
                for x, y in zip(one.parts, other.parts, strict=True)
            ]
            for one, other in paired
        ]
        first = paired[0][0]
        value = over_seeds(
            repetitions(values, [one for one, _ in paired]),
            image_error=error,
            resolution=100 * len(first.folds) / (each.shape[1] * float(b)),
            ratio=first.ratio,
            mean=100 * float(1 - ratio),
        )
        return Quantity("fewer errors", self.a, self.b, value, error, *self.by)
