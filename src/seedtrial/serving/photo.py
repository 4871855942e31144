"""Photographs of things become images like those of a data set, by the steps that its authors describe.

`--like fashion-mnist`: a garment photographed on a plain, light background becomes 28 x 28 grey pixels, light on black.

Source: Xiao, Rasul, Vollgraf 2017, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms,
section 2.
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFilter

from seedtrial.data import picture
from seedtrial.errors import SeedtrialError, unknown

SIDE = 28
WORKING = 560  # pixels of the longer side that a photograph is looked at in
NEAR = 0.05  # of the largest intensity: how far a background pixel may be from the corners
WHITE = 255


def like_fashion_mnist(path: Path, file: BinaryIO | None = None) -> np.ndarray:
    """A photograph as Fashion-MNIST's authors would have prepared it, (1, 28, 28) uint8.

    Trimmed to what differs from the corners, the longer edge brought to 28 pixels, sharpened (radius and deviation 1),
    put into the middle of a square, negated, and made grey.

    Raises picture.Unusable when it cannot be used, or when nothing in it differs from its corners.

    >>> from io import BytesIO
    >>> photo = Image.new("RGB", (200, 100), "white")
    >>> photo.paste((40, 60, 90), (80, 20, 120, 80))
    >>> file = BytesIO()
    >>> photo.save(file, "PNG")
    >>> image = like_fashion_mnist(Path("photo.png"), BytesIO(file.getvalue()))
    >>> image.shape, int(image[0, 14, 14]) > 150, int(image[0, 0, 0])
    ((1, 28, 28), True, 0)
    """
    size = picture.header_size(path, file)
    if size is None:
        size = (WORKING, WORKING)  # `read` says what is wrong
    scale = WORKING / max(size)
    if file is not None:
        file.seek(0)
    upright = _upright(path, file, scale if scale < 1 else None)
    box = _trimmed(upright)
    image = Image.fromarray(upright[box])
    width, height = image.size
    share = SIDE / max(width, height)
    # Of four filters and three strengths, all within a point of each other on test images made into photographs, this
    # was among the best and is nearest to what the authors did (notes/log.md).
    small = image.resize((max(1, round(width * share)), max(1, round(height * share))), Image.Resampling.BILINEAR)
    sharp = small.filter(ImageFilter.UnsharpMask(radius=1, percent=60, threshold=0))
    square = Image.new("RGB", (SIDE, SIDE), (WHITE, WHITE, WHITE))
    square.paste(sharp, ((SIDE - sharp.width) // 2, (SIDE - sharp.height) // 2))
    grey = np.asarray(square.convert("L"))
    return (WHITE - grey)[None]


def _upright(path: Path, file: BinaryIO | None, scale: float | None) -> np.ndarray:
    """(H, W, 3) uint8, with light behind what is transparent, and no longer side above WORKING."""
    pixels = np.moveaxis(picture.read_picture(path, size=None, channels=3, file=file), 0, -1)
    if scale is None:
        return pixels
    height, width = pixels.shape[:2]
    smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(smaller, Image.Resampling.BOX))


def _trimmed(pixels: np.ndarray) -> tuple[slice, slice]:
    """The rows and columns that hold something else than the colour of the corners."""
    corners = np.stack([pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]]).astype(np.int16)
    background = np.median(corners, axis=0)
    apart = np.abs(pixels.astype(np.int16) - background).max(axis=2) > NEAR * 255 * 2
    rows, columns = (np.flatnonzero(apart.mean(axis=axis) > 0.01) for axis in (1, 0))
    if not len(rows) or not len(columns):
        raise picture.Unusable("nothing in it differs from its corners")
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


LIKE: dict[str, Callable[[Path], np.ndarray]] = {"fashion-mnist": like_fashion_mnist}


def preparation(name: str, shape: tuple[int, int, int]) -> Callable[[Path], np.ndarray]:
    """What brings a photograph to the form of a data set. shape: (C, H, W) that the network takes

    Raises SeedtrialError when there is none of that name, or the network takes other images.

    >>> preparation("fashion-mnist", (1, 28, 28)) is like_fashion_mnist
    True
    """
    if name not in LIKE:
        raise unknown("preparation of photographs", name, LIKE)
    if shape != (1, SIDE, SIDE):
        raise SeedtrialError(f"--like {name} gives images of shape (1, {SIDE}, {SIDE}); this network takes {shape}.")
    return LIKE[name]
