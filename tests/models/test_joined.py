"""Layers that training joins compute what they compute one by one."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lookbook.data.dataset import Dataset
from lookbook.errors import Diverged
from lookbook.models.convnet import Conv, ConvBlock
from lookbook.models.dropout import Dropout
from lookbook.models.joined import Rectify, joined, max_pool
from lookbook.models.resnet import ResNet
from lookbook.seeds import Seeds
from lookbook.training import prepare
from lookbook.training.device import Engine, choose
from lookbook.training.spec import TrainSpec

LAYOUTS = [torch.contiguous_format, torch.channels_last]
TYPES = [torch.bfloat16, torch.float32, torch.float64]


def some(*shape: int, dtype: torch.dtype = torch.float64, layout: torch.memory_format = LAYOUTS[0]) -> Tensor:
    """Few different numbers, so that squares have equals, some below zero throughout."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randint(-5, 4, shape, generator=chance).to(dtype) / 4
    return x.to(memory_format=layout).requires_grad_()


def columns_first(layer: nn.Module) -> nn.Module:
    """Pooling as torch does it, in two steps: of equals the upper of a column has the gradient, then the left one."""
    if isinstance(layer, nn.MaxPool2d) and layer.kernel_size == 2:
        return nn.Sequential(nn.MaxPool2d((2, 1)), nn.MaxPool2d((1, 2)))
    return layer


