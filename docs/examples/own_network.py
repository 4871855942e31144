"""Does a network of my own beat a dense one on small digits?

    seedtrial run docs/examples/own_network.py && seedtrial report docs/examples/own_network.py

About 10 seconds on 2 cores.
"""

from torch import Tensor, nn

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Dense, OwnModule
from seedtrial.training.spec import TrainSpec


class Separable(nn.Module):
    """A convolution per channel, then one over the channels, with group normalisation."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.pointwise = nn.Conv2d(channels, width, 1)
        self.norm = nn.GroupNorm(1, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.pointwise(self.depthwise(x))).relu()
        return out


def separable(shape: tuple[int, int, int], classes: int, *, width: int = 32) -> nn.Module:
    """The network: images (N, C, H, W) in [0, 1] to logits (N, classes)."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 16, 3, padding=1),
        nn.ReLU(),
        Separable(16, width),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(width * (shape[1] // 2) * (shape[2] // 2), classes),
    )


def study() -> Study:
    """Mine against a dense network, three seeds each."""
    data, training = DataSpec(source="digits"), TrainSpec(epochs=10)
    mine = OwnModule(name="separable", version="1", settings={"width": 32}, build_module=separable)
    return Study(
        name="own-network",
        question="Does a network of my own beat a dense one on small digits?",
        recipes={
            "separable": Recipe(data=data, model=mine, training=training),
            "dense": Recipe(data=data, model=Dense(widths=(32,)), training=training),
        },
        seeds=3,
        claims=(Claim.beats("separable", "dense"),),
    )
