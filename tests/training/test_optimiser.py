"""Optimisers take the steps that their papers and Keras define."""

import math
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from pydantic import TypeAdapter

from seedtrial.errors import Wrong
from seedtrial.training.optimiser import SGD, Adam, AdamW, Optimiser

START = (3.0, -2.0)
CURVATURE = torch.tensor([1.0, 4.0])


def descend(spec: Optimiser, steps: int) -> list[list[float]]:
    """Where the optimiser goes on w0^2 / 2 + 4 w1^2 / 2, whose gradient is (w0, 4 w1)."""
    point = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimiser = spec.build([point])
    path = []
    for _ in range(steps):
        (CURVATURE * point.square() / 2).sum().backward()
        optimiser.step(rate=spec.rate)
        path.append(point.tolist())
    return path


def by_hand(step: Callable[[float, float, dict[str, float]], float], steps: int) -> list[list[float]]:
    """The same, one number at a time: `step` gives the new number from the old, its gradient and a memory."""
    point, memories, path = list(START), [{}, {}], []
    for _ in range(steps):
        point = [step(w, c * w, memory) for w, c, memory in zip(point, (1, 4), memories, strict=True)]
        path.append(point)
    return path


def check(spec: Optimiser, step: Callable[[float, float, dict[str, float]], float]) -> None:
    for actual, expected in zip(descend(spec, 6), by_hand(step, 6), strict=True):
        assert actual == pytest.approx(expected, rel=1e-9)


def test_sgd_steps_along_the_gradient() -> None:
    check(SGD(rate=0.1), lambda w, g, _: w - 0.1 * g)


def test_weight_decay_in_sgd_is_added_to_the_gradient() -> None:
    check(SGD(rate=0.1, weight_decay=0.3), lambda w, g, _: w - 0.1 * (g + 0.3 * w))


def test_momentum_adds_up_the_gradients() -> None:
    def step(w: float, g: float, memory: dict[str, float]) -> float:
        memory["v"] = 0.9 * memory.get("v", 0.0) + g
        return w - 0.1 * memory["v"]

    check(SGD(rate=0.1, momentum=0.9), step)


def test_nesterov_looks_ahead_along_the_momentum() -> None:
    """As Keras has it: velocity = m * velocity - rate * g; w = w + m * velocity - rate * g."""

    def step(w: float, g: float, memory: dict[str, float]) -> float:
        memory["v"] = 0.9 * memory.get("v", 0.0) - 0.1 * g
        return w + 0.9 * memory["v"] - 0.1 * g

    check(SGD(rate=0.1, momentum=0.9, nesterov=True), step)


def adam(w: float, g: float, memory: dict[str, float]) -> float:
    memory["t"] = t = memory.get("t", 0) + 1
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g * g
    return w - 0.1 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * memory["m"] / (math.sqrt(memory["v"]) + 1e-7)


def test_adam_divides_the_mean_by_the_spread() -> None:
    check(Adam(rate=0.1), adam)


def test_adamw_shrinks_the_weights_before_it_steps() -> None:
    check(AdamW(rate=0.1, weight_decay=0.2), lambda w, g, memory: adam(w * (1 - 0.1 * 0.2), g, memory))


@pytest.mark.parametrize(
    "spec",
    [
        SGD(rate=0.1),
        SGD(rate=0.05, momentum=0.9),
        SGD(rate=0.05, momentum=0.9, nesterov=True),
        Adam(rate=0.1),
        AdamW(rate=0.1),
    ],
    ids=repr,
)
def test_every_optimiser_finds_the_bottom(spec: Optimiser) -> None:
    assert descend(spec, 400)[-1] == pytest.approx([0, 0], abs=1e-2)


def test_the_rate_can_be_set_for_the_next_step() -> None:
    point = torch.nn.Parameter(torch.tensor([1.0]))
    spec = SGD(rate=0.5)
    optimiser = spec.build([point])
    point.sum().backward()
    optimiser.step(rate=0.125)
    assert point.item() == 0.875


def test_adam_takes_the_steps_that_keras_writes_down() -> None:
    """w -= rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon), with an epsilon that matters."""
    spec = Adam(rate=0.1, epsilon=1e-3)
    point = torch.nn.Parameter(torch.tensor([0.0], dtype=torch.float64))
    optimiser = spec.build([point])
    w = m = v = 0.0
    for t, gradient in enumerate((1e-3, -2e-4, 5e-4, 1e-5), start=1):
        point.grad = torch.tensor([gradient], dtype=torch.float64)
        optimiser.step(rate=0.1)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.1 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (math.sqrt(v) + 1e-3)
        assert point.item() == pytest.approx(w, rel=1e-9)


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
def test_an_optimiser_may_be_given_by_its_kind_alone(kind: str) -> None:
    assert TypeAdapter(Optimiser).validate_python(kind).kind == kind


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(Wrong, match="momentum"):
        SGD(nesterov=True)


@pytest.mark.parametrize("spec", [SGD(rate=0.1, momentum=0.9), Adam(rate=0.1)], ids=["sgd", "adam"])
def test_a_parameter_that_the_loss_does_not_depend_on_stays(spec: Optimiser) -> None:
    used, unused = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimiser = spec.build([used, unused])
    for _ in range(3):
        used.square().sum().backward()
        optimiser.step(rate=0.1)
    assert unused.tolist() == [1, 1] and used.tolist() != [1, 1]


def test_training_does_not_import_the_compiler_of_torch() -> None:
    script = """
import sys, torch
from seedtrial.training.optimiser import SGD, Adam
for spec in (SGD(momentum=0.9), Adam()):
    point = torch.nn.Parameter(torch.ones(2))
    optimiser = spec.build([point])
    point.sum().backward()
    optimiser.step(rate=0.1)
print("torch._dynamo" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
