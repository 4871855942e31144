"""The claim that A overfits less than B: how far the validation loss rises from its lowest epoch to the last."""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from seedtrial.claims.contract import PairClaim, interval
from seedtrial.claims.evidence import Comparison, Evidence, over_seeds
from seedtrial.claims.observed import JudgedOn, NotTested, Runs, paired_runs, repetitions
from seedtrial.evaluation.statistics import mean_is_zero


class OverfitsLess(PairClaim):
    """A's validation loss rises less than B's, from its lowest epoch to the last.

    The validation loss has no L2 penalty in it and is taken without dropout, unlike the training loss.

    >>> print(OverfitsLess(a="dropout", b="plain"))
    dropout overfits less than plain
    """

    kind: Literal["overfits_less"] = "overfits_less"
    claims_less: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.a} overfits less than {self.b}"

    def evidence(self, runs: Runs) -> tuple[Comparison | NotTested]:
        """The rise of A's validation loss less that of B's, nats."""
        return (self._compared(runs),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The difference in nats."""
        number = f"{evidence.value.mean:z.3f} nats{interval(evidence.value, 3, tested)}"
        what = "Rise of the validation loss from its lowest epoch to the last"
        return f"{what}, {self.a} minus {self.b}: difference {number}."

    def _compared(self, runs: Runs) -> Comparison | NotTested:
        paired = paired_runs(self.a, self.b, runs)
        if isinstance(paired, NotTested):
            return paired
        for label, side in ((self.a, 0), (self.b, 1)):
            if not all(part.val_losses for both in paired for part in both[side].parts):
                return NotTested(f"{label} has no validation images, so the rise of its validation loss is unknown.")
        values = [
            [rise(x.val_losses) - rise(y.val_losses) for x, y in zip(a.parts, b.parts, strict=True)] for a, b in paired
        ]
        each = repetitions(values, [a for a, _ in paired])
        difference = over_seeds(each, image_error=math.nan, ratio=paired[0][0].ratio)
        p_seeds = mean_is_zero(difference) if difference.n > 1 else None
        # The losses of single images are not recorded, so there is no test over images: Student's t stands alone.
        return Comparison("rise of validation loss", self.a, self.b, difference, math.nan, p_seeds, None)


def rise(losses: Sequence[float]) -> float:
    """How far a loss has risen from its lowest epoch to the last, nats; 0 when the last is the lowest.

    >>> rise([0.5, 0.25, 0.75])
    0.5
    """
    return losses[-1] - min(losses)
