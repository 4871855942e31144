"""Dropout from integers: random words, compared and masked bit by bit, many times faster than floats on a CPU."""

import torch
from torch import Tensor, nn

LANES = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # bytes of a number -> integers as wide


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
        return Masked.apply(x, keep(x, self.rate, self.generator), 1 / (1 - self.rate))  # type: ignore[no-untyped-call]

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


def keep(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Which numbers of x stay: -1 (all bits) with probability 1 - rate, else 0; x's shape, width and memory format."""
    kind = LANES[x.element_size()]
    words = torch.empty((x.numel() * x.element_size() + 7) // 8, dtype=torch.int64, device=x.device)
    words.random_(-(2**63), None, generator=generator)
    lanes = words.view(kind)[: x.numel()]
    # In the order in which x lies in memory: a mask in another order makes the product many times slower.
    ordered = x.is_contiguous() or (x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last))
    lanes = lanes.as_strided(x.shape, x.stride()) if ordered else lanes.view(x.shape)
    limits = torch.iinfo(kind)
    threshold = min(limits.min + round(rate * 2**limits.bits), limits.max)
    return lanes.ge_(threshold).neg_()


class Masked(torch.autograd.Function):
    """x where the mask has all bits, else 0, times a factor; the gradient passes likewise.

    Backward needs the mask alone: two bytes per number in bf16, and nothing is converted.
    """

    @staticmethod
    def forward(ctx, x: Tensor, mask: Tensor, factor: float) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(mask)
        ctx.factor = factor
        return _masked(x, mask, factor)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[no-untyped-def]
        (mask,) = ctx.saved_tensors
        return _masked(gradient, mask, ctx.factor), None, None


def _masked(x: Tensor, mask: Tensor, factor: float) -> Tensor:
    return (x.view(mask.dtype) & mask).view(x.dtype).mul_(factor)
