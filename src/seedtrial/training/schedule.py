"""How the learning rate moves over a run: each schedule maps progress in [0, 1] to a share of the optimiser's rate.

A new schedule is a class here with its `kind`, and its name in `Schedule`.
"""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field

from seedtrial.spec import Spec, Unit, by_name

Warmup = Annotated[
    float,
    Unit("share"),
    Field(ge=0, lt=1, examples=[0.1, 0.2], description="share of all steps over which the rate rises from 0"),
]
Final = Annotated[
    float, Unit("share"), Field(ge=0, le=1, examples=[0.01], description="share of the rate that is left at the end")
]


class Constant(Spec):
    """Always the same, as is usual in Keras.

    >>> Constant().at(0.5)
    1.0
    """

    kind: Literal["constant"] = "constant"

    def at(self, progress: float) -> float:
        """Share of the rate at this progress."""
        return 1.0


class LinearDecay(Spec):
    """Up during the warm-up, then straight down.

    >>> decay = LinearDecay(warmup=0.2)
    >>> decay.at(0.1), decay.at(0.2), decay.at(1.0)
    (0.5, 1.0, 0.0)
    """

    kind: Literal["linear"] = "linear"
    warmup: Warmup = 0.0
    final: Final = 0.0

    def at(self, progress: float) -> float:
        """Share of the rate at this progress."""
        if progress < self.warmup:
            return progress / self.warmup
        return 1 + (self.final - 1) * (progress - self.warmup) / (1 - self.warmup)


class Cosine(Spec):
    """Up during the warm-up, then down along half a cosine.

    Source: Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts (without restarts).

    >>> round(Cosine().at(0.5), 3)
    0.5
    """

    kind: Literal["cosine"] = "cosine"
    warmup: Warmup = 0.0
    final: Final = 0.0

    def at(self, progress: float) -> float:
        """Share of the rate at this progress."""
        if progress < self.warmup:
            return progress / self.warmup
        angle = math.pi * (progress - self.warmup) / (1 - self.warmup)
        return self.final + (1 - self.final) * (1 + math.cos(angle)) / 2


class OneCycle(Spec):
    """From a low rate up to the full one and down to almost nothing, along two half cosines.

    Source: Smith and Topin 2018, Super-convergence: very fast training of neural networks using large learning rates.

    >>> OneCycle().at(0.3)
    1.0
    """

    kind: Literal["one-cycle"] = "one-cycle"
    peak: Annotated[float, Unit("share")] = Field(
        0.3, gt=0, lt=1, examples=[0.2], description="share of all steps after which the rate is highest"
    )
    start: Annotated[float, Unit("share")] = Field(
        0.04, ge=0, le=1, examples=[0.1], description="share of the rate at the beginning"
    )
    final: Final = 0.0

    def at(self, progress: float) -> float:
        """Share of the rate at this progress."""
        if progress < self.peak:
            low, done = self.start, 1 - progress / self.peak
        else:
            low, done = self.final, (progress - self.peak) / (1 - self.peak)
        return low + (1 - low) * (1 + math.cos(math.pi * done)) / 2


def rate_share(schedule: "Schedule", progress: float, steps: int) -> float:
    """Share of the rate at this progress of a run of so many steps.

    A warm-up that is no longer than one step would leave that step without any rate; such a run begins at its end.

    >>> rate_share(LinearDecay(warmup=0.2), 0.0, steps=1), rate_share(LinearDecay(warmup=0.2), 0.0, steps=100)
    (1.0, 0.0)
    """
    warmup = getattr(schedule, "warmup", 0.0)
    return schedule.at(max(progress, warmup) if warmup * steps <= 1 else progress)


Schedule = Annotated[
    Annotated[Constant | LinearDecay | Cosine | OneCycle, Discriminator("kind")], BeforeValidator(by_name)
]
