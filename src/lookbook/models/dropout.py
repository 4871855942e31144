"""Dropout from integers: random words, compared bit by bit, many times faster than floats on a CPU."""

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
        return Masked.apply(x, lanes(x, self.draw(x.device)), self.rate)  # type: ignore[no-untyped-call]

    def draw(self, device: torch.device) -> Tensor:
        """A seed (1,) int64 for the lanes of a step."""
        return torch.empty(1, dtype=torch.int64, device=device).random_(-(2**63), None, generator=self.generator)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


def words(count: int, seed: Tensor) -> Tensor:
    """Random 64-bit integers (count,) int64, each a function of the seed and its own place alone.

    seed: (1,) int64; whoever knows it can compute any of the words, without those before it (kernels.c does)

    Source: splitmix64 of Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators.
    """
    found = torch.arange(1, count + 1, device=seed.device).mul_(0x9E3779B97F4A7C15 - 2**64).add_(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9 - 2**64), (27, 0x94D049BB133111EB - 2**64), (31, 1)):
        found.bitwise_xor_((found >> shift).bitwise_and_((1 << (64 - shift)) - 1)).mul_(factor)
    return found


def lanes(x: Tensor, seed: Tensor) -> Tensor:
    """Random integers as wide as the numbers of x, in its shape and memory order, cut from `words`.

    seed: (1,) int64
    """
    kind = LANES[x.element_size()]
    bits = words(-(-x.numel() * x.element_size() // 8), seed).view(kind)[: x.numel()]
    # In the order in which x lies in memory: lanes in another order make what follows many times slower.
    ordered = x.is_contiguous() or (x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last))
    return bits.as_strided(x.shape, x.stride()) if ordered else bits.view(x.shape)


def highest_dropped(rate: float, kind: torch.dtype) -> int:
    """The highest lane of those that go; the lowest always goes, and the highest always stays."""
    limits = torch.iinfo(kind)
    return min(max(limits.min + round(rate * 2**limits.bits) - 1, limits.min), limits.max - 1)


def dropped(x: Tensor, lanes: Tensor, rate: float) -> Tensor:
    """x with 0 where its lane is among the lowest; x as it was elsewhere, bit by bit."""
    highest = highest_dropped(rate, lanes.dtype)
    return torch.ops.aten.threshold_backward(x.view(lanes.dtype), lanes, highest).view(x.dtype)


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
