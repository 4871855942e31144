"""Layers are counted as the reports, and Keras, count them."""

import pytest

from seedtrial.errors import SeedtrialError
from seedtrial.models import ModelSpec
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense, Linear

GREY = (1, 28, 28)


def valid(filters: int, pool: str | None = "max") -> ConvBlock:
    return ConvBlock(filters=filters, padding="valid", pool=pool)


def tanh(filters: int, pool: str | None = "max") -> ConvBlock:
    return ConvBlock(filters=filters, kernel=5, pool=pool)


THINGWALL_CONV = Conv(
    blocks=(
        ConvBlock(filters=32, kernel=5, repeat=2, dropout=0.2, pool_dropout=0.2),
        ConvBlock(filters=64, kernel=3, repeat=2, dropout=0.2, pool_dropout=0.2),
    ),
    dense=(256, 256),
    dense_dropout=0.2,
)
NEELAMRAJU_CONV = Conv(blocks=(ConvBlock(filters=64, dropout=0.2), ConvBlock(filters=32, dropout=0.2)), dense=(256,))
KORSSJOEN_DENSE = Dense(widths=(1024, 512, 256), activation="leaky_relu", batch_norm="after", l2=1e-4)
KORSSJOEN_CONV = Conv(
    blocks=(tanh(128), tanh(256), tanh(512, None)),
    dense=(128, 64),
    activation="tanh",
    dense_activation="leaky_relu",
    dense_l2=1e-4,
)


@pytest.mark.parametrize(
    "parameters, model",
    [
        (3_985, Dense(widths=(5,))),
        (7_850, Linear()),
        (7_965, Dense(widths=(10, 5))),
        (93_322, Conv(blocks=(valid(32), valid(64), valid(64, None)), dense=(64,))),
        (203_530, Dense(widths=(256,))),
        (225_034, Conv(blocks=(valid(32), valid(64)), dense=(128,))),
        (247_766, Dense(widths=(256, 128, 100), dropout=0.4)),
        (409_034, Conv(blocks=(ConvBlock(filters=16), ConvBlock(filters=32)), dense=(256,))),
        (423_338, NEELAMRAJU_CONV),
        (567_434, Dense(widths=(512, 256, 128))),
        (850_038, Conv(blocks=(ConvBlock(filters=16),), dense=(256, 128, 100))),
        (953_322, THINGWALL_CONV),
        (1_469_706, KORSSJOEN_DENSE),
        (1_501_770, Dense(first=1024, layers=5)),
        (7_320_394, KORSSJOEN_CONV),
    ],
)
def test_the_networks_of_the_reports_have_their_number_of_parameters(parameters: int, model: ModelSpec) -> None:
    assert model.summary(GREY, 10).parameters == parameters


@pytest.mark.parametrize(
    "model, parameters",
    [
        (NEELAMRAJU_CONV, [640, 18_464, 401_664, 2_570]),
        (Dense(widths=(512, 256, 128)), [401_920, 131_328, 32_896, 1_290]),
    ],
    ids=["conv", "dense"],
)
def test_every_layer_has_the_parameters_that_its_report_prints(model: ModelSpec, parameters: list[int]) -> None:
    assert [row.parameters for row in model.summary(GREY, 10).layers if row.parameters] == parameters


def test_running_averages_are_parameters_but_are_not_trained() -> None:
    counted = KORSSJOEN_DENSE.summary(GREY, 10)
    assert counted.parameters - counted.trained == 2 * (1024 + 512 + 256)
    assert [row.parameters for row in counted.layers if row.name.startswith("batch_norm")] == [
        4 * 1024,
        4 * 512,
        4 * 256,
    ]


def test_multiply_adds_are_those_counted_by_hand() -> None:
    counted = NEELAMRAJU_CONV.summary(GREY, 10)
    by_hand = {
        "conv1": 28 * 28 * 64 * (3 * 3 * 1),
        "conv2": 14 * 14 * 32 * (3 * 3 * 64),
        "dense1": 7 * 7 * 32 * 256,
        "dense2": 256 * 10,
    }
    assert {row.name: row.multiply_adds for row in counted.layers if row.multiply_adds} == by_hand
    assert counted.multiply_adds == sum(by_hand.values())


def test_a_valid_convolution_is_counted_where_its_filter_fits() -> None:
    first = Conv(blocks=(valid(32), valid(64)), dense=(128,)).summary(GREY, 10).layers[0]
    assert (first.shape, first.multiply_adds) == ((32, 26, 26), 26 * 26 * 32 * 9)


def test_shapes_are_followed_through_the_network() -> None:
    shapes = {row.name: row.shape for row in Conv(blocks=(valid(32), valid(64)), dense=(128,)).summary(GREY, 10).layers}
    assert [shapes[f"{kind}_pool{n}"] for n in (1, 2) for kind in ("max",)] == [(32, 13, 13), (64, 5, 5)]
    assert (shapes["flatten1"], shapes["dense1"], shapes["dense2"]) == ((1600,), (128,), (10,))


def test_colours_count() -> None:
    assert Linear().summary((3, 28, 28), 10).parameters == 3 * 784 * 10 + 10


def test_a_network_too_large_for_memory_can_be_counted() -> None:
    assert Dense(widths=(1_000_000, 1_000_000)).summary(GREY, 10).parameters > 10**12


@pytest.mark.parametrize(
    "model, words",
    [
        (
            Conv(blocks=(ConvBlock(filters=2, kernel=9, padding="valid"),)),
            "valid 9x9 convolution does not fit on 8x8 p",
        ),
        (
            Conv(blocks=(valid(2), valid(2))),
            "A valid 3x3 convolution does not fit on 2x2|A 2x2 pooling does not fit on",
        ),
        (Conv(blocks=(ConvBlock(filters=2),) * 4), r"A 2x2 pooling does not fit on 1x1 pixels, after 11 layers\."),
        (Conv(blocks=(ConvBlock(filters=2, pool_size=9),)), "A 9x9 pooling does not fit on 8x8 pixels"),
    ],
    ids=["kernel", "deep kernel", "deep pool", "pool"],
)
def test_a_layer_that_does_not_fit_is_reported(model: ModelSpec, words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        model.summary((1, 8, 8), 3)
