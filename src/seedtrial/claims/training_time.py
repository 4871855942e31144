"""The claim that A trains at most so many times as long as B."""

import math
from typing import Literal

from pydantic import Field

from seedtrial.claims.contract import PairClaim, interval
from seedtrial.claims.evidence import Evidence, Quantity, over_seeds
from seedtrial.claims.observed import JudgedOn, NotTested, Observed, Runs, paired_runs, repetitions
from seedtrial.evaluation.statistics import Spread


class TrainsWithin(PairClaim):
    """A trains at most so many times as long as B, on the same machine.

    Times are processor seconds where both runs recorded them, since other work on the machine hardly changes them;
    otherwise wall-clock time.

    >>> print(TrainsWithin(a="conv", b="dense", times=1.5))
    conv trains at most 1.5 times as long as dense
    """

    kind: Literal["trains_within"] = "trains_within"
    times: float = Field(gt=0, description="the most that is claimed, in times of B's training time")

    def __str__(self) -> str:
        return f"{self.a} trains at most {self.times:g} times as long as {self.b}"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """A's training time as a multiple of B's."""
        return (self._ratio(runs),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The ratio of training times."""
        ratio = f"{evidence.value.mean:.2f} times as long as {self.b}"
        return f"{self.a} trains {ratio}{interval(evidence.value, 2, tested)}."

    def _ratio(self, runs: Runs) -> Quantity | NotTested:
        paired = paired_runs(self.a, self.b, runs)
        if isinstance(paired, NotTested):
            return paired
        if len({run.machine for both in paired for side in both for run in side.parts}) > 1:
            return NotTested(
                "The runs were made on different machines or with different numbers of threads, so their times cannot "
                "be compared."
            )
        # A ratio of 2 and one of 1/2 are equally far from 1 as logarithms, so ratios are averaged and tested as these.
        values = [[math.log(_times(x, y)) for x, y in zip(a.parts, b.parts, strict=True)] for a, b in paired]
        each = repetitions(values, [a for a, _ in paired])
        logs = over_seeds(each, image_error=math.nan, ratio=paired[0][0].ratio)
        mean, low, high = (math.exp(number) for number in (logs.mean, logs.low, logs.high))
        value = Spread(logs.n, mean, logs.sd, low, high, logs.ratio)
        return Quantity("training time", self.a, self.b, value, math.nan, -math.inf, self.times, ratio=True)


def _times(a: Observed, b: Observed) -> float:
    if a.processor_seconds is not None and b.processor_seconds is not None:
        return a.processor_seconds / b.processor_seconds
    return a.training_seconds / b.training_seconds
