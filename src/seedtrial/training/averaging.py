"""A running average of all that a network learns, which is less noisy than the weights of any one step."""

import torch
from torch import Tensor, nn


class Average:
    """Averages of a network's parameters and of its batch norm's running averages, beside the ones that learn.

    Early steps count less, min(keep, (1 + t) / (10 + t)) is kept at step t, else the first weights would stay long.

    Source: Polyak and Juditsky 1992, Acceleration of stochastic approximation by averaging; the warm-up is TensorFlow's
    ExponentialMovingAverage's.

    >>> layer = nn.Linear(1, 1, bias=False)
    >>> average = Average(layer, keep=0.99)
    >>> average.update()
    >>> average.done
    1
    """

    def __init__(self, network: nn.Module, keep: float) -> None:
        self.keep, self.done = keep, 0
        self.learning: list[Tensor] = [t for t in (*network.parameters(), *network.buffers()) if t.is_floating_point()]
        self.averages = [tensor.detach().clone() for tensor in self.learning]

    @torch.no_grad()
    def update(self) -> None:
        """Take the present step's weights in."""
        self.done += 1
        # A constant share would hold the first, random weights for 1 / (1 - keep) steps.
        keep = min(self.keep, (1 + self.done) / (10 + self.done))
        for average, tensor in zip(self.averages, self.learning, strict=True):
            average.lerp_(tensor, 1 - keep)

    def swap(self) -> None:
        """Put the averages into the network and what learns beside it, or back again."""
        # Storage changes hands and nothing is copied; the optimiser keeps its references to the parameters.
        for index, tensor in enumerate(self.learning):
            tensor.data, self.averages[index] = self.averages[index], tensor.data
