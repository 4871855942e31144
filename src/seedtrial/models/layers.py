"""The layers of networks and how they begin, as Keras has them: Glorot-uniform kernels, zero biases, inverted dropout.

N images, C channels, H x W pixels. A network maps (N, C, H, W) uint8 to (N, classes) logits.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from seedtrial.errors import SeedtrialError
from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.fast.fused import fused
from seedtrial.models.fast.norm import BatchNorm

Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid"]

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.1),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
NORMS = (BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.BatchNorm1d, nn.BatchNorm2d)  # weights begin at 1, biases at 0
POOLS: dict[str, Callable[[int], nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class Scale(nn.Module):
    """Pixels to numbers, (x - mean) * factor per channel; saved with the weights, so a network takes raw images.

    >>> white = torch.full((1, 1, 2, 2), 255, dtype=torch.uint8)
    >>> Scale(1)(white).flatten().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    mean: Tensor
    factor: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("factor", torch.full((channels, 1, 1), 1 / 255))

    def forward(self, images: Tensor) -> Tensor:
        return images.to(self.mean.dtype, copy=True).sub_(self.mean).mul_(self.factor)

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


class Network(nn.Module):
    """Named layers one after the other, and the L2 factors that the loss has to add.

    shapes: layer name -> shape of its output for one image
    l2:     layer name -> factor; `penalty` is factor * sum(kernel^2) over them, biases left out, as Keras's l2() does

    draws_globally: whether its layers draw from torch's global random generator, as a user's own may
    measured:       whether batch norm's averages are measured on training images after each pass
    begins:         what is done with the training images and labels before the first step; None: nothing

    Some layers run fused, so hooks on layers do not see all of them; one by one, `layers` give the same.

    >>> from seedtrial.models import Dense
    >>> network = Dense(widths=(4,), l2=0.01).build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> network(torch.zeros(2, 1, 8, 8, dtype=torch.uint8)).shape, list(network.l2)
    (torch.Size([2, 3]), ['dense1', 'dense2'])
    """

    draws_globally = False
    measured = False
    begins: Callable[[np.ndarray, np.ndarray], None] | None = None

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
        self.training_steps = fused(layers.values())
        self.predicting_steps = fused(layer for layer in layers.values() if not isinstance(layer, Dropout))
        self.l2 = {name: factor for name, factor in l2.items() if factor > 0}

    def forward(self, images: Tensor) -> Tensor:
        x = self.scale(images)
        for step in self.training_steps if self.training else self.predicting_steps:
            x = step(x)
        return x  # (N, classes)

    def penalty(self) -> Tensor | float:
        """What the loss has to add for L2, 0.0 when there is none."""
        return sum(
            (factor * self.layers[name].get_parameter("weight").square().sum() for name, factor in self.l2.items()), 0.0
        )

    def dropouts(self) -> Iterator[Dropout]:
        """The layers that need a generator before training."""
        return (module for module in self.modules() if isinstance(module, Dropout))


def initialise(network: Network, generator: torch.Generator) -> Network:
    """Give a network on the meta device its memory and first values: Glorot-uniform kernels, zero biases.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    Raises SeedtrialError for a layer whose first values are not known: its memory would hold anything.

    >>> with torch.device("meta"):
    ...     network = Network(1, {"dense1": nn.Linear(4, 2)}, shapes={"dense1": (2,)}, l2={})
    >>> initialise(network, torch.Generator().manual_seed(0)).layers["dense1"].bias.tolist()
    [0.0, 0.0]
    """
    for module in materialise(network).modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, NORMS):
            for ones, zeros in (("weight", "bias"), ("running_var", "running_mean")):
                for name, begin in ((ones, nn.init.ones_), (zeros, nn.init.zeros_)):
                    tensor = getattr(module, name, None)
                    if tensor is not None:
                        begin(tensor)
            batches = getattr(module, "num_batches_tracked", None)
            if batches is not None:
                nn.init.zeros_(batches)
        elif isinstance(module, Scale):
            module.mean.zero_()
            module.factor.fill_(1 / 255)
        elif _holds_numbers(module):
            raise SeedtrialError(
                f"The initial weights of a layer {type(module).__name__} are not known; add them to "
                "models.layers.initialise."
            )
    return network


def _holds_numbers(module: nn.Module) -> bool:
    """Whether a module has parameters or buffers of its own."""
    return any(True for _ in (*module.parameters(recurse=False), *module.buffers(recurse=False)))


def materialise(network: Network) -> Network:
    """Give a network on the meta device memory on the CPU, with whatever stands there.

    Module.to_empty does the same, but goes through torch's symbolic shapes, which take half a second to import.

    >>> from seedtrial.models import Dense
    >>> materialise(Dense(widths=(4,)).build((1, 8, 8), 3)).layers["dense1"].weight.device.type
    'cpu'
    """
    for module in network.modules():
        for name, tensor in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(tensor.shape, dtype=tensor.dtype)))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
    return network
