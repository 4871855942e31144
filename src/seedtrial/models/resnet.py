"""Residual networks: blocks of convolutions that add to what they are given, so that depth does no harm.

C channels, H x W pixels.
"""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from seedtrial.models.chain import Chain
from seedtrial.models.dense import AVERAGES, Averages, DropoutShare, Width
from seedtrial.models.fast.norm import BatchNorm
from seedtrial.models.layers import Network
from seedtrial.models.model import Model
from seedtrial.spec import Count, Unit


class ResNet(Model):
    """A convolution, stages of residual blocks with max pooling between them, global pooling, the classes.

    Source: He et al. 2015, Deep residual learning for image recognition; pooling in place of strides, as in the
    CIFAR-10 speed records.

    >>> ResNet(widths=(4, 8)).summary((1, 28, 28), 10).parameters
    1426
    """

    kind: Literal["resnet"] = "resnet"
    widths: Annotated[Annotated[tuple[Width, ...], Field(min_length=1)], Unit("channels")] = Field(
        (16, 32, 64), examples=[(32, 64, 128)], description="channels per stage"
    )
    blocks: Annotated[Count, Unit("blocks")] = Field(1, le=100, description="residual blocks per stage")
    stem: Annotated[Count, Unit("pixels")] = Field(
        3, le=63, examples=[5], description="side of the first convolution's filters, pixels"
    )
    stem_pool: bool = Field(False, description="max pooling right after the first convolution, which halves the work")
    head: Literal["average", "max"] = Field("average", description="global pooling of the last maps")
    dropout: DropoutShare = Field(0.0, description="before the last layer")
    averages: Averages = Field("measured", description=AVERAGES)

    title: ClassVar[str] = "residual network"
    has_kernels: ClassVar[bool] = True
    recorded_without: ClassVar[Mapping[str, object]] = {"averages": None}

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W); without a generator it has shapes but no weights."""
        chain = Chain(shape)
        chain.conv(self.widths[0], self.stem, padding="same")
        if self.stem_pool:
            chain.activation("relu")  # before pooling, which is quicker of numbers that are not negative
            chain.pool("max", 2)
            chain.batch_norm()
        else:
            chain.batch_norm()
            chain.activation("relu")
        for stage, width in enumerate(self.widths):
            if stage:
                chain.pool("max", 2)
            for _ in range(self.blocks):
                with torch.device("meta"):
                    block = Residual(chain.shape[0], width)
                chain.add("residual", block, shape=(width, *chain.shape[1:]))
        chain.add(f"global_{self.head}", GLOBAL[self.head](), shape=(self.widths[-1],))
        chain.dropout(self.dropout)
        chain.dense(classes)
        return chain.network(generator, measured=self.averages is not None)


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm, added to their input; a 1x1 convolution on the way if channels change.

    >>> Residual(4, 8)(torch.zeros(2, 4, 5, 5)).shape
    torch.Size([2, 8, 5, 5])
    """

    begins_stage = True

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.first_norm = BatchNorm(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = BatchNorm(width)
        self.shortcut = nn.Identity() if channels == width else nn.Conv2d(channels, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first_norm(self.first(x), rectifies=True)
        out: Tensor = self.second_norm(self.second(y), self.shortcut(x), rectifies=True)
        return out

    def multiply_adds(self, out: tuple[int, ...]) -> int:
        """Of one image: all convolutions give maps of the size that the block gives.

        out: shape of the output for one image, (C, H, W)
        """
        convolutions = [layer for layer in self.modules() if isinstance(layer, nn.Conv2d)]
        return sum(layer.weight.numel() for layer in convolutions) * math.prod(out[1:])


class GlobalAverage(nn.Module):
    """(N, C, H, W) -> (N, C), the mean of every map.

    >>> GlobalAverage()(torch.tensor([[[[1.0, 3.0]]]])).tolist()
    [[2.0]]
    """

    begins_stage = True

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class GlobalMax(nn.Module):
    """(N, C, H, W) -> (N, C), the largest number of every map.

    >>> GlobalMax()(torch.tensor([[[[1.0, 3.0]]]])).tolist()
    [[3.0]]
    """

    begins_stage = True

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            # amax shares its gradient among the numbers equal to the maximum. Compiled for a GPU, those numbers are
            # computed anew in float32 and the maximum is bf16: none is equal, and 0 / 0 turned every gradient into nan.
            return x.flatten(2).max(2).values
        return x.amax((2, 3))


GLOBAL = {"average": GlobalAverage, "max": GlobalMax}
