"""Layers that training joins compute what they compute one by one."""

import math
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seedtrial.data.dataset import Dataset
from seedtrial.errors import Diverged
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.fast import kernels
from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.fast.fused import Fused, fused
from seedtrial.models.resnet import ResNet
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

LAYOUTS = [torch.contiguous_format, torch.channels_last]
TYPES = [torch.bfloat16, torch.float32, torch.float64]


def some(*shape: int, dtype: torch.dtype = torch.float64, layout: torch.memory_format = LAYOUTS[0]) -> Tensor:
    """Few different numbers, so that squares have equals, some below zero throughout."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randint(-5, 4, shape, generator=chance).to(dtype) / 4
    return x.to(memory_format=layout).requires_grad_()


def both(layers: list[nn.Module], x: Tensor, joint: bool) -> tuple[Tensor, Tensor]:
    """What comes out, and the gradient for x of numbers that are all different."""
    for layer in layers:
        if isinstance(layer, Dropout):
            layer.generator = torch.Generator().manual_seed(1)
    out = x
    for step in fused(layers) if joint else layers:
        out = step(out)
    weights = torch.arange(1.0, out.numel() + 1).view(out.shape).to(out.dtype)
    (gradient,) = torch.autograd.grad(out, x, weights)
    return out, gradient


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """That many threads for a test."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_kernels_were_compiled_and_can_be_used() -> None:
    assert kernels.LEVEL in ("plain", "avx2", "avx512")


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("shape", [(3, 5, 6, 8), (2, 4, 7, 9), (2, 1, 4, 4), (9, 32, 14, 14), (5, 24, 9, 8)], ids=str)
@pytest.mark.parametrize(
    "layers",
    [
        [nn.ReLU()],
        [nn.ReLU(), nn.MaxPool2d(2)],
        [nn.ReLU(), Dropout(0.0), nn.MaxPool2d(2)],
        [nn.ReLU(), Dropout(0.5)],
        [nn.ReLU(), Dropout(0.5), nn.MaxPool2d(2)],
        [nn.ReLU(), Dropout(0.3), nn.MaxPool2d(2), Dropout(0.2)],
        [nn.ReLU(), nn.MaxPool2d(2), Dropout(0.5), nn.ReLU()],
        [nn.MaxPool2d(2), nn.ReLU()],
        [nn.ReLU(), nn.MaxPool2d(3), nn.Tanh(), nn.MaxPool2d(1)],
        [nn.LeakyReLU(0.1), nn.MaxPool2d(2)],
        [nn.ReLU(), nn.AvgPool2d(2)],
    ],
    ids=lambda layers: "-".join(type(layer).__name__ for layer in layers),
)
def test_output_and_gradient_are_those_of_the_layers(
    layers: list[nn.Module], shape: tuple[int, ...], dtype: torch.dtype, layout: torch.memory_format, threads: int
) -> None:
    x = some(*shape, dtype=dtype, layout=layout)
    plain, joint = both(layers, x, False), both(layers, x, True)
    assert all(torch.equal(a, b) for a, b in zip(plain, joint, strict=True))
    assert joint[0].is_contiguous(memory_format=layout)


def test_relu_takes_dropout_pooling_and_dropout_with_it() -> None:
    def kinds(layers: list[nn.Module]) -> list[str]:
        return [
            "-".join(type(layer).__name__ for layer in (step.layers if isinstance(step, Fused) else [step]))
            for step in fused(layers)
        ]

    drop, halve = Dropout(0.5), nn.MaxPool2d(2)
    assert kinds([nn.ReLU(), drop, halve, drop, nn.Flatten()]) == ["ReLU-Dropout-MaxPool2d-Dropout", "Flatten"]
    assert kinds([nn.ReLU(), halve, drop, drop, nn.ReLU(), drop]) == [
        "ReLU-MaxPool2d-Dropout",
        "Dropout",
        "ReLU-Dropout",
    ]
    assert kinds([nn.Tanh(), halve, drop, nn.ReLU(), nn.MaxPool2d(3)]) == [
        *("Tanh", "MaxPool2d", "Dropout", "ReLU", "MaxPool2d")
    ]
    assert [isinstance(step, Fused) for step in fused([nn.Tanh(), halve, nn.MaxPool2d(3)])] == [False, True, False]


@pytest.mark.parametrize("shape", [(3, 2, 4, 6), (2, 3, 5, 5), (7, 9)], ids=str)
@pytest.mark.parametrize("rate", [None, 0.4])
def test_the_gradient_of_relu_and_dropout_is_the_derivative(rate: float | None, shape: tuple[int, ...]) -> None:
    dropout = None if rate is None else Dropout(rate)
    step = Fused([nn.ReLU(), *([] if dropout is None else [dropout])])

    def again(x: Tensor) -> Tensor:
        if dropout is not None:
            dropout.generator = torch.Generator().manual_seed(0)
        return step(x)

    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(again, (x,))


