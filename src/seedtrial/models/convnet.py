"""Convolutional networks: blocks of convolutions and pooling, then dense layers."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field, model_validator

from seedtrial.models.chain import Chain
from seedtrial.models.dense import AVERAGES, Averages, DropoutShare, Factor, NormPlace, Width, activate, usual_averages
from seedtrial.models.layers import Activation, Network
from seedtrial.models.model import Model
from seedtrial.spec import Count, Spec


class ConvBlock(Spec):
    """`repeat` times convolution, activation, dropout; then pooling and its own dropout.

    >>> ConvBlock(filters=32, repeat=2).pool
    'max'
    """

    filters: Width
    kernel: Count = Field(3, le=63, description="side of the filter, pixels")
    padding: Literal["same", "valid"] = Field("same", description="same keeps the size, valid shrinks by kernel - 1")
    repeat: Count = Field(1, le=100)
    dropout: DropoutShare = Field(0.0, description="after every convolution's activation")
    pool: Literal["max", "average"] | None = "max"
    pool_size: Count = Field(2, le=63, description="side and stride of the pooling, pixels")
    pool_dropout: DropoutShare = Field(0.0, description="after the pooling")


class Conv(Model):
    """Blocks of convolutions, then dense layers, then the classes.

    >>> Conv(blocks=(ConvBlock(filters=8),), dense=()).summary((1, 28, 28), 10).parameters
    15770
    """

    kind: Literal["conv"] = "conv"
    blocks: Annotated[tuple[ConvBlock, ...], Field(min_length=1)] = (ConvBlock(filters=32), ConvBlock(filters=64))
    dense: tuple[Width, ...] = Field((128,), description="units per dense layer after the blocks")
    activation: Activation = "relu"
    dense_activation: Activation | None = Field(None, description="of the dense layers, if another one")
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
