"""What is inside a trained network: its first weights as images, and what every layer makes of some images.

N images, C channels, H x W pixels, F filters or units. All of it is computed as when predicting: nothing is dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.layers import Network

# A stage begins with one of these, or with a layer that says so itself (begins_stage), as residual blocks do.
BEGINS = (nn.Conv2d, nn.Linear, nn.MaxPool2d, nn.AvgPool2d)


@dataclass(frozen=True)
class FirstLayer:
    """The weights that meet the pixels, as images.

    weights: (F, C, h, w) float32; h x w is the filter's size, or for a dense layer the image's
    slides:  whether the weights are filters that slide over the image; else every unit sees the whole image

    >>> FirstLayer("conv1", np.zeros((8, 1, 3, 3), np.float32), slides=True).weights.shape
    (8, 1, 3, 3)
    """

    name: str
    weights: np.ndarray
    slides: bool


@dataclass(frozen=True)
class Stage:
    """A convolution, pooling or dense layer with the layers that belong to it, and what the last of them gives.

    layers: their names, e.g. ("pad1", "conv1", "relu1")
    values: (N, F, H, W) of filters, (N, F) of units, float32

    >>> Stage(("conv1", "relu1"), np.zeros((2, 8, 26, 26), np.float32)).shape
    (8, 26, 26)
    """

    layers: tuple[str, ...]
    values: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the output for one image, (F, H, W) or (F,)."""
        return self.values.shape[1:]


@dataclass(frozen=True)
class Inside:
    """What is inside a trained network: its first weights as images, and what every stage gives for some images.

    >>> first = FirstLayer("dense1", np.zeros((4, 1, 8, 8), np.float32), slides=False)
    >>> Inside(first, (Stage(("dense1",), np.zeros((2, 4), np.float32)),)).stages[-1].shape
    (4,)
    """

    first: FirstLayer
    stages: tuple[Stage, ...]


def inside(network: Network, images: np.ndarray) -> Inside:
    """Look inside a network. images: (N, C, H, W) uint8

    >>> from seedtrial.models import Dense
    >>> network = Dense(widths=(4,)).build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> [stage.shape for stage in inside(network, np.zeros((2, 1, 8, 8), np.uint8)).stages]
    [(4,), (3,)]
    """
    shape = (images.shape[1], images.shape[2], images.shape[3])
    return Inside(first_layer(network, shape), tuple(stages(network, images)))


@torch.inference_mode()
def outputs(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """What every layer gives, by its name, in the order of the layers; float32 on the CPU.

    images: (N, C, H, W) uint8

    >>> from seedtrial.models import Dense
    >>> network = Dense(widths=(4,)).build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> {name: values.shape for name, values in outputs(network, np.zeros((2, 1, 8, 8), np.uint8)).items()}
    {'flatten1': (2, 64), 'dense1': (2, 4), 'relu1': (2, 4), 'dense2': (2, 3)}
    """
    values: dict[str, np.ndarray] = {}

    def keep(name: str, x: Tensor) -> None:
        if x.ndim in (2, 4):  # a user's own layers may give anything; what is neither units nor maps is not drawn
            values[name] = x.float().cpu().clone(memory_format=torch.contiguous_format).numpy()

    trains = network.training
    network.eval()
    x = network.scale(torch.from_numpy(images))
    for name, layer in network.layers.items():
        inner = parts(name, layer)
        hooks = [
            part.register_forward_hook(lambda _, __, out, name=part_name: keep(name, out))
            for part_name, part in inner.items()
            if part is not layer
        ]
        x = layer(x)
        for hook in hooks:
            hook.remove()
        if layer in inner.values():
            keep(name, x)
    network.train(trains)
    return values


def parts(name: str, layer: nn.Module) -> dict[str, nn.Module]:
    """The layers inside a layer, by name: itself, or those of a user's own module.

    >>> list(parts("dense1", nn.Linear(4, 2)))
    ['dense1']
    """
    if not hasattr(layer, "parts"):
        return {name: layer}
    module, names = layer.get_submodule("module"), cast(Iterable[str], layer.parts)
    return {part: module.get_submodule(part) for part in names}


def stages(network: Network, images: np.ndarray) -> list[Stage]:
    """What comes out of a network stage by stage: activation and batch norm count to the layer before them.

    images: (N, C, H, W) uint8

    Dropout does nothing when predicting, so it is in no stage. The last stage gives the logits.

    >>> from seedtrial.models import Dense
    >>> network = Dense(widths=(4,)).build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> [stage.layers for stage in stages(network, np.zeros((2, 1, 8, 8), np.uint8))]
    [('flatten1', 'dense1', 'relu1'), ('dense2',)]
    """
    groups: list[list[str]] = []
    before: list[str] = []  # layers that only prepare for the next one
    values = outputs(network, images)
    layers = {part: layer for name, outer in network.layers.items() for part, layer in parts(name, outer).items()}
    for name, layer in layers.items():
        if isinstance(layer, Dropout | nn.Dropout) or name not in values:
            continue
        if isinstance(layer, nn.ZeroPad2d | nn.Flatten):
            before.append(name)
        elif isinstance(layer, BEGINS) or getattr(layer, "begins_stage", False) or not groups:
            groups.append([*before, name])
            before = []
        else:
            groups[-1].append(name)
    return [Stage(tuple(group), values[group[-1]]) for group in groups]


def first_layer(network: Network, shape: tuple[int, int, int]) -> FirstLayer:
    """The first layer that has weights for pixels: a convolution, a dense one, or one that says so itself (filters).

    shape: of an image, (C, H, W)

    >>> from seedtrial.models import Linear
    >>> network = Linear().build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> first_layer(network, (1, 8, 8)).weights.shape
    (3, 1, 8, 8)
    """
    path, layer = next(
        (path, module)
        for path, module in network.layers.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) or hasattr(module, "filters")
    )
    if hasattr(layer, "filters"):
        return FirstLayer(path, layer.filters(), slides=True)
    weights = layer.weight.detach().float().cpu().contiguous().numpy()
    slides = isinstance(layer, nn.Conv2d)
    return FirstLayer(path.rsplit(".", 1)[-1], weights.copy() if slides else weights.reshape(-1, *shape).copy(), slides)
