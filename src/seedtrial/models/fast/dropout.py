"""Dropout from integers: random words, compared bit by bit, many times faster than floats on a CPU."""

import torch
from torch import Tensor, nn

from seedtrial.models.fast import kernels
from seedtrial.models.fast.random_bits import highest_dropped, lanes


class Dropout(nn.Module):
    """Inverted dropout: each number is zeroed with probability `rate`, the others grow so that the mean stays.

    Draws from `generator`, which the learner sets; it never touches torch's global randomness. Every number has a lane
    of random bits as wide as itself, so the rate is exact to 1/65536 for bf16. Torch's own dropout draws a float per
    element on one thread, which is what a training step would otherwise spend most time on.

    Source: Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.

    >>> dropout = Dropout(0.5)
    >>> dropout.generator = torch.Generator().manual_seed(0)
    >>> sorted(set(dropout(torch.ones(100)).tolist())), dropout.eval()(torch.ones(2)).tolist()
    ([0.0, 2.0], [1.0, 1.0])
    """

    generator: torch.Generator | None = None

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        # torch's own dropout draws one float per element on one thread, most of a training step on a CPU, and takes no
        # generator. One seed per step is drawn here; the bits are a function of it and of the position.
        seed = self.draw(x.device)
        if kernels.usable(x):
            return Dropped.apply(x, int(seed), self.rate)  # type: ignore[no-untyped-call]
        return Masked.apply(x, lanes(x, seed), self.rate)  # type: ignore[no-untyped-call]

    def draw(self, device: torch.device) -> Tensor:
        """A seed (1,) int64 for the lanes of a step."""
        return torch.empty(1, dtype=torch.int64, device=device).random_(-(2**63), None, generator=self.generator)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


def dropped(x: Tensor, lanes: Tensor, rate: float) -> Tensor:
    """x with 0 where its lane is among the lowest; x as it was elsewhere, bit by bit.

    >>> lanes = torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32)
    >>> dropped(torch.ones(2), lanes, 0.5).tolist()
    [0.0, 1.0]
    """
    # threshold_backward passes its first argument where the second exceeds the threshold: one pass, and bit by bit
    # the same numbers, because they are looked at as integers.
    highest = highest_dropped(rate, lanes.dtype)
    return torch.ops.aten.threshold_backward(x.view(lanes.dtype), lanes, highest).view(x.dtype)


class Masked(torch.autograd.Function):
    """Dropout by given lanes; the gradient passes where the number passed. Backward needs the lanes alone.

    >>> lanes = torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32)
    >>> Masked.apply(torch.ones(2), lanes, 0.5).tolist()
    [0.0, 2.0]
    """

    @staticmethod
    def forward(ctx, x: Tensor, lanes: Tensor, rate: float) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(lanes)
        ctx.rate = rate
        return dropped(x, lanes, rate).mul_(1 / (1 - rate))

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[no-untyped-def]
        (lanes,) = ctx.saved_tensors
        return dropped(gradient, lanes, ctx.rate).mul_(1 / (1 - ctx.rate)), None, None


class Dropped(torch.autograd.Function):
    """The same in one pass over memory. Backward needs the seed alone: the gradient is dropped as the numbers were.

    >>> with kernels.off():
    ...     kernels.usable(torch.ones(2))
    False
    """

    @staticmethod
    def forward(ctx, x: Tensor, seed: int, rate: float) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.drawn, ctx.order = (seed, rate), kernels.memory_order(x)
        return kernels.drop(x, ctx.drawn)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[no-untyped-def]
        return kernels.drop(gradient.contiguous(memory_format=ctx.order), ctx.drawn), None, None
