"""Optimisers: how a gradient becomes a step. Defaults are Keras's, so that the same words mean the same training.

One difference is left: with momentum and a schedule, torch applies the present rate to all of the velocity, Keras the
rate of each step to that step's part.
"""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from pydantic import BeforeValidator, Discriminator, Field, model_validator

from lookbook.spec import Spec, by_name

Rate = Annotated[float, Field(gt=0, description="learning rate, before the schedule")]
Beta = Annotated[float, Field(ge=0, lt=1, description="what a running average keeps per step")]
Parameters = Iterable[torch.nn.Parameter]


class Adam(Spec):
    """Steps of a size that the recent gradients' mean and spread decide.

    Source: Kingma and Ba 2014, Adam: a method for stochastic optimization.
    """

    kind: Literal["adam"] = "adam"
    rate: Rate = 1e-3
    beta1: Beta = 0.9
    beta2: Beta = 0.999
    epsilon: float = Field(1e-7, gt=0)

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The torch optimiser for these parameters."""
        return torch.optim.Adam(parameters, lr=self.rate, betas=(self.beta1, self.beta2), eps=self.epsilon, fused=True)

    def before_step(self, optimiser: torch.optim.Optimizer, *, step: int, rate: float) -> None:
        """Set what changes from step to step (from 1); Keras's epsilon counts before the bias correction."""
        _set(optimiser, lr=rate, eps=self.epsilon / math.sqrt(1 - self.beta2**step))


class AdamW(Spec):
    """Adam with weight decay that does not pass through its running averages.

    Source: Loshchilov and Hutter 2019, Decoupled weight decay regularization.
    """

    kind: Literal["adamw"] = "adamw"
    rate: Rate = 1e-3
    beta1: Beta = 0.9
    beta2: Beta = 0.999
    epsilon: float = Field(1e-7, gt=0)
    weight_decay: float = Field(0.01, ge=0, description="each step shrinks all weights by rate * weight_decay")

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The torch optimiser for these parameters."""
        return torch.optim.AdamW(
            parameters,
            lr=self.rate,
            betas=(self.beta1, self.beta2),
            eps=self.epsilon,
            weight_decay=self.weight_decay,
            fused=True,
        )

    def before_step(self, optimiser: torch.optim.Optimizer, *, step: int, rate: float) -> None:
        """Set what changes from step to step (from 1); Keras's epsilon counts before the bias correction."""
        _set(optimiser, lr=rate, eps=self.epsilon / math.sqrt(1 - self.beta2**step))


class SGD(Spec):
    """Steps along the gradient, with momentum if asked for."""

    kind: Literal["sgd"] = "sgd"
    rate: Rate = 0.01
    momentum: float = Field(0.0, ge=0, lt=1)
    nesterov: bool = Field(False, description="look ahead along the momentum; needs momentum above 0")
    weight_decay: float = Field(0.0, ge=0, description="adds weight_decay * w to every gradient")

    @model_validator(mode="after")
    def _looks_ahead_along_something(self) -> "SGD":
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0.")
        return self

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The torch optimiser for these parameters."""
        return torch.optim.SGD(
            parameters,
            lr=self.rate,
            momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0,
            weight_decay=self.weight_decay,
            fused=True,
        )

    def before_step(self, optimiser: torch.optim.Optimizer, *, step: int, rate: float) -> None:
        """Set what changes from step to step (from 1)."""
        _set(optimiser, lr=rate)


def _set(optimiser: torch.optim.Optimizer, **values: float) -> None:
    for group in optimiser.param_groups:
        group.update(values)


Optimiser = Annotated[Annotated[Adam | AdamW | SGD, Discriminator("kind")], BeforeValidator(by_name)]
