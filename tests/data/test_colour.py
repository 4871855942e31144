"""Colours change as Pillow would change them, alike for equal seeds, and grey stays grey."""

import colorsys
import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from seedtrial.data.augment import Augment, augment
from seedtrial.data.colour import Colour, colour_maps, map_colours, recolour

NONE = Colour(brightness=0, contrast=0, saturation=0, hue=0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> torch.Tensor:
    return torch.randint(60, 180, shape, generator=generator(), dtype=torch.uint8)


def changed(image: torch.Tensor, *, bright: float = 1, contrast: float = 1, saturation: float = 1, turn: float = 0):
    one = torch.ones(1, dtype=torch.float64)
    maps = colour_maps(bright * one, contrast * one, saturation * one, turn=turn * one, channels=image.shape[0])
    return map_colours(image[None], *maps)[0]


@pytest.mark.parametrize(
    ("name", "enhancer"),
    [("bright", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast), ("saturation", ImageEnhance.Color)],
)
@pytest.mark.parametrize("factor", [0.6, 1.3])
def test_factors_do_what_pillow_does(name: str, enhancer: type, factor: float) -> None:
    image = noise(3, 8, 8)
    pillow = enhancer(Image.fromarray(image.permute(1, 2, 0).numpy())).enhance(factor)
    ours = changed(image, **{name: factor}).permute(1, 2, 0).numpy()
    assert np.abs(ours.astype(int) - np.asarray(pillow).astype(int)).max() <= 2  # Pillow rounds on the way


def test_a_third_of_the_circle_turns_red_to_green_and_keeps_brightness() -> None:
    red = torch.tensor([150.0, 90.0, 90.0]).view(3, 1, 1)
    turned = changed(red, turn=2 * math.pi / 3).flatten()
    hue = colorsys.rgb_to_hsv(*(turned / 255).tolist())[0]
    assert abs(hue - 1 / 3) < 0.08  # YIQ's circle is not quite that of HSV
    luma = torch.tensor([0.299, 0.587, 0.114])
    assert luma @ turned == pytest.approx(float(luma @ red.flatten()), abs=0.1)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_no_strength_changes_nothing(channels: int) -> None:
    images = noise(20, channels, 6, 6)
    assert torch.equal(recolour(images, NONE, generator()), images)


def test_grey_pictures_stay_grey_whatever_their_hue_becomes() -> None:
    images = noise(50, 1, 6, 6).expand(-1, 3, -1, -1)
    out = recolour(images, Colour(), generator()).int()
    assert (out.amax(1) - out.amin(1)).max() <= 1


def test_each_image_changes_in_its_own_way_and_alike_for_equal_seeds() -> None:
    images = noise(1, 3, 6, 6).expand(100, -1, -1, -1)
    out = augment(images, Augment(colour=Colour()), generator(5))
    assert len({each.numpy().tobytes() for each in out}) == 100
    assert torch.equal(out, augment(images, Augment(colour=Colour()), generator(5)))


def test_factors_fill_their_range() -> None:
    grey = torch.full((2000, 1, 1, 1), 100, dtype=torch.uint8)
    out = recolour(grey, Colour(brightness=0.4), generator()).flatten()
    assert (out.min(), out.max()) == (60, 140)
    assert out.float().mean() == pytest.approx(100, abs=2)
