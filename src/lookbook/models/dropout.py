"""Dropout from integers: random words, compared bit by bit, many times faster than floats on a CPU."""

import torch
from torch import Tensor, nn

LANES = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # bytes of a number -> integers as wide
ODD = (13023, 27077, 27823)  # see `lanes`


class Dropout(nn.Module):
    """Inverted dropout: each number is zeroed with probability `rate`, the others grow so that the mean stays.

    Draws from `generator`, which the learner sets; it never touches torch's global randomness. Every number has a lane
    of random bits as wide as itself, so the rate is exact to 1/65536 for bf16. Torch's own dropout draws a float per
    element on one thread, which is what a training step would otherwise spend most time on.

    Source: Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.
    """

    generator: torch.Generator | None = None

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        return Masked.apply(x, lanes(x, self.generator), self.rate)  # type: ignore[no-untyped-call]

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


def lanes(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Random integers as wide as the numbers of x, in its shape and memory order.

    A quarter of them is drawn, for drawing is what takes time; the others are these times odd numbers, in the integers'
    wrap-around. Each is uniform by itself. ODD was searched for lanes that hardly know of each other: of 16 bits, two,
    three or four fall below their thresholds together as often as if they were independent, within 2e-4.
    """
    kind = LANES[x.element_size()]
    words = -(-x.numel() * x.element_size() // (8 * (1 + len(ODD))))  # of 64 bits
    drawn = torch.empty((1 + len(ODD), words), dtype=torch.int64, device=x.device)
    drawn[0].random_(-(2**63), None, generator=generator)
    first, *others = drawn.view(kind)
    for odd, row in zip(ODD, others, strict=True):
        torch.mul(first, odd, out=row)
    bits = drawn.view(kind).flatten()[: x.numel()]
    # In the order in which x lies in memory: lanes in another order make what follows many times slower.
    ordered = x.is_contiguous() or (x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last))
    return bits.as_strided(x.shape, x.stride()) if ordered else bits.view(x.shape)


def dropped(x: Tensor, lanes: Tensor, rate: float) -> Tensor:
    """x with 0 where its lane is among the lowest; x as it was elsewhere, bit by bit."""
    limits = torch.iinfo(lanes.dtype)
    highest = limits.min + round(rate * 2**limits.bits) - 1  # lane of those that go
    kept = torch.ops.aten.threshold_backward(x.view(lanes.dtype), lanes, min(max(highest, limits.min), limits.max - 1))
    return kept.view(x.dtype)


class Masked(torch.autograd.Function):
    """Dropout by given lanes; the gradient passes where the number passed. Backward needs the lanes alone."""

    @staticmethod
    def forward(ctx, x: Tensor, lanes: Tensor, rate: float) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(lanes)
        ctx.rate = rate
        return dropped(x, lanes, rate).mul_(1 / (1 - rate))

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[no-untyped-def]
        (lanes,) = ctx.saved_tensors
        return dropped(gradient, lanes, ctx.rate).mul_(1 / (1 - ctx.rate)), None, None
