"""A network layer by layer: shapes, parameters and multiply-adds, counted without allocating it."""

import math
from dataclasses import dataclass

from torch import nn

from seedtrial.models import Dense, ModelSpec, NumpyNet


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
    """What a model is for images of this shape (C, H, W). Raises SeedtrialError when its layers do not fit on them."""
    if isinstance(model, NumpyNet):  # layer for layer the dense network of that width
        model = Dense(widths=(model.hidden,), activation=model.activation)
    network = model.build(shape, classes)
    rows = [_row(name, layer, network.shapes[name]) for name, layer in network.layers.items()]
    return Summary(
        tuple(rows),
        sum(row.parameters for row in rows),
        sum(parameter.numel() for parameter in network.parameters()),
        sum(row.multiply_adds for row in rows),
    )


def _row(name: str, module: nn.Module, out: tuple[int, ...]) -> LayerRow:
    parameters = sum(tensor.numel() for tensor in (*module.parameters(), *module.buffers()))
    return LayerRow(name, type(module).__name__, out, parameters, _multiply_adds(module, out))


def _multiply_adds(module: nn.Module, out: tuple[int, ...]) -> int:
    """Those of dense layers and convolutions; all else is small beside them and counted as none.

    All convolutions of a residual block give maps of the size that the block gives.
    """
    if isinstance(module, nn.Linear):
        return module.in_features * math.prod(out)
    convolutions = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    pixels = math.prod(out[1:])
    return sum(layer.weight.numel() * pixels for layer in convolutions)
