"""Random bits for dropout: as many for every number as it is wide, a function of a seed and of the number's position.

kernels.c computes the same.
"""

import torch
from torch import Tensor

LANES = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # bytes of a number -> integers as wide


def words(count: int, seed: Tensor) -> Tensor:
    """Random 64-bit integers (count,) int64, each a function of the seed and its own position alone.

    seed: (1,) int64; whoever knows it can compute any of the words, without those before it (kernels.c does)

    Source: splitmix64 of Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators.

    >>> words(2, torch.tensor([0])).shape, torch.equal(words(3, torch.tensor([7]))[:2], words(2, torch.tensor([7])))
    (torch.Size([2]), True)
    """
    # The word at a position needs no word before it: any thread, any piece and any device can begin anywhere, which a
    # generator that is stepped cannot. Constants are written modulo 2**64, as torch has no unsigned arithmetic.
    mixed = torch.arange(1, count + 1, device=seed.device).mul_(0x9E3779B97F4A7C15 - 2**64).add_(seed)
    # Shifts of signed integers bring copies of the sign in; the mask takes them out again.
    for shift, factor in ((30, 0xBF58476D1CE4E5B9 - 2**64), (27, 0x94D049BB133111EB - 2**64), (31, 1)):
        mixed.bitwise_xor_((mixed >> shift).bitwise_and_((1 << (64 - shift)) - 1)).mul_(factor)
    return mixed


def lanes(x: Tensor, seed: Tensor) -> Tensor:
    """Random integers as wide as the numbers of x, in its shape and memory order, cut from `words`.

    seed: (1,) int64

    >>> lanes(torch.ones(2, 3, dtype=torch.bfloat16), torch.tensor([0])).dtype
    torch.int16
    """
    kind = LANES[x.element_size()]
    bits = words(-(-x.numel() * x.element_size() // 8), seed).view(kind)[: x.numel()]
    # In the order in which x lies in memory: lanes in another order make what follows many times slower.
    ordered = x.is_contiguous() or (x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last))
    return bits.as_strided(x.shape, x.stride()) if ordered else bits.view(x.shape)


def highest_dropped(rate: float, kind: torch.dtype) -> int:
    """The highest lane of those that go; the lowest always goes, and the highest always stays.

    >>> highest_dropped(0.5, torch.int8), highest_dropped(0.25, torch.int8)
    (-1, -65)
    """
    limits = torch.iinfo(kind)
    return min(max(limits.min + round(rate * 2**limits.bits) - 1, limits.min), limits.max - 1)
