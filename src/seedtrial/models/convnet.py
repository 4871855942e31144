"""Convolutional networks: blocks of convolutions and pooling, then dense layers."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field, model_validator

from seedtrial.models.chain import Chain
from seedtrial.models.dense import AVERAGES, Averages, DropoutShare, Factor, NormPlace, Width, activate, usual_averages
from seedtrial.models.layers import Activation, Network
from seedtrial.models.model import Model
from seedtrial.spec import Count, Spec, Unit


class ConvBlock(Spec):
    """`repeat` times convolution, activation, dropout; then pooling and its own dropout.

    >>> ConvBlock(filters=32, repeat=2).pool
    'max'
    """

    filters: Annotated[Width, Unit("filters")] = Field(examples=[32, 64], description="filters of each convolution")
    kernel: Annotated[Count, Unit("pixels")] = Field(3, le=63, examples=[5], description="side of the filter, pixels")
    padding: Literal["same", "valid"] = Field("same", description="same keeps the size, valid shrinks by kernel - 1")
    repeat: Annotated[Count, Unit("convolutions")] = Field(1, le=100, description="convolutions before the pooling")
    dropout: DropoutShare = Field(0.0, description="after every convolution's activation")
    pool: Literal["max", "average"] | None = Field(
        "max", description="how the maps shrink at the end of the block; None: not at all"
    )
    pool_size: Annotated[Count, Unit("pixels")] = Field(
        2, le=63, examples=[3], description="side and stride of the pooling, pixels"
    )
    pool_dropout: DropoutShare = Field(0.0, description="after the pooling")


class Conv(Model):
    """Blocks of convolutions, then dense layers, then the classes.

    >>> Conv(blocks=(ConvBlock(filters=8),), dense=()).summary((1, 28, 28), 10).parameters
    15770
    """

    kind: Literal["conv"] = "conv"
    blocks: Annotated[tuple[ConvBlock, ...], Field(min_length=1)] = Field(
        (ConvBlock(filters=32), ConvBlock(filters=64)),
        examples=[({"filters": 16}, {"filters": 32})],
        description="convolutions and their pooling, from the image to the dense layers",
    )
    dense: Annotated[tuple[Width, ...], Unit("units")] = Field(
        (128,), examples=[(64,)], description="units per dense layer after the blocks"
    )
    activation: Activation = Field("relu", description="activation after each convolution")
    dense_activation: Activation | None = Field(None, description="activation of the dense layers, if it differs")
    batch_norm: NormPlace | None = Field(None, description="before or after the activation of every convolution")
    averages: Averages = Field(None, description=AVERAGES)
    dense_dropout: DropoutShare = Field(0.0, description="after every dense layer")
    l2: Factor = Field(0.0, description="adds l2 * sum(kernel^2) of every convolution to the loss")
    dense_l2: Factor = Field(0.0, description="the same for every dense layer, the last one included")

    title: ClassVar[str] = "convolutional network"
    has_kernels: ClassVar[bool] = True
    recorded_without: ClassVar[Mapping[str, object]] = {"averages": None}

    _averages = model_validator(mode="before")(usual_averages)

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W); without a generator it has shapes but no weights."""
        chain = Chain(shape)
        for block in self.blocks:
            for _ in range(block.repeat):
                chain.conv(block.filters, block.kernel, padding=block.padding, l2=self.l2)
                activate(chain, self.activation, self.batch_norm)
                chain.dropout(block.dropout)
            if block.pool is not None:
                chain.pool(block.pool, block.pool_size)
                chain.dropout(block.pool_dropout)
        for width in self.dense:
            chain.dense(width, l2=self.dense_l2)
            chain.activation(self.dense_activation or self.activation)
            chain.dropout(self.dense_dropout)
        chain.dense(classes, l2=self.dense_l2)
        return chain.network(generator, measured=self.averages is not None)
