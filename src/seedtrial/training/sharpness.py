"""Sharpness-aware minimisation: the gradient of each step is taken where the loss nearby is highest.

Source: Foret et al. 2021, Sharpness-aware minimization for efficiently improving generalization.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from seedtrial.models.fast.norm import BatchNorm
from seedtrial.training.optimiser import taken_gradients

TORCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Uphill:
    """A network's weights, and how far to climb from them along the gradient.

    radius:     Euclidean length of the way
    generators: of dropout; the second look at a batch draws the same masks

    >>> network = nn.Linear(1, 1, bias=False)
    >>> uphill, before = Uphill(network, 0.1, ()), network.weight.item()
    >>> network.weight.grad = torch.ones(1, 1)
    >>> with uphill.top():
    ...     round(network.weight.item() - before, 4), network.weight.grad
    (0.1, None)
    >>> network.weight.item() == before
    True
    """

    def __init__(self, network: nn.Module, radius: float, generators: Sequence[torch.Generator]) -> None:
        self.network, self.radius, self.generators = network, radius, generators
        self.parameters = list(network.parameters())
        self.states: list[torch.Tensor] = []

    def begin(self) -> None:
        """Remember the chance that the first look at a batch is about to use."""
        self.states = [generator.get_state() for generator in self.generators]

    @contextmanager
    def top(self) -> Iterator[None]:
        """Within it the weights are uphill along their gradients, which are used up; after it, where they were."""
        before = [parameter.detach().clone() for parameter in self.parameters]
        with torch.no_grad():
            slopes = taken_gradients(self.parameters)
            steepness = torch.stack([slope.square().sum() for slope in slopes]).sum().sqrt()
            for parameter, slope in zip(self.parameters, slopes, strict=True):
                parameter.add_(slope * (self.radius / (steepness + 1e-12)))
        for generator, state in zip(self.generators, self.states, strict=False):
            generator.set_state(state)
        try:
            with _still_averages(self.network):
                yield
        finally:
            with torch.no_grad():
                for parameter, weight in zip(self.parameters, before, strict=True):
                    parameter.copy_(weight)  # not minus the way, which would round


@contextmanager
def _still_averages(network: nn.Module) -> Iterator[None]:
    """Batch norm's running averages see a batch once, at the weights that are kept."""
    ours = [module for module in network.modules() if isinstance(module, BatchNorm)]
    others = [module for module in network.modules() if isinstance(module, TORCH_NORMS)]
    momenta = [module.momentum for module in others]
    counted = [None if module.num_batches_tracked is None else module.num_batches_tracked.clone() for module in others]
    for norm in ours:
        norm.keep = 1.0
    for other in others:
        other.momentum = 0.0
    try:
        yield
    finally:
        for norm in ours:
            norm.keep = BatchNorm.KEEP
        for other, momentum, batches in zip(others, momenta, counted, strict=True):
            other.momentum = momentum
            if batches is not None and other.num_batches_tracked is not None:
                other.num_batches_tracked.copy_(batches)
