"""The layers of networks and how they begin, as Keras has them: Glorot-uniform kernels, zero biases, inverted dropout.

N images, C channels, H x W pixels. A network maps (N, C, H, W) uint8 to (N, classes) logits.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookbook.errors import LookbookError

Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid"]

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.1),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
POOLS: dict[str, Callable[[int], nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class Scale(nn.Module):
    """Pixels to numbers, (x - mean) * factor per channel; saved with the weights, so a network takes raw images."""

    mean: Tensor
    factor: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("factor", torch.full((channels, 1, 1), 1 / 255))

    def forward(self, images: Tensor) -> Tensor:
        return (images.float() - self.mean) * self.factor

    def standardise(self, images: Tensor) -> None:
        """Take mean and deviation per channel from the training images, (N, C, H, W) uint8."""
        for channel in range(images.shape[1]):
            pixels = images[:, channel]
            counts = torch.bincount(pixels.flatten().int(), minlength=256).double()  # exact, and no float copy
            values = torch.arange(256, dtype=torch.float64, device=counts.device)
            mean = (counts * values).sum() / counts.sum()
            deviation = ((counts * (values - mean).square()).sum() / counts.sum()).sqrt()
            self.mean[channel] = mean
            self.factor[channel] = 1 / deviation.clamp(min=1e-6)


class Dropout(nn.Module):
    """Inverted dropout: each number is zeroed with probability `rate`, the others grow so that the mean stays.

    Draws from `generator`, which the learner sets; it never touches torch's global randomness. One 64-bit word makes
    four 16-bit lanes, since drawing a float per element is what a training step would otherwise spend most time on;
    the rate is thereby exact to 1/65536.

    Source: Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.
    """

    generator: torch.Generator | None = None

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None, generator=self.generator)
        lanes = words.view(torch.int16)[: x.numel()].view(x.shape)  # uniform on -32768..32767
        keep = (lanes >= min(round(self.rate * 65536), 65535) - 32768).to(x.dtype)
        return x * keep.mul_(1 / (1 - self.rate))

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (N, C) or (N, C, H, W); a batch of a single number per channel, which has no spread, goes
    by the running averages.
    """

    def _check_input_dim(self, x: Tensor) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel() == x.shape[1]:
            return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(x)


class Network(nn.Module):
    """Named layers one after the other, and the L2 factors that the loss has to add.

    shapes: layer name -> shape of its output for one image
    l2:     layer name -> factor; `penalty` is factor * sum(kernel^2) over them, biases left out, as Keras's l2() does
    """

    def __init__(
        self,
        channels: int,
        layers: Mapping[str, nn.Module],
        *,
        shapes: Mapping[str, tuple[int, ...]],
        l2: Mapping[str, float],
    ) -> None:
        super().__init__()
        self.shapes = dict(shapes)
        self.scale = Scale(channels)
        self.layers = nn.ModuleDict(layers)
        self.l2 = {name: factor for name, factor in l2.items() if factor > 0}

    def forward(self, images: Tensor) -> Tensor:
        x = self.scale(images)
        for layer in self.layers.values():
            x = layer(x)
        return x  # (N, classes)

    def penalty(self) -> Tensor | float:
        """What the loss has to add for L2, 0.0 when there is none."""
        return sum(
            (factor * self.layers[name].get_parameter("weight").square().sum() for name, factor in self.l2.items()), 0.0
        )

    def dropouts(self) -> Iterator[Dropout]:
        """The layers that need a generator before training."""
        return (module for module in self.modules() if isinstance(module, Dropout))


class Chain:
    """Builds a Network layer by layer on torch's meta device (no memory yet), tracking the shape of what comes out.

    shape: of one image, (C, H, W); `self.shape` is that of the latest layer's output, (C, H, W) or (units,)
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
        """A convolution with stride 1. Raises LookbookError when the kernel is larger than what it slides over."""
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
        """Batch normalisation with Keras's epsilon 1e-3 and momentum 0.99 (torch counts the other way, 0.01)."""
        self.add("batch_norm", BatchNorm(self.shape[0], eps=1e-3, momentum=0.01, device="meta"))

    def dropout(self, rate: float) -> None:
        """Dropout; nothing when the rate is 0."""
        if rate > 0:
            self.add("dropout", Dropout(rate))

    def network(self, generator: torch.Generator | None) -> Network:
        """The network with its first weights drawn from the generator; without one it stays on the meta device."""
        with torch.device("meta"):
            network = Network(self.channels, self.layers, shapes=self.shapes, l2=self.l2)
        return network if generator is None else initialise(network, generator)

    def _must_fit(self, size: int, what: str) -> None:
        height, width = self.shape[1:]
        if size > min(height, width):
            raise LookbookError(f"{what} does not fit on {height}x{width} pixels, after {len(self.layers)} layers.")


def initialise(network: Network, generator: torch.Generator) -> Network:
    """Give a network on the meta device its memory and first values: Glorot-uniform kernels, zero biases.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    for module in materialise(network).modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, BatchNorm):
            module.reset_parameters()  # no randomness: ones and zeros
        elif isinstance(module, Scale):
            module.mean.zero_()
            module.factor.fill_(1 / 255)
    return network


def materialise(network: Network) -> Network:
    """Give a network on the meta device memory on the CPU, with whatever stands there.

    Module.to_empty does the same, but goes through torch's symbolic shapes, which take half a second to import.
    """
    for module in network.modules():
        for name, tensor in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(tensor.shape, dtype=tensor.dtype)))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
    return network


def cross_entropy(logits: Tensor, labels: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy in float32, whatever precision the network ran in.

    logits: (N, classes)
    labels: (N,) int64
    """
    return functional.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)
