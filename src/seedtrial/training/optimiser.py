"""Optimisers: how a gradient becomes a step. Defaults are Keras's, so that the same words mean the same training.

One difference is left: with momentum and a schedule, torch applies the present rate to all of the velocity, Keras the
rate of each step to that step's part.
"""

import math
from collections.abc import Iterable
from typing import Annotated, Literal, Protocol

import torch
from pydantic import BeforeValidator, Discriminator, Field, model_validator
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from seedtrial.spec import Spec, Unit, by_name

Rate = Annotated[float, Field(gt=0, examples=[3e-4], description="learning rate, before the schedule")]
Epsilon = Annotated[
    float,
    Field(
        gt=0,
        examples=[1e-8],
        description="added to the root of the mean square gradient, to avoid a division by zero",
    ),
]
Beta = Annotated[
    float,
    Unit("share"),
    Field(ge=0, lt=1, examples=[0.95], description="share of a running average kept per step"),
]
Parameters = Iterable[torch.nn.Parameter]


class Steps(Protocol):
    """An optimiser at work on some parameters. A step uses the gradients up.

    done: steps so far

    Not torch's Optimizer, the first of which imports torch's compiler: a second of time, and 100 MB.

    >>> point = torch.nn.Parameter(torch.ones(2))
    >>> steps = SGD(rate=0.1).build([point])
    >>> point.sum().backward()
    >>> steps.step(rate=0.1)
    >>> point.tolist(), steps.done
    ([0.8999999761581421, 0.8999999761581421], 1)
    """

    done: int

    def step(self, *, rate: float) -> None:
        """Move the parameters by their gradients."""

    def memory(self) -> list[Tensor]:
        """What it keeps from step to step, as it is changed by them."""


class AdamSteps:
    """Adam with its running averages; torch's fused kernel, so one call for all parameters.

    >>> steps = AdamSteps([torch.nn.Parameter(torch.ones(2))], beta1=0.9, beta2=0.999, epsilon=1e-7)
    >>> len(steps.memory())
    3
    """

    def __init__(
        self, parameters: Parameters, *, beta1: float, beta2: float, epsilon: float, weight_decay: float = 0.0
    ) -> None:
        self.parameters = list(parameters)
        self.beta1, self.beta2, self.epsilon, self.weight_decay = beta1, beta2, epsilon, weight_decay
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.counts = [torch.zeros((), device=parameter.device) for parameter in self.parameters]
        self.done = 0

    @torch.no_grad()
    def step(self, *, rate: float) -> None:
        self.done += 1
        # torch's fused kernel is one call for all parameters. Calling torch._fused_adam_ itself was tried: it saves a
        # tenth of the smallest network's step and under 4 % of the others', for a private name.
        adam(
            list(self.parameters),
            taken_gradients(self.parameters),
            self.means,
            self.squares,
            [],
            self.counts,
            fused=True,
            amsgrad=False,
            beta1=self.beta1,
            beta2=self.beta2,
            lr=rate,
            weight_decay=self.weight_decay,
            decoupled_weight_decay=True,
            eps=self.epsilon / math.sqrt(1 - self.beta2**self.done),  # Keras's counts before the bias correction
            maximize=False,
        )

    def memory(self) -> list[Tensor]:
        return [*self.means, *self.squares, *self.counts]


class SGDSteps:
    """Gradient descent with its velocities; torch's fused kernel.

    >>> steps = SGDSteps([torch.nn.Parameter(torch.ones(2))], momentum=0.9, nesterov=False, weight_decay=0.0)
    >>> steps.memory()
    [tensor([0., 0.])]
    """

    def __init__(self, parameters: Parameters, *, momentum: float, nesterov: bool, weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.momentum, self.nesterov, self.weight_decay = momentum, nesterov, weight_decay
        self.velocities = [torch.zeros_like(parameter) for parameter in self.parameters] if momentum else []
        self.done = 0

    @torch.no_grad()
    def step(self, *, rate: float) -> None:
        self.done += 1
        sgd(
            list(self.parameters),
            taken_gradients(self.parameters),
            list(self.velocities),
            fused=True,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            lr=rate,
            dampening=0.0,
            nesterov=self.nesterov,
            maximize=False,
        )

    def memory(self) -> list[Tensor]:
        return self.velocities


def taken_gradients(parameters: Iterable[torch.nn.Parameter]) -> list[Tensor]:
    """The gradient of each parameter, zeros where the loss did not depend on it. The parameters forget theirs.

    >>> taken_gradients([torch.nn.Parameter(torch.ones(2))])
    [tensor([0., 0.])]
    """
    taken = []
    for parameter in parameters:
        taken.append(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad)
        parameter.grad = None  # else the next backward pass would add to it
    return taken


class Adam(Spec):
    """Steps of a size that the recent gradients' mean and spread decide.

    Source: Kingma and Ba 2014, Adam: a method for stochastic optimization.

    >>> Adam().rate
    0.001
    """

    kind: Literal["adam"] = "adam"
    rate: Rate = 1e-3
    beta1: Beta = 0.9
    beta2: Beta = 0.999
    epsilon: Epsilon = 1e-7

    def build(self, parameters: Parameters) -> Steps:
        """The optimiser at work on these parameters."""
        return AdamSteps(parameters, beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon)


class AdamW(Spec):
    """Adam with weight decay that does not pass through its running averages.

    Source: Loshchilov and Hutter 2019, Decoupled weight decay regularization.

    >>> AdamW(weight_decay=0.05).weight_decay
    0.05
    """

    kind: Literal["adamw"] = "adamw"
    rate: Rate = 1e-3
    beta1: Beta = 0.9
    beta2: Beta = 0.999
    epsilon: Epsilon = 1e-7
    weight_decay: float = Field(
        0.01, ge=0, examples=[0.05], description="each step shrinks all weights by rate * weight_decay"
    )

    def build(self, parameters: Parameters) -> Steps:
        """The optimiser at work on these parameters."""
        return AdamSteps(
            parameters, beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon, weight_decay=self.weight_decay
        )


class SGD(Spec):
    """Steps along the gradient, with momentum if asked for.

    >>> SGD(momentum=0.9, nesterov=True).rate
    0.01
    """

    kind: Literal["sgd"] = "sgd"
    rate: Rate = 0.01
    momentum: Annotated[float, Unit("share")] = Field(
        0.0, ge=0, lt=1, examples=[0.9, 0.95], description="share of the velocity kept per step"
    )
    nesterov: bool = Field(False, description="look ahead along the momentum; needs momentum above 0")
    weight_decay: float = Field(
        0.0, ge=0, examples=[0.0005, 0.001], description="adds weight_decay * w to every gradient"
    )

    @model_validator(mode="after")
    def _looks_ahead_along_something(self) -> "SGD":
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0.")
        return self

    def build(self, parameters: Parameters) -> Steps:
        """The optimiser at work on these parameters."""
        return SGDSteps(parameters, momentum=self.momentum, nesterov=self.nesterov, weight_decay=self.weight_decay)


Optimiser = Annotated[Annotated[Adam | AdamW | SGD, Discriminator("kind")], BeforeValidator(by_name)]
