"""One network of every kind, for tests that concern all of them, and modules of a user's own."""

import torch
from torch import Tensor, nn

from seedtrial.data.dataset import Dataset
from seedtrial.models import Conv, Dense, Forest, Hog, Linear, Majority, Neighbours, NumpyNet, ResNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.models.learner import Learner
from seedtrial.models.model import Model
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare, usual
from seedtrial.training.spec import TrainSpec


def own(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A module of a user's with layers that we do not have."""
    return nn.Sequential(nn.Conv2d(shape[0], 4, 3, stride=2), nn.GELU(), nn.Flatten(), nn.LazyLinear(classes))


MODELS: list[Model] = [
    Linear(),
    Dense(widths=(8, 8), activation="leaky_relu", batch_norm="after", dropout=0.2),
    Conv(blocks=(ConvBlock(filters=4, kernel=4), ConvBlock(filters=6, pool="average")), dense=(8,), dense_dropout=0.5),
    Conv(blocks=(ConvBlock(filters=4, padding="valid"),), batch_norm="before", activation="tanh"),
    ResNet(widths=(4, 6), stem_pool=True, head="max"),
    ResNet(widths=(4,), blocks=2, dropout=0.2),
    NumpyNet(hidden=6),
    Majority(),
    Neighbours(neighbours=3, keep=20),
    Forest(trees=5, leaves=4),
    Hog(),
]


def trained_learner(model: Model, tiny: Dataset, engine: Engine) -> Learner:
    """What has learnt the tiny images, in one pass where it can."""
    single = isinstance(model, (NumpyNet, Majority, Neighbours, Forest))
    training = usual(model) if single else TrainSpec(epochs=1, batch_size=16, precision="fp32")
    learner = prepare(model, training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    list(learner.fit(tiny.train))
    return learner


class Unusual(nn.Module):
    """(N, 1, 8, 8) uint8 -> (N, 3): the layers that a user may think of, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.groups = nn.Conv2d(1, 8, 3, padding=1), nn.GroupNorm(2, 8)
        self.apart = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8)
        self.layer, self.instance, self.slope = nn.LayerNorm([8, 8]), nn.InstanceNorm2d(8), nn.PReLU(8)
        self.attention, self.last = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(32, 3)

    def forward(self, images: Tensor) -> Tensor:
        f = nn.functional
        x = f.gelu(self.groups(self.first(images.float() / 255)), approximate="tanh")
        x = self.slope(self.instance(f.mish(self.layer(f.silu(self.apart(x))))))
        x = f.hardswish(x) + f.elu(x) + f.selu(x) + f.softplus(x) + f.relu6(x) + f.hardtanh(x) + f.gelu(x) + f.celu(x)
        x = f.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        words = x.flatten(2).transpose(1, 2)
        x = (words + self.attention(words, words, words)[0]).transpose(1, 2).reshape(x.shape)
        x = f.pad(f.pad(x, (1, 1, 1, 1), mode="reflect"), (1, 0, 2, 1), value=0.3)
        x = torch.cat([x, x.abs()], 1).chunk(2, 1)[0].flip(3)
        x = f.avg_pool2d(f.max_pool2d(x, 3, 2, 1, ceil_mode=True), 2, 2, ceil_mode=True)
        x = torch.cat([x.amax((2, 3)), x.mean((2, 3)), x.std((2, 3)), f.adaptive_avg_pool2d(x, 1).flatten(1)], 1)
        return self.last(f.normalize(x)).log_softmax(1)


class Upwards(nn.Module):
    """(N, 1, 8, 8) uint8 -> (N, 3), by an operator that our own JavaScript does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.larger, self.last = nn.ConvTranspose2d(1, 2, 2, stride=2), nn.Linear(2, 3)

    def forward(self, images: Tensor) -> Tensor:
        larger: Tensor = self.larger(images.float() / 255)
        return self.last(larger.amax((2, 3)))