def both(layers: list[nn.Module], x: Tensor, joint: bool) -> tuple[Tensor, Tensor]:
    """What comes out, and the gradient for x of numbers that are all different."""
    for layer in layers:
        if isinstance(layer, Dropout):
            layer.generator = torch.Generator().manual_seed(1)
    steps = joined(layers)
    if not joint:
        steps = [columns_first(layer) for layer in layers] if max_pool in steps else layers
    out = x
    for step in steps:
        out = step(out)
    weights = torch.arange(1.0, out.numel() + 1).view(out.shape).to(out.dtype)
    (gradient,) = torch.autograd.grad(out, x, weights)
    return out, gradient


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("shape", [(3, 5, 6, 8), (2, 4, 7, 9), (2, 1, 4, 4)], ids=str)
@pytest.mark.parametrize(
    "layers",
    [
        [nn.ReLU()],
        [nn.ReLU(), nn.MaxPool2d(2)],
        [nn.ReLU(), Dropout(0.0), nn.MaxPool2d(2)],
        [nn.ReLU(), Dropout(0.5)],
        [nn.ReLU(), Dropout(0.5), nn.MaxPool2d(2)],
        [nn.ReLU(), nn.MaxPool2d(2), Dropout(0.5), nn.ReLU()],
        [nn.MaxPool2d(2), nn.ReLU()],
        [nn.ReLU(), nn.MaxPool2d(3), nn.Tanh(), nn.MaxPool2d(1)],
        [nn.LeakyReLU(0.1), nn.MaxPool2d(2)],
        [nn.ReLU(), nn.AvgPool2d(2)],
    ],
    ids=lambda layers: "-".join(type(layer).__name__ for layer in layers),
)
def test_output_and_gradient_are_those_of_the_layers(
    layers: list[nn.Module], shape: tuple[int, ...], dtype: torch.dtype, layout: torch.memory_format
) -> None:
    x = some(*shape, dtype=dtype, layout=layout)
    plain, joint = both(layers, x, False), both(layers, x, True)
    assert all(torch.equal(a, b) for a, b in zip(plain, joint, strict=True))
    assert joint[0].stride() == plain[0].stride()


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_without_equals_the_gradient_of_pooling_is_torchs(layout: torch.memory_format) -> None:
    x = torch.rand(4, 3, 9, 10, generator=torch.Generator().manual_seed(0)).to(memory_format=layout).requires_grad_()
    ours, torchs = max_pool(x), nn.functional.max_pool2d(x, 2)
    assert torch.equal(ours, torchs)
    weights = torch.rand(ours.shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(*(torch.autograd.grad(out, x, weights)[0] for out in (ours, torchs)))


def test_relu_and_pooling_change_places_and_dropout_joins_relu() -> None:
    steps = joined([nn.ReLU(), nn.MaxPool2d(2), Dropout(0.5), nn.Flatten(), nn.ReLU(), Dropout(0.2), nn.Tanh()])
    assert [getattr(step, "__name__", type(step).__name__) for step in steps] == [
        *("max_pool", "Rectify", "Flatten"),
        *("Rectify", "Tanh"),
    ]


@pytest.mark.parametrize("shape", [(3, 2, 4, 6), (2, 3, 5, 5), (7, 9)], ids=str)
@pytest.mark.parametrize("rate", [None, 0.4])
def test_the_gradient_of_relu_and_dropout_is_the_derivative(rate: float | None, shape: tuple[int, ...]) -> None:
    dropout = None if rate is None else Dropout(rate)
    step = Rectify(dropout)

    def again(x: Tensor) -> Tensor:
        if dropout is not None:
            dropout.generator = torch.Generator().manual_seed(0)
        return step(x)

    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(again, (x,))


@pytest.mark.parametrize("shape", [(3, 2, 4, 6), (2, 3, 5, 5)], ids=str)
def test_the_gradient_of_pooling_is_the_derivative(shape: tuple[int, ...]) -> None:
    x = torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(max_pool, (x,))


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_relu_of_extremes_is_torchs(dtype: torch.dtype) -> None:
    x = torch.tensor([0.0, -0.0, math.inf, -math.inf, 1e-38, -1e-38, 3e38, -3e38], dtype=dtype).view(1, 8, 1, 1)
    assert torch.equal(Rectify(None)(x), x.relu())


@pytest.mark.parametrize("rate", [None, 0.5])
@pytest.mark.parametrize("nan", [math.nan, -math.nan])
def test_what_is_not_a_number_stays_so(nan: float, rate: float | None) -> None:
    out = Rectify(None if rate is None else Dropout(rate))(torch.full((2, 8, 4, 4), nan))
    assert out.isnan().any() and not (out > 0).any()
    assert max_pool(torch.full((2, 8, 4, 4), nan)).isnan().all()


@pytest.mark.parametrize("stem_pool", [True, False])
def test_a_residual_network_trains_as_its_layers_say(stem_pool: bool) -> None:
    network = ResNet(widths=(4, 6), stem_pool=stem_pool).build((1, 9, 9), 3, torch.Generator().manual_seed(0))
    images = torch.randint(0, 256, (5, 1, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))

    def gradients() -> list[Tensor]:
        return list(torch.autograd.grad(network(images).square().sum(), list(network.parameters())))

    joint, network.training_steps = gradients(), list(network.layers.values())
    assert all(torch.equal(a, b) for a, b in zip(joint, gradients(), strict=True))


def test_pooling_is_quick_only_of_numbers_that_are_not_negative() -> None:
    network = ResNet(widths=(4, 6, 8), stem_pool=True).build((1, 8, 8), 3)
    assert sum(step is max_pool for step in network.training_steps) == 3
    steps = joined([nn.Tanh(), nn.MaxPool2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2)])
    assert [step is max_pool for step in steps] == [False, False, True, False, True]


def test_a_network_that_breaks_is_told_through_joined_layers(tiny: Dataset, engine: Engine) -> None:
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
        network = choose("cpu", precision).place(model.build((1, 9, 9), 3, torch.Generator().manual_seed(0))).eval()
        images = torch.randint(0, 256, (5, 1, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
        assert max_pool in network.predicting_steps
        with torch.inference_mode(), choose("cpu", precision).autocast():
            quick = network(images)
            x = network.scale(images)
            for layer in network.layers.values():
                x = layer(x)
        assert torch.equal(quick, x)
