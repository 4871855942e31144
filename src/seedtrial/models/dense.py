"""Dense networks: every unit sees every number of the layer before."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator

from seedtrial.models.chain import Chain
from seedtrial.models.layers import Activation, Network
from seedtrial.models.model import Model
from seedtrial.spec import Count, Unit

Width = Annotated[Count, Field(le=1_000_000)]
DropoutShare = Annotated[float, Unit("share"), Field(ge=0, lt=1, examples=[0.3])]
Factor = Annotated[float, Field(ge=0, examples=[1e-4])]
NormPlace = Literal["before", "after"]
Averages = Literal["measured"] | None
AVERAGES = "what batch norm predicts with: measured on training images after each epoch; None: Keras's running averages"
WORTH_BF16 = 4_000_000  # multiply-adds of a dense step, forward; below, casting to bf16 costs more than it saves


def usual_averages(values: Any) -> Any:
    """The settings of a network with `averages` measured where it has batch norm and nothing else was said.

    >>> usual_averages({"batch_norm": "before"})
    {'averages': 'measured', 'batch_norm': 'before'}
    """
    if not isinstance(values, dict):
        return values
    if values.get("batch_norm") is None:
        return {name: value for name, value in values.items() if name != "averages"}
    return {"averages": "measured"} | values


class Linear(Model):
    """One layer from pixels to classes: softmax regression.

    >>> Linear().summary((1, 28, 28), 10).parameters
    7850
    """

    kind: Literal["linear"] = "linear"
    l2: Factor = Field(0.0, description="adds l2 * sum(kernel^2) to the loss")

    title: ClassVar[str] = "linear network"
    bf16_from: ClassVar[int] = WORTH_BF16

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W); without a generator it has shapes but no weights."""
        chain = Chain(shape)
        chain.dense(classes, l2=self.l2)
        return chain.network(generator)


class Dense(Model):
    """Hidden layers, each followed by its activation and, if asked for, batch norm and dropout.

    The widths are listed, or halve from the first: Dense(first=1024, layers=5) is 1024-512-256-128-64.

    >>> Dense(first=1024, layers=5).hidden
    (1024, 512, 256, 128, 64)
    """

    kind: Literal["dense"] = "dense"
    widths: Annotated[Annotated[tuple[Width, ...], Field(min_length=1)] | None, Unit("units")] = Field(
        None, examples=[(256, 128)], description="units per hidden layer"
    )
    first: Annotated[Width | None, Unit("units")] = Field(
        default_factory=lambda given: _unless_listed(given, 1024),
        examples=[512],
        description="units of the first layer, if each layer halves them",
    )
    layers: Annotated[Annotated[Count, Field(le=20)] | None, Unit("layers")] = Field(
        default_factory=lambda given: _unless_listed(given, 5),
        examples=[3],
        description="number of hidden layers, if each layer halves the units",
    )
    activation: Activation = Field("relu", description="activation after each hidden layer")
    batch_norm: NormPlace | None = Field(None, description="before or after the activation")
    averages: Averages = Field(None, description=AVERAGES)
    dropout: DropoutShare = Field(0.0, description="after every hidden layer")
    l2: Factor = Field(0.0, description="adds l2 * sum(kernel^2) of every dense layer to the loss")

    title: ClassVar[str] = "dense network"
    bf16_from: ClassVar[int] = WORTH_BF16
    recorded_without: ClassVar[Mapping[str, object]] = {"averages": None}

    _averages = model_validator(mode="before")(usual_averages)

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "Dense":
        if self.widths is not None:
            if any(getattr(self, name) is not None for name in self.model_fields_set & {"first", "layers"}):
                raise ValueError("give either widths, or first and layers (set the others to null).")
        elif self.first is None or self.layers is None:
            raise ValueError("give either widths, or both first and layers.")
        elif self.first >> (self.layers - 1) < 1:
            raise ValueError(f"{self.first} units cannot be halved {self.layers - 1} times.")
        return self

    @property
    def hidden(self) -> tuple[int, ...]:
        """The widths of the hidden layers, however they were given."""
        if self.widths is not None:
            return self.widths
        assert self.first is not None and self.layers is not None  # the validators saw to it
        return tuple(self.first >> layer for layer in range(self.layers))

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W); without a generator it has shapes but no weights."""
        chain = Chain(shape)
        for width in self.hidden:
            chain.dense(width, l2=self.l2)
            activate(chain, self.activation, self.batch_norm)
            chain.dropout(self.dropout)
        chain.dense(classes, l2=self.l2)
        return chain.network(generator, measured=self.averages is not None)


def _unless_listed(given: dict[str, Any], usual: int) -> int | None:
    """The usual value of first or layers, which gives way to listed widths."""
    return usual if given.get("widths") is None else None


def activate(chain: Chain, activation: Activation, batch_norm: NormPlace | None) -> None:
    """Add the activation, with batch norm before it, after it, or none.

    >>> chain = Chain((8,))
    >>> activate(chain, "relu", "before")
    >>> list(chain.layers)
    ['batch_norm1', 'relu1']
    """
    if batch_norm == "before":
        chain.batch_norm()
    chain.activation(activation)
    if batch_norm == "after":
        chain.batch_norm()
