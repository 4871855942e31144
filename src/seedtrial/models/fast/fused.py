"""Layers that a CPU runs joined: ReLU, dropout and 2x2 max pooling in one pass over memory, by kernels.c.

What comes out, and the gradient, are bit by bit those of the layers one after the other, which is what runs where the
kernels cannot be used.

N images, C channels, H x W pixels.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from seedtrial.models.fast import kernels
from seedtrial.models.fast.dropout import Dropout


class Fused:
    """Layers, some of ReLU, dropout, 2x2 max pooling and dropout, in this order, as one step.

    >>> Fused([nn.ReLU()])(torch.tensor([[-1.0, 2.0]])).tolist()
    [[0.0, 2.0]]
    """

    def __init__(self, layers: list[nn.Module]) -> None:
        self.layers = layers
        self.rectifies, self.pools = (
            any(isinstance(layer, kind) for layer in layers) for kind in (nn.ReLU, nn.MaxPool2d)
        )
        # Dropout may come before the pooling or after it; each is an argument of its own of the compiled step.
        pooling = next((i for i, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d)), len(layers))
        self.before, self.after = _dropout(layers[:pooling]), _dropout(layers[pooling:])

    def __call__(self, x: Tensor) -> Tensor:
        too_small = self.pools and min(x.shape[2:]) < 2  # which torch says in its own words
        # Of a dense layer's plain ReLU torch's own is quicker: a Python call costs more than there is to save.
        if not kernels.usable(x) or too_small or (x.ndim == 2 and self.before is None):
            for layer in self.layers:
                x = layer(x)
            return x
        if self.pools:
            return _Pool.apply(x, self.rectifies, self.before, self.after)  # type: ignore[no-untyped-call]
        return _Rectify.apply(x, self.before)  # type: ignore[no-untyped-call]


def fused(layers: Iterable[nn.Module]) -> list[nn.Module | Fused]:
    """The layers as fewer steps.

    >>> [type(step).__name__ for step in fused([nn.Linear(4, 2), nn.ReLU(), Dropout(0.5)])]
    ['Linear', 'Fused']
    """
    steps: list[nn.Module | Fused] = []
    left = list(layers)
    while left:
        taken = [left.pop(0)]
        if isinstance(taken[0], nn.ReLU):
            taken += _next(left, _drops) + _next(left, _halves)
            if _halves(taken[-1]):
                taken += _next(left, _drops)
        steps.append(Fused(taken) if isinstance(taken[0], nn.ReLU) or _halves(taken[0]) else taken[0])
    return steps


def _next(left: list[nn.Module], wanted: Any) -> list[nn.Module]:
    return [left.pop(0)] if left and wanted(left[0]) else []


def _drops(layer: nn.Module) -> bool:
    return isinstance(layer, Dropout)


def _halves(layer: nn.Module) -> bool:
    return isinstance(layer, nn.MaxPool2d) and layer.kernel_size == layer.stride == 2 and layer.padding == 0


def _dropout(layers: list[nn.Module]) -> Dropout | None:
    return next((layer for layer in layers if isinstance(layer, Dropout) and layer.rate > 0), None)


def _drawn(dropout: Dropout | None, x: Tensor) -> kernels.Drawn | None:
    return None if dropout is None else (int(dropout.draw(x.device)), dropout.rate)


class _Rectify(torch.autograd.Function):
    """Saved as one: the output is positive exactly where the gradient passes."""

    @staticmethod
    def forward(ctx, x: Tensor, dropout: Dropout | None) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.rate = dropout.rate if dropout else 0.0
        out = kernels.rectify(x, _drawn(dropout, x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        (out,) = ctx.saved_tensors
        return kernels.rectify_back(out, gradient, ctx.rate), None


class _Pool(torch.autograd.Function):
    """Saved is a byte per square: which of its numbers has the gradient, if one has."""

    @staticmethod
    def forward(  # type: ignore[no-untyped-def]
        ctx, x: Tensor, rectifies: bool, before: Dropout | None, after: Dropout | None
    ) -> Tensor:
        ctx.rates = [dropout.rate if dropout else 0.0 for dropout in (before, after)]
        first, second = _drawn(before, x), _drawn(after, x)
        out, marks = kernels.pool(x, rectifies=rectifies, before=first, after=second, marks=ctx.needs_input_grad[0])
        if marks is not None:
            ctx.save_for_backward(marks)
        ctx.size = x.shape[2:]
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None, None]:  # type: ignore[no-untyped-def]
        (marks,) = ctx.saved_tensors
        before, after = ctx.rates
        return kernels.pool_back(ctx.size, marks, gradient, before=before, after=after), None, None, None
