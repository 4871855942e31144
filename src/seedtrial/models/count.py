"""A network layer by layer: shapes, parameters and multiply-adds, counted without running it where that is possible."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from seedtrial.errors import SeedtrialError
from seedtrial.models.layers import NORMS, Network


@dataclass(frozen=True)
class LayerRow:
    """One layer. `shape` is that of its output for one image; multiply_adds are for one image, forward.

    >>> LayerRow("dense1", "Linear", (10,), parameters=650, multiply_adds=640).shape
    (10,)
    """

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

    >>> from seedtrial.models import Linear
    >>> counted = Linear().summary((1, 8, 8), 10)
    >>> counted.parameters, counted.trained, [row.name for row in counted.layers]
    (650, 650, ['flatten1', 'dense1'])
    """

    layers: tuple[LayerRow, ...]
    parameters: int
    trained: int
    multiply_adds: int


def summary(network: Network) -> Summary:
    """Count a network, which may have shapes alone. Raises SeedtrialError for a layer that it cannot count.

    >>> import seedtrial.models
    >>> counted = summary(seedtrial.models.Dense(widths=(32,)).build((1, 8, 8), 10))
    >>> counted.parameters, counted.multiply_adds
    (2410, 2368)
    """
    rows = [row for name, layer in network.layers.items() for row in _rows(name, layer, network.shapes[name])]
    return Summary(
        tuple(rows),
        sum(row.parameters for row in rows),
        sum(parameter.numel() for parameter in network.parameters()),
        sum(row.multiply_adds for row in rows),
    )


def multiply_adds(module: nn.Module, out: tuple[int, ...]) -> int:
    """Multiply-adds of one layer for one image. Activations, pooling and normalisation are small and count as none.

    out: shape of its output for one image

    >>> multiply_adds(nn.Conv2d(3, 8, 5), (8, 10, 10))
    60000

    Raises SeedtrialError for a layer with weights that it does not know.
    """
    if isinstance(module, nn.Linear):
        return module.in_features * math.prod(out)
    if isinstance(module, nn.Conv2d):
        return module.weight.numel() * math.prod(out[1:])  # right for groups and strides too
    own: Callable[[tuple[int, ...]], int] | None = getattr(module, "multiply_adds", None)  # a block such as Residual
    if own is not None:
        return own(out)
    if isinstance(module, NORMS) or not any(True for _ in module.parameters()):
        return 0
    raise SeedtrialError(
        f"The multiply-adds of a layer {type(module).__name__} are not known; give the block around it a method "
        "multiply_adds(out) that returns them for one image, out being the shape of its output."
    )


@torch.no_grad()
def traced(module: nn.Module, shape: tuple[int, ...]) -> dict[str, tuple[tuple[int, ...], int]]:
    """Run a module on one image of zeros: every leaf's name, the shape of its output, and its multiply-adds.

    shape: (C, H, W) of the image

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> traced(network, (1, 2, 2))
    {'0': ((4,), 0), '1': ((2,), 8)}
    """
    rows: dict[str, tuple[tuple[int, ...], int]] = {}
    handles = []
    for name, leaf in leaves(module).items():

        def note(layer: nn.Module, _: object, out: torch.Tensor, name: str = name) -> None:
            before = rows[name][1] if name in rows else 0  # a layer that is used twice counts twice
            rows[name] = tuple(out.shape[1:]), before + multiply_adds(layer, tuple(out.shape[1:]))

        handles.append(leaf.register_forward_hook(note))
    trains = module.training
    module.eval()
    try:
        module(torch.zeros(1, *shape))
    finally:
        for handle in handles:
            handle.remove()
        module.train(trains)
    return rows


def leaves(module: nn.Module) -> Mapping[str, nn.Module]:
    """The parts of a module that are counted as one, by name: layers, and blocks that count themselves.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> list(leaves(network))
    ['0', '1']
    """
    parts: dict[str, nn.Module] = {}

    def walk(part: nn.Module, name: str) -> None:
        children = list(part.named_children())
        if not children or hasattr(part, "multiply_adds"):
            parts[name] = part
            return
        if any(True for _ in part.parameters(recurse=False)):
            raise SeedtrialError(
                f"{type(part).__name__} has weights of its own beside its layers, so its multiply-adds are not known; "
                "give it a method multiply_adds(out) that returns them for one image."
            )
        for child, inner in children:
            walk(inner, f"{name}.{child}" if name else child)

    walk(module, "")
    return parts


def _rows(name: str, module: nn.Module, out: tuple[int, ...]) -> list[LayerRow]:
    """The rows of a layer: one, or one for each of its parts where it says which these are."""
    parts: Mapping[str, tuple[tuple[int, ...], int]] | None = getattr(module, "parts", None)
    if parts is None:
        return [_row(name, module, out, multiply_adds(module, out))]
    inner = leaves(module.get_submodule("module"))
    return [_row(part, inner[part], shape, adds) for part, (shape, adds) in parts.items()]


def _row(name: str, module: nn.Module, out: tuple[int, ...], adds: int) -> LayerRow:
    parameters = sum(tensor.numel() for tensor in (*module.parameters(), *module.buffers()))
    return LayerRow(name, type(module).__name__, out, parameters, adds)
