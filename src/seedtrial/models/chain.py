"""Building a network layer by layer, tracking the shape of what comes out.

C channels, H x W pixels.
"""

import math
from typing import Literal

import torch
from torch import nn

from seedtrial.errors import SeedtrialError
from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.fast.norm import BatchNorm
from seedtrial.models.layers import ACTIVATIONS, POOLS, Activation, Network, initialise


class Chain:
    """Builds a Network layer by layer on torch's meta device (no memory yet), tracking the shape of what comes out.

    shape: of one image, (C, H, W); `self.shape` is that of the latest layer's output, (C, H, W) or (units,)

    >>> chain = Chain((1, 28, 28))
    >>> chain.conv(8, 3, padding="valid")
    >>> chain.shape
    (8, 26, 26)
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.channels = shape[0]
        self.layers: dict[str, nn.Module] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.l2: dict[str, float] = {}

    def add(self, kind: str, layer: nn.Module, *, shape: tuple[int, ...] | None = None) -> str:
        """Append a layer under a name of its own (conv1, conv2, ...), which is returned.

        shape: of its output for one image, if it is not that of its input
        """
        name = f"{kind}{1 + sum(other.rstrip('0123456789') == kind for other in self.layers)}"
        self.layers[name] = layer
        self.shape = self.shapes[name] = shape or self.shape
        return name

    def flatten(self) -> None:
        """(C, H, W) -> (C * H * W,); nothing where it is flat already."""
        if len(self.shape) > 1:
            self.add("flatten", nn.Flatten(), shape=(math.prod(self.shape),))

    def dense(self, units: int, *, l2: float = 0.0) -> None:
        """A fully connected layer."""
        self.flatten()
        self.l2[self.add("dense", nn.Linear(self.shape[0], units, device="meta"), shape=(units,))] = l2

    def conv(self, filters: int, kernel: int, *, padding: Literal["same", "valid"], l2: float = 0.0) -> None:
        """A convolution with stride 1. Raises SeedtrialError when the kernel is larger than what it slides over."""
        if padding == "valid":
            self._must_fit(kernel, f"A valid {kernel}x{kernel} convolution")
        channels, height, width = self.shape
        lost = 0 if padding == "same" else kernel - 1
        around = kernel // 2 if padding == "same" else 0
        if padding == "same" and kernel % 2 == 0:  # one pixel more at the right and below, as Keras does
            before, around = kernel // 2 - 1, 0
            self.add(
                "pad", nn.ZeroPad2d((before, before + 1) * 2), shape=(channels, height + kernel - 1, width + kernel - 1)
            )
        layer = nn.Conv2d(channels, filters, kernel, padding=around, device="meta")
        self.l2[self.add("conv", layer, shape=(filters, height - lost, width - lost))] = l2

    def pool(self, kind: Literal["max", "average"], size: int) -> None:
        """The largest or the mean of every size x size square; a rest at the edge is dropped."""
        self._must_fit(size, f"A {size}x{size} pooling")
        channels, height, width = self.shape
        self.add(f"{kind}_pool", POOLS[kind](size), shape=(channels, height // size, width // size))

    def activation(self, name: Activation) -> None:
        """One of ACTIVATIONS."""
        self.add(name, ACTIVATIONS[name]())

    def batch_norm(self) -> None:
        """Batch normalisation over the channels, or over the units of a flat layer."""
        with torch.device("meta"):
            self.add("batch_norm", BatchNorm(self.shape[0]))

    def dropout(self, rate: float) -> None:
        """Dropout; nothing when the rate is 0."""
        if rate > 0:
            self.add("dropout", Dropout(rate))

    def network(self, generator: torch.Generator | None, *, measured: bool = False) -> Network:
        """The network with its first weights drawn from the generator; without one it stays on the meta device.

        measured: whether batch norm's averages are measured on training images after each pass
        """
        with torch.device("meta"):
            network = Network(self.channels, self.layers, shapes=self.shapes, l2=self.l2)
        network.measured = measured
        return network if generator is None else initialise(network, generator)

    def _must_fit(self, size: int, what: str) -> None:
        height, width = self.shape[1:]
        if size > min(height, width):
            raise SeedtrialError(f"{what} does not fit on {height}x{width} pixels, after {len(self.layers)} layers.")
