"""Weights and activations as pixels: the colour tells the number, and the bytes stay few."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from seedtrial.report.explain import feature_images
from seedtrial.report.explain.feature_images import Colours, colour_filter, shrink_factor, shrunk, strip, strongest


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGBA"))


def test_a_scale_begins_at_zero_or_reaches_as_far_below_as_above() -> None:
    assert Colours.of(np.array([0.0, 2.0])) == Colours(0.0, 2.0)
    assert Colours.of(np.array([-3.0, 2.0])) == Colours(-3.0, 3.0)
    assert Colours.of(np.zeros(4)) == Colours(0.0, 1.0)  # nothing responds: there still is a scale


def test_a_scale_may_leave_out_the_few_largest_numbers_but_not_all() -> None:
    values = np.r_[np.linspace(0, 1, 99), 50]
    assert Colours.of(values, within=0.98).high < 1.1
    sparse = np.r_[np.zeros(999), 4.0]
    assert Colours.of(sparse, within=0.98) == Colours(0.0, 4.0)


def test_signed_numbers_are_blue_white_and_orange() -> None:
    blue, white, orange, beyond = pixels(Colours(-1, 1).uri(np.array([[-1.0, 0.0, 1.0, 9.0]])))[0]
    assert white.min() >= 254
    assert blue[2] > blue[0] and orange[0] > orange[2]
    assert beyond.tolist() == orange.tolist()


def test_larger_numbers_are_brighter_where_numbers_begin_at_zero() -> None:
    shown = pixels(Colours(0, 1).uri(np.linspace(0, 1, 20)[None])).astype(float)[0, :, :3]
    brightness = shown @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(brightness) > 0).all()


def test_nan_is_transparent() -> None:
    shown = pixels(Colours(0, 1).uri(np.array([[0.5, np.nan]])))
    assert shown[0, :, 3].tolist() == [255, 0]


def test_the_bar_has_the_colours_of_the_ends() -> None:
    colours = Colours(-2, 2)
    ends = pixels(colours.uri(np.array([[-2.0, 2.0]])))[0]
    assert pixels(colours.bar())[0, [0, -1]].tolist() == ends.tolist()


def test_a_map_of_28x28_pixels_is_small() -> None:
    noise = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    assert len(Colours(0, 1).uri(noise)) < 1400


def test_the_strongest_channels_come_first_whatever_their_sign() -> None:
    maps = np.stack([np.full((2, 2), value) for value in (0.5, -3.0, 0.0, 2.0)])
    assert strongest(maps, 3) == [1, 3, 0]
    assert strongest(np.zeros(4), 2) == [0, 1]


def test_a_large_map_is_shown_as_the_means_of_squares() -> None:
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    assert shrink_factor((4, 5), 5) == 1 and shrunk(image, 1) is image
    assert shrink_factor((4, 5), 3) == 2
    assert shrunk(image, 2).tolist() == [[3, 5, 6.5], [13, 15, 16.5]]


def test_a_picture_is_shown_as_it_is_unless_it_is_large() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 6, 8), dtype=np.uint8)
    assert np.array_equal(pixels(feature_images.picture(image, 8))[..., :3], np.moveaxis(image, 0, -1))
    assert pixels(feature_images.picture(image, 4)).shape == (3, 4, 4)


def test_a_colour_filter_is_grey_at_zero_and_full_at_its_largest() -> None:
    weights = np.zeros((3, 1, 2), np.float32)
    weights[0, 0, 0], weights[2, 0, 0] = 0.2, -0.2
    assert pixels(colour_filter(weights, 64))[0, :, :3].tolist() == [[255, 128, 0], [128, 128, 128]]


@pytest.mark.parametrize(("units", "shape"), [(10, (1, 10)), (64, (1, 64)), (100, (2, 64))])
def test_a_strip_has_a_field_per_unit(units: int, shape: tuple[int, int]) -> None:
    cells = strip(np.arange(units, dtype=np.float32))
    assert cells.shape == shape and np.count_nonzero(~np.isnan(cells)) == units
    assert cells.ravel()[:units].tolist() == list(range(units))
