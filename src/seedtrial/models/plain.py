"""A network as a plain torch module, layer by layer, for exporters, which cannot follow compiled steps.

N images, C channels, H x W pixels, K classes.
"""

import numpy as np
import torch
from torch import Tensor, nn

from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.layers import Network
from seedtrial.models.views import mean_over_views


class Plain(nn.Module):
    """(N, C, H, W) uint8 -> (N, K) float32 logits, as when predicting.

    mirrored, shifted: the views that are predicted from, as `mean_over_views` takes them

    >>> from seedtrial.models import Dense
    >>> network = Dense(widths=(4,)).build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> Plain(network, mirrored=False)(torch.zeros(2, 1, 8, 8, dtype=torch.uint8)).shape
    torch.Size([2, 3])
    """

    def __init__(self, network: Network, *, mirrored: bool, shifted: int = 0) -> None:
        super().__init__()
        self.mirrored, self.shifted = mirrored, shifted
        self.scale = network.scale
        self.layers = nn.ModuleList(layer for layer in network.layers.values() if not isinstance(layer, Dropout))
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        return mean_over_views(self._once, images, mirrored=self.mirrored, shifted=self.shifted)

    def _once(self, images: Tensor) -> Tensor:
        x: Tensor = self.scale(images)
        for layer in self.layers:
            x = layer(x)
        return x


class PlainDense(nn.Module):
    """The network of one hidden layer that NumPy trained, as torch computes it; input and output as of `Plain`.

    weights: by name, as its learner gives them

    >>> from seedtrial.models.numpy_arithmetic import first_weights
    >>> weights = first_weights(64, 4, 3, np.random.default_rng(0), np.float32)
    >>> PlainDense(weights)(torch.zeros(2, 1, 8, 8, dtype=torch.uint8)).shape
    torch.Size([2, 3])
    """

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        pixels, hidden = weights["hidden.kernel"].shape
        self.hidden, self.output = nn.Linear(pixels, hidden), nn.Linear(hidden, weights["output.kernel"].shape[1])
        for layer, name in ((self.hidden, "hidden"), (self.output, "output")):
            layer.weight = nn.Parameter(_tensor(weights[f"{name}.kernel"].T))
            layer.bias = nn.Parameter(_tensor(weights[f"{name}.bias"]))
        self.mean = nn.Parameter(_tensor(weights["pixels.mean"]), requires_grad=False)
        self.deviation = nn.Parameter(_tensor(weights["pixels.scale"]), requires_grad=False)
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        pixels = (images.flatten(1).float() - self.mean) / self.deviation
        logits: Tensor = self.output(torch.sigmoid(self.hidden(pixels)))
        return logits


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))


class Ensemble(nn.Module):
    """Several networks as one: logarithms of the means of their probabilities, which softmax turns back into these.

    >>> both = Ensemble([nn.Linear(4, 2), nn.Linear(4, 2)])
    >>> both(torch.zeros(1, 4)).exp().sum().round().item()
    1.0
    """

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        probs = torch.stack([member(images).softmax(1) for member in self.members]).mean(0)
        return probs.clamp_min(1e-30).log()
