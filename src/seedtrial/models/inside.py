"""What is inside a trained network: its first weights as images, and what every layer makes of some images.

N images, C channels, H x W pixels, F filters or units. All of it is computed as when predicting: nothing is dropped.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.layers import Network
from seedtrial.models.numpy_net import Weights, forward, scaled
from seedtrial.models.resnet import GLOBAL, Residual

BEGINS = (
    nn.Conv2d,
    nn.Linear,
    nn.MaxPool2d,
    nn.AvgPool2d,
    Residual,
    *GLOBAL.values(),
)  # a stage begins with one of these


@dataclass(frozen=True)
class FirstLayer:
    """The weights that meet the pixels, as images.

    weights: (F, C, h, w) float32; h x w is the filter's size, or for a dense layer the image's
    slides:  whether the weights are filters that slide over the image; else every unit sees the whole image
    """

    name: str
    weights: np.ndarray
    slides: bool


@dataclass(frozen=True)
class Stage:
    """A convolution, pooling or dense layer with the layers that belong to it, and what the last of them gives.

    layers: their names, e.g. ("pad1", "conv1", "relu1")
    values: (N, F, H, W) of filters, (N, F) of units, float32
    """

    layers: tuple[str, ...]
    values: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the output for one image, (F, H, W) or (F,)."""
        return self.values.shape[1:]


@torch.inference_mode()
def outputs(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """What every layer gives, by its name, in the order of the layers; float32 on the CPU.

    images: (N, C, H, W) uint8
    """
    found: dict[str, np.ndarray] = {}
    trains = network.training
    network.eval()
    x = network.scale(torch.from_numpy(images))
    for name, layer in network.layers.items():
        x = layer(x)
        found[name] = x.float().cpu().clone(memory_format=torch.contiguous_format).numpy()
    network.train(trains)
    return found


def stages(network: Network, images: np.ndarray) -> list[Stage]:
    """What comes out of a network stage by stage: activation and batch norm count to the layer before them.

    images: (N, C, H, W) uint8

    Dropout does nothing when predicting, so it is in no stage. The last stage gives the logits.
    """
    groups: list[list[str]] = []
    before: list[str] = []  # layers that only prepare for the next one
    for name, layer in network.layers.items():
        if isinstance(layer, Dropout):
            continue
        if isinstance(layer, nn.ZeroPad2d | nn.Flatten):
            before.append(name)
        elif isinstance(layer, BEGINS) or not groups:
            groups.append([*before, name])
            before = []
        else:
            groups[-1].append(name)
    values = outputs(network, images)
    return [Stage(tuple(group), values[group[-1]]) for group in groups]


def first_layer(network: Network, shape: tuple[int, int, int]) -> FirstLayer:
    """The first layer that has weights for pixels, a convolution or a dense one.

    shape: of an image, (C, H, W)
    """
    name, layer = next((n, m) for n, m in network.layers.items() if isinstance(m, nn.Conv2d | nn.Linear))
    weights = layer.weight.detach().float().cpu().contiguous().numpy()
    slides = isinstance(layer, nn.Conv2d)
    return FirstLayer(name, weights.copy() if slides else weights.reshape(-1, *shape).copy(), slides)


def scratch_stages(learnt: Weights, images: np.ndarray) -> list[Stage]:
    """The same for a network from scratch: its hidden units, and the logits.

    images: (N, C, H, W) uint8
    """
    hidden, logits = forward(learnt, scaled(learnt, images.reshape(len(images), -1)))
    return [Stage(("hidden", "sigmoid"), hidden), Stage(("output",), logits)]


def scratch_first_layer(learnt: Weights, shape: tuple[int, int, int]) -> FirstLayer:
    """The weights of its hidden units as images; they meet standardised pixels.

    shape: of an image, (C, H, W)
    """
    return FirstLayer("hidden", learnt["hidden.kernel"].T.reshape(-1, *shape).copy(), slides=False)
