"""What a CPU runs in place of ReLU, dropout and 2x2 max pooling: the same function and gradient, with fewer passes over
memory.

Numbers are viewed as signed integers of their width (`LANES`). From zero upwards both are ordered alike, below zero
every integer is below zero too, and a CPU compares integers three to five times faster than bf16. Nothing here draws or
rounds anything else than the plain layers do; but where the largest numbers of a square are equal, another one of them
may have the gradient (`max_pool`).

N images, C channels, H x W pixels.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from lookbook.models.dropout import LANES, Dropout, dropped, lanes

Step = Callable[[Tensor], Tensor]


def joined(layers: Iterable[nn.Module]) -> list[Step]:
    """The layers as fewer steps.

    ReLU directly before 2x2 max pooling goes behind it, to a quarter of the numbers: the largest stays the largest.
    ReLU takes the dropout that follows along.
    """
    steps: list[Step] = []
    left = list(layers)
    rectified = False  # whether nothing below zero comes out of the latest step
    while left:
        layer = left.pop(0)
        if isinstance(layer, nn.ReLU):
            if left and _halves(left[0]):
                left.pop(0)
                steps.append(max_pool)
            steps.append(Rectify(left.pop(0) if left and isinstance(left[0], Dropout) else None))
        elif rectified and _halves(layer):
            steps.append(max_pool)
        else:
            steps.append(layer)
        rectified = isinstance(steps[-1], Rectify) or getattr(layer, "rectifies", False)
    return steps


def _halves(layer: nn.Module) -> bool:
    return isinstance(layer, nn.MaxPool2d) and layer.kernel_size == layer.stride == 2 and layer.padding == 0


class Rectify:
    """ReLU, and the dropout behind it if there is one."""

    def __init__(self, dropout: nn.Module | None) -> None:
        self.dropout = dropout

    def __call__(self, x: Tensor) -> Tensor:
        if isinstance(self.dropout, Dropout) and self.dropout.rate > 0:
            rate = self.dropout.rate
            return _RectifyDrop.apply(x, lanes(x, self.dropout.generator), rate)  # type: ignore[no-untyped-call]
        if x.ndim == 2:  # of a dense layer, where a Python call costs more than it saves
            return x.relu()
        return _Rectify.apply(x)  # type: ignore[no-untyped-call]


def max_pool(x: Tensor) -> Tensor:
    """The largest of every 2 x 2 square of (N, C, H, W), if it is not negative; else some negative number of it.

    A rest at the edge is dropped. Of equals one has the gradient: the upper of a column, then the left of a row.
    """
    return _MaxPool.apply(x)  # type: ignore[no-untyped-call]


def rectify(x: Tensor) -> Tensor:
    """ReLU within a layer of several: the quick one on a CPU."""
    return Rectify(None)(x) if x.device.type == "cpu" else x.relu()


class _Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        bits = x.view(LANES[x.element_size()])
        # Above the bits of minus infinity lie all from zero upwards, and every NaN, which must stay to be seen.
        lowest = int(torch.tensor(-torch.inf, dtype=x.dtype).view(bits.dtype))
        out = nn.functional.threshold(bits, lowest, 0).view(x.dtype)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        (out,) = ctx.saved_tensors
        kind = LANES[out.element_size()]
        return torch.ops.aten.threshold_backward(gradient.view(kind), out.view(kind), 0).view(out.dtype)


class _RectifyDrop(torch.autograd.Function):
    """Both saved as one: the output is positive exactly where the gradient passes."""

    @staticmethod
    def forward(ctx, x: Tensor, lanes: Tensor, rate: float) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.factor = 1 / (1 - rate)
        out = dropped(_where_positive(x, x, ctx.factor), lanes, rate)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[no-untyped-def]
        (out,) = ctx.saved_tensors
        return _where_positive(gradient, out, ctx.factor), None, None


def _where_positive(x: Tensor, chooser: Tensor, factor: float) -> Tensor:
    """factor * x where the chooser is positive, else 0, in one pass: the derivative of ELU with alpha 0."""
    return torch.ops.aten.elu_backward(x, 0.0, factor, 0.0, True, chooser)


class _MaxPool(torch.autograd.Function):
    """Rows first, as theirs lie in one piece: a pass over numbers with gaps costs per piece, and of C numbers only."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.shape = x.shape
        ctx.format = torch.contiguous_format if x.is_contiguous() else torch.channels_last
        upper, lower = _rows(x)
        larger = torch.maximum(upper, lower)
        left, right = larger[..., 0::2], larger[..., 1::2]
        out = torch.maximum(left, right)
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(_first(upper, lower), _first(left, right))
        return out.view(x.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        is_upper, is_left = ctx.saved_tensors
        found = torch.empty(ctx.shape, dtype=gradient.dtype, device=gradient.device, memory_format=ctx.format)
        found[:, :, ctx.shape[2] // 2 * 2 :] = 0  # the rest at the edge
        found[:, :, :, ctx.shape[3] // 2 * 2 :] = 0
        rows = torch.empty_like(is_upper)
        left, (upper, lower) = rows[..., 0::2], _rows(found)
        # Bits times 0 or 1, and what is left over.
        whole = gradient.contiguous(memory_format=ctx.format).view(rows.dtype)
        torch.mul(whole, is_left, out=left)
        torch.sub(whole, left, out=rows[..., 1::2])
        torch.mul(rows, is_upper, out=upper)
        torch.sub(rows, upper, out=lower)
        return found


def _rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """The upper and the lower row of every 2 x 2 square, each (N, C, H / 2, W), as integers."""
    height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    bits = x.view(LANES[x.element_size()])
    return bits[:, :, 0:height:2, :width], bits[:, :, 1:height:2, :width]


def _first(a: Tensor, b: Tensor) -> Tensor:
    """1 where a is at least b, else 0, as wide as they are: narrower ones would be converted again and again."""
    return torch.ge(a, b, out=torch.empty_like(a))