@pytest.mark.parametrize("shape", [(3, 2, 4, 6), (2, 3, 5, 5)], ids=str)
@pytest.mark.parametrize("parts", ["pool", "relu", "before", "after", "both"])
def test_the_gradient_of_pooling_is_the_derivative(parts: str, shape: tuple[int, ...]) -> None:
    before, after = Dropout(0.3), Dropout(0.2)
    layers: list[nn.Module] = [
        *([nn.ReLU()] if parts != "pool" else []),
        *([before] if parts in ("before", "both") else []),
        nn.MaxPool2d(2),
        *([after] if parts in ("after", "both") else []),
    ]

    def again(x: Tensor) -> Tensor:
        before.generator = after.generator = torch.Generator().manual_seed(0)
        return Fused(layers)(x)

    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(again, (x,))


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("layers", [[nn.ReLU()], [nn.ReLU(), nn.MaxPool2d(2)], [nn.MaxPool2d(2)]], ids=len)
def test_extremes_and_what_is_not_a_number_are_as_in_torch(layers: list[nn.Module], dtype: torch.dtype) -> None:
    extremes = [0.0, -0.0, math.inf, -math.inf, 1e-38, -1e-38, 3e38, -3e38, math.nan, -math.nan, 1.0, -1.0]
    x = torch.tensor(extremes, dtype=dtype).repeat(4, 5).view(4, 1, 6, 10)
    plain = nn.Sequential(*layers)(x)
    assert torch.equal(Fused(layers)(x).nan_to_num(123), plain.nan_to_num(123))
    assert plain.isnan().any()


@pytest.mark.parametrize("layers", [[nn.ReLU(), Dropout(0.5)], [nn.ReLU(), Dropout(0.5), nn.MaxPool2d(2)]], ids=len)
@pytest.mark.parametrize("nan", [math.nan, -math.nan])
def test_dropout_leaves_what_is_not_a_number_to_be_seen(nan: float, layers: list[nn.Module]) -> None:
    out = Fused(layers)(torch.full((2, 8, 4, 4), nan))
    assert out.isnan().any() and not (out > 0).any()


@pytest.mark.parametrize("level", ["plain", "avx2", "avx512"])
def test_every_level_of_instructions_gives_the_same(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = ["plain", "avx2", "avx512"]
    if kernels.LEVEL is None or levels.index(level) > levels.index(kernels.LEVEL):
        pytest.skip("this processor has not these instructions")
    layers = [nn.ReLU(), Dropout(0.3), nn.MaxPool2d(2), Dropout(0.2)]
    x = torch.randn(8, 24, 9, 9, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16).requires_grad_()
    best = both(layers, x, True)
    monkeypatch.setattr(kernels, "LEVEL", level)
    assert all(torch.equal(a, b) for a, b in zip(best, both(layers, x, True), strict=True))


@pytest.mark.parametrize("layers", [[nn.ReLU()], [nn.ReLU(), nn.MaxPool2d(2)], [nn.MaxPool2d(2)]], ids=len)
def test_no_images_at_all_give_nothing(layers: list[nn.Module]) -> None:
    x = torch.empty(0, 3, 4, 4)
    assert Fused(layers)(x).shape == nn.Sequential(*layers)(x).shape


def test_torch_refuses_what_is_too_small_to_pool() -> None:
    with pytest.raises(RuntimeError, match="too small"):
        Fused([nn.ReLU(), nn.MaxPool2d(2)])(torch.ones(2, 3, 1, 4))


def test_without_kernels_the_layers_run_one_by_one() -> None:
    layers = [nn.ReLU(), Dropout(0.3), nn.MaxPool2d(2), Dropout(0.2)]
    x = some(4, 6, 8, 8, dtype=torch.float32)
    quick = both(layers, x, True)
    with kernels.off():
        assert not kernels.usable(x)
        plain = both(layers, x, True)
    assert all(torch.equal(a, b) for a, b in zip(quick, plain, strict=True))


@pytest.mark.parametrize("stem_pool", [True, False])
def test_a_residual_network_trains_as_its_layers_say(stem_pool: bool) -> None:
    network = ResNet(widths=(4, 6), stem_pool=stem_pool).build((1, 9, 9), 3, torch.Generator().manual_seed(0))
    images = torch.randint(0, 256, (5, 1, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))

    def gradients() -> list[Tensor]:
        return list(torch.autograd.grad(network(images).square().sum(), list(network.parameters())))

    joint, network.training_steps = gradients(), list(network.layers.values())
    assert all(torch.equal(a, b) for a, b in zip(joint, gradients(), strict=True))


def test_a_network_that_diverges_is_reported_through_fused_layers(tiny: Dataset, engine: Engine) -> None:
    model = Conv(blocks=(ConvBlock(filters=4, pool_dropout=0.2), ConvBlock(filters=4, dropout=0.2)), dense=(8,))
    learner = prepare(model, TrainSpec(epochs=1), shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    learner.restore(
        {name: weight * (np.nan if name == "layers.conv1.weight" else 1) for name, weight in learner.weights().items()}
    )
    with pytest.raises(Diverged, match="Loss is nan in epoch 1, step 1"):
        list(learner.fit(tiny.train))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_predicting_gives_what_the_layers_give_one_by_one(precision: str) -> None:
    blocks = (ConvBlock(filters=4, dropout=0.5), ConvBlock(filters=5, pool_dropout=0.5))
    for model in (Conv(blocks=blocks, dense=(6,), dense_dropout=0.5), ResNet(widths=(4, 6), stem_pool=True)):
        network = (
            choose_engine("cpu", precision).place(model.build((1, 9, 9), 3, torch.Generator().manual_seed(0))).eval()
        )
        images = torch.randint(0, 256, (5, 1, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
        assert any(isinstance(step, Fused) for step in network.predicting_steps)
        with torch.inference_mode(), choose_engine("cpu", precision).autocast():
            quick = network(images)
            x = network.scale(images)
            for layer in network.layers.values():
                x = layer(x)
        assert torch.equal(quick, x)
