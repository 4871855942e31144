"""Layers begin and behave as Keras's do."""

import math

import numpy as np
import pytest
import torch

from seedtrial.models import ModelSpec
from seedtrial.models.chain import Chain
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense, Linear
from seedtrial.models.layers import Scale

WIDE = Dense(widths=(300, 200))
FILTERS = Conv(blocks=(ConvBlock(filters=20, kernel=5), ConvBlock(filters=30, kernel=3)), dense=(50,))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("model", [WIDE, FILTERS], ids=["dense", "conv"])
def test_kernels_are_glorot_uniform_and_biases_zero(model: ModelSpec) -> None:
    network = model.build((3, 16, 16), 10, generator())
    for name, parameter in network.named_parameters():
        parameter = parameter.detach()
        if name.endswith("bias"):
            assert not parameter.any(), name
            continue
        fields = math.prod(parameter.shape[2:])
        limit = math.sqrt(6 / ((parameter.shape[0] + parameter.shape[1]) * fields))
        assert 0.98 * limit < float(parameter.abs().max()) <= limit, name
        assert float(parameter.std()) == pytest.approx(limit / math.sqrt(3), rel=0.1), name


def test_layers_are_named_by_kind_and_number() -> None:
    names = [name for name, _ in Conv(blocks=(ConvBlock(filters=2),) * 2).build((1, 8, 8), 3).named_parameters()]
    layers = ("conv1", "conv2", "dense1", "dense2")
    assert names == [f"layers.{layer}.{part}" for layer in layers for part in ("weight", "bias")]


def test_pixels_become_shares_of_255() -> None:
    scale = Linear().build((1, 2, 2), 2, generator()).scale
    pixels = torch.tensor([[[[0, 51], [102, 255]]]], dtype=torch.uint8)
    assert torch.allclose(scale(pixels), torch.tensor([[[[0, 0.2], [0.4, 1]]]]))


def test_standardised_pixels_have_mean_0_and_deviation_1_as_numpy_computes_them() -> None:
    random = np.random.default_rng(0)
    images = np.stack([random.integers(0, top, (50, 6, 5)) for top in (20, 256)], axis=1).astype(np.uint8)
    scale = Scale(2)
    scale.standardise(torch.from_numpy(images))
    means = images.mean(axis=(0, 2, 3), keepdims=True)
    deviations = images.std(axis=(0, 2, 3), keepdims=True)
    scaled = scale(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(scaled, (images - means) / deviations, atol=1e-5)
    np.testing.assert_allclose(scaled.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=(0, 2, 3)), 1, rtol=1e-5)


def test_a_channel_of_one_grey_level_stays_finite() -> None:
    scale = Scale(1)
    images = torch.full((3, 1, 2, 2), 77, dtype=torch.uint8)
    scale.standardise(images)
    assert not scale(images).any()


def test_the_scale_is_saved_with_the_weights() -> None:
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, 1, 8, 8), dtype=np.uint8))
    network = Linear().build((1, 8, 8), 3, generator())
    network.scale.standardise(images)
    other = Linear().build((1, 8, 8), 3, generator(1))
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(images), network(images))


def test_the_penalty_is_the_factor_times_the_squares_of_the_kernels_alone() -> None:
    network = Dense(widths=(7, 5), l2=0.3, batch_norm="after").build((1, 8, 8), 3, generator())
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, generator=generator())  # biases and batch norm's scales too
    kernels = [network.layers[f"dense{n}"].weight.detach() for n in (1, 2, 3)]
    assert network.penalty().item() == pytest.approx(0.3 * sum(float((w.double() ** 2).sum()) for w in kernels))


def test_convolutions_and_dense_layers_have_factors_of_their_own() -> None:
    network = Conv(blocks=(ConvBlock(filters=2),), dense=(4,), l2=0.5, dense_l2=0.25).build((1, 8, 8), 3, generator())
    squares = {
        name: float(network.layers[name].weight.detach().square().sum()) for name in ("conv1", "dense1", "dense2")
    }
    expected = 0.5 * squares["conv1"] + 0.25 * (squares["dense1"] + squares["dense2"])
    assert network.penalty().item() == pytest.approx(expected)


def test_without_l2_there_is_no_penalty() -> None:
    assert float(WIDE.build((1, 8, 8), 3, generator()).penalty()) == 0


@pytest.mark.parametrize(
    "name, expected",
    [
        ("relu", [0, 0, 2]),
        ("leaky_relu", [-0.1, 0, 2]),
        ("tanh", [math.tanh(-1), 0, math.tanh(2)]),
        ("sigmoid", [1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-2))]),
    ],
)
def test_activations_are_what_they_are_called(name: str, expected: list[float]) -> None:
    chain = Chain((3,))
    chain.activation(name)
    (layer,) = chain.layers.values()
    assert torch.allclose(layer(torch.tensor([-1.0, 0.0, 2.0])), torch.tensor(expected, dtype=torch.float32))


def test_batch_norm_has_the_constants_of_keras() -> None:
    network = Dense(widths=(4,), batch_norm="before").build((1, 3, 3), 2, generator())
    norm = network.layers["batch_norm1"]
    x = torch.randn(50, 4, generator=generator()) * 0.05 + 1
    out = norm(x)
    assert torch.allclose(out, (x - x.mean(0)) / (x.var(0, correction=0) + 1e-3).sqrt(), atol=1e-4)
    assert torch.allclose(norm.running_mean, 0.01 * x.mean(0))
    assert torch.allclose(norm.running_var, 0.99 + 0.01 * x.var(0, correction=0), rtol=1e-6)


def test_batch_norm_goes_before_or_after_the_activation() -> None:
    def order(where: str) -> list[str]:
        return list(Dense(widths=(4,), batch_norm=where).build((1, 3, 3), 2).layers)

    assert order("before") == ["flatten1", "dense1", "batch_norm1", "relu1", "dense2"]
    assert order("after") == ["flatten1", "dense1", "relu1", "batch_norm1", "dense2"]


def test_dropout_is_where_the_specification_says() -> None:
    block = ConvBlock(filters=2, repeat=2, dropout=0.1, pool_dropout=0.2)
    layers = Conv(blocks=(block,), dense=(4,), dense_dropout=0.3).build((1, 8, 8), 3).layers
    assert list(layers) == [
        *("conv1", "relu1", "dropout1", "conv2", "relu2", "dropout2", "max_pool1", "dropout3"),
        *("flatten1", "dense1", "relu3", "dropout4", "dense2"),
    ]
    assert [layers[f"dropout{n}"].rate for n in (1, 2, 3, 4)] == [0.1, 0.1, 0.2, 0.3]


@pytest.mark.parametrize("kind, expected", [("max", [[5, 7], [13, 15]]), ("average", [[2.5, 4.5], [10.5, 12.5]])])
def test_pooling_takes_the_largest_or_the_mean(kind: str, expected: list[list[float]]) -> None:
    chain = Chain((1, 4, 4))
    chain.pool(kind, 2)
    (layer,) = chain.layers.values()
    out = layer(torch.arange(16.0).view(1, 1, 4, 4))
    assert out[0, 0].tolist() == expected
