"""Made-up pictures of which as many can be drawn as a measurement wants; equal seeds give equal pictures.

Every function gives images (N, H, W, C) uint8, labels (N,) int64 and a name of the source of each image.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

Drawn = tuple[np.ndarray, np.ndarray, list[str]]

SHOTS = 12  # of a source of textures
NOISE = 0.08  # share of wrong labels among training images of spots


def shapes(count: int, seed: int, *, clean: bool) -> Drawn:
    """Polygons of 3 to 7 corners, the classes, in any colour, size and direction on a coloured ground; 48 pixels."""
    chance, side = np.random.default_rng(seed), 48
    labels = chance.permutation(np.arange(count) % 5)
    images = np.empty((count, side, side, 3), np.uint8)
    for image, label in zip(images, labels, strict=True):
        ground = Image.fromarray(chance.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize((side, side))
        radius, turn = chance.uniform(9, 20), chance.uniform(0, 360)
        middle = chance.uniform(radius, side - radius, 2)
        colour = tuple(chance.integers(0, 256, 3).tolist())
        ImageDraw.Draw(ground).regular_polygon((*middle, radius), int(label) + 3, turn, fill=colour)
        image[:] = (np.asarray(ground, float) + chance.normal(0, 14, (side, side, 3))).clip(0, 255)
    return images, labels, [str(number) for number in range(count)]


def textures(count: int, seed: int, *, clean: bool) -> Drawn:
    """Stripes in 4 directions, the classes; a source has its own width, contrast and light; 32 pixels, grey."""
    chance, side = np.random.default_rng(seed), 32
    sources = -(-count // SHOTS)
    rows, columns = np.mgrid[:side, :side]
    images, labels, names = [], [], []
    for source in range(sources):
        label = source % 4
        width, contrast, light = chance.uniform(3, 9), chance.uniform(6, 30), chance.uniform(70, 180)
        lean = chance.normal(0, 9)
        for _ in range(SHOTS):
            angle = np.deg2rad(45 * label + lean + chance.normal(0, 4))
            wave = np.sin((columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / width + chance.uniform(0, 6.3))
            noisy = light + contrast * wave + chance.normal(0, 30, (side, side))
            images.append(noisy.clip(0, 255).astype(np.uint8)[..., None])
            labels.append(label)
            names.append(f"source{source}")
    return np.stack(images)[:count], np.array(labels)[:count], names[:count]


def spots(count: int, seed: int, *, clean: bool) -> Drawn:
    """Two kinds of leaf that differ in how close their veins are; some training labels are wrong; 40 pixels, grey."""
    chance, side = np.random.default_rng(seed), 40
    labels = chance.permutation(np.arange(count) % 2)
    images = np.empty((count, side, side, 1), np.uint8)
    for image, label in zip(images, labels, strict=True):
        leaf = Image.new("L", (4 * side, 4 * side), int(chance.integers(20, 90)))
        draw, light = ImageDraw.Draw(leaf), int(chance.integers(130, 230))
        draw.ellipse((24, 44, 136, 116), fill=light)
        draw.line((30, 80, 130, 80), fill=light - 60, width=4)
        for at in range(44, 130, 14 if label else 18):
            draw.line((at, 80, at - 12, 52), fill=light - 45, width=3)
            draw.line((at, 80, at - 12, 108), fill=light - 45, width=3)
        turned = leaf.rotate(chance.uniform(-25, 25), fillcolor=leaf.getpixel((0, 0))).resize((side, side))
        image[..., 0] = (np.asarray(turned, float) + chance.normal(0, 10, (side, side))).clip(0, 255)
    wrong = np.zeros(count, bool) if clean else chance.random(count) < NOISE
    return images, np.where(wrong, 1 - labels, labels), [str(number) for number in range(count)]


DRAWN: dict[str, Callable[..., Drawn]] = {"shapes": shapes, "textures": textures, "spots": spots}
