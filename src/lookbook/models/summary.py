"""A network layer by layer: shapes, parameters and multiply-adds, counted while one blank image passes through."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from lookbook.models import ModelSpec
from lookbook.models.layers import Network, Scale, materialise


@dataclass(frozen=True)
class LayerRow:
    """One layer. `shape` is that of its output for one image; multiply_adds are for one image, forward."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """All layers and their sums.

    parameters: all numbers the layers hold, batch norm's running averages included, as Keras counts
    trained:    those that the optimiser changes
    """

    layers: tuple[LayerRow, ...]
    parameters: int
    trained: int
    multiply_adds: int


def summary(model: ModelSpec, shape: tuple[int, ...], classes: int) -> Summary:
    """What a model is for images of this shape (C, H, W). Raises LookbookError when its layers do not fit on them."""
    network = materialise(model.build(shape, classes))  # the values do not matter, only the shapes
    rows: list[LayerRow] = []
    for name, module in _leaves(network):
        module.register_forward_hook(lambda module, _, out, name=name: rows.append(_row(name, module, out)))
    with torch.inference_mode():
        network.eval()(torch.zeros(1, *shape))
    return Summary(
        tuple(rows),
        sum(row.parameters for row in rows),
        sum(parameter.numel() for parameter in network.parameters()),
        sum(row.multiply_adds for row in rows),
    )


def _leaves(network: Network) -> list[tuple[str, nn.Module]]:
    return [
        (name.removeprefix("layers."), module)
        for name, module in network.named_modules()
        if not any(module.children()) and not isinstance(module, Scale)
    ]


def _row(name: str, module: nn.Module, out: torch.Tensor) -> LayerRow:
    parameters = sum(tensor.numel() for tensor in module.parameters())
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        parameters += 2 * module.num_features  # running mean and variance
    return LayerRow(name, type(module).__name__, tuple(out.shape[1:]), parameters, _multiply_adds(module, out))


def _multiply_adds(module: nn.Module, out: torch.Tensor) -> int:
    """Those of dense layers and convolutions; all else is small beside them and counted as none."""
    if isinstance(module, nn.Linear):
        return module.in_features * out[0].numel()
    if isinstance(module, nn.Conv2d):
        return module.in_channels // module.groups * math.prod(module.kernel_size) * out[0].numel()
    return 0
