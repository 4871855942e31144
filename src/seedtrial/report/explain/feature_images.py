"""Weights and activations as small pixel images: numbers in, PNG in a data: URI out.

A page shows hundreds of them. As vector drawings they would be heavy; as pixels each costs a few hundred bytes.
Colour-blind readers can distinguish the colours: cividis from 0 on, blue to white to orange for signed numbers.

F channels, filters or units, C channels of an image, H x W pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, LinearSegmentedColormap
from PIL import Image

from seedtrial.data.png import png_uri
from seedtrial.report.drawing import BLUE, ORANGE

LEVELS = 63  # colours of a scale; the palette is most of a tiny image's bytes
NOTHING = LEVELS  # palette index of nan: transparent
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])
COLUMNS = 64  # units per row of a strip


@dataclass(frozen=True)
class Colours:
    """A range of numbers and its colours; numbers beyond an end take the colour of that end.

    >>> Colours.of(np.array([0.0, 2.0]))
    Colours(low=0.0, high=2.0)
    """

    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray, *, within: float = 1.0) -> "Colours":
        """From 0 to the largest number; symmetric about 0 if any number is negative.

        within: share of the numbers that the range covers; a few large ones would make all others pale
        """
        sizes = np.abs(values)
        top = float(np.quantile(sizes, within)) or float(sizes.max()) or 1.0
        return cls(-top if values.min() < 0 else 0.0, top)

    def uri(self, values: np.ndarray) -> str:
        """PeopleNumbers (H, W) as an image; nan is transparent."""
        return _palette_image(self._levels(values), signed=self.low < 0)

    def bar(self) -> str:
        """The colour scale from low to high as an image, one pixel high."""
        return _palette_image(np.arange(LEVELS, dtype=np.uint8)[None], signed=self.low < 0)

    def _levels(self, values: np.ndarray) -> np.ndarray:
        share = (values - self.low) / (self.high - self.low)
        level = np.rint(np.clip(np.nan_to_num(share), 0, 1) * (LEVELS - 1)).astype(np.uint8)
        level[np.isnan(values)] = NOTHING
        return level


def strongest(values: np.ndarray, most: int) -> list[int]:
    """The channels with the largest mean magnitude, strongest first.

    values: (F, H, W), (F,) or the weights (F, C, h, w)

    >>> strongest(np.array([1.0, -3.0, 2.0]), most=2)
    [1, 2]
    """
    size = np.abs(values.reshape(len(values), -1)).mean(axis=1)
    return [int(channel) for channel in np.argsort(-size, kind="stable")[:most]]


def shrink_factor(sides: Sequence[int], most: int) -> int:
    """The whole number that divides an image's sides so that none exceeds `most` pixels.

    >>> shrink_factor((28, 28), most=16)
    2
    """
    return math.ceil(max(sides) / most)


def shrunk(image: np.ndarray, factor: int) -> np.ndarray:
    """(H, W) float32 or uint8, every factor x factor square averaged; squares at the edge may be smaller.

    >>> shrunk(np.arange(16, dtype=np.uint8).reshape(4, 4), 2).shape
    (2, 2)
    """
    return image if factor == 1 else np.asarray(Image.fromarray(image).reduce(factor))


def picture(image: np.ndarray, most: int) -> str:
    """A (C, H, W) uint8 image as a data: URI, no side longer than `most` pixels.

    >>> picture(np.zeros((1, 8, 8), np.uint8), most=4)[:22]
    'data:image/png;base64,'
    """
    factor = shrink_factor(image.shape[1:], most)
    return png_uri(np.stack([shrunk(channel, factor) for channel in image]), optimize=True)


def colour_filter(weights: np.ndarray, most: int) -> str:
    """Weights (3, h, w) of red, green and blue as a colour image: zero is mid-grey, the largest weight saturated.

    >>> colour_filter(np.zeros((3, 3, 3), np.float32), most=3)[:22]
    'data:image/png;base64,'
    """
    pixels = 127.5 + 127.5 * weights / (np.abs(weights).max() or 1.0)
    return picture(np.rint(pixels).astype(np.uint8), most)


def strip(values: np.ndarray) -> np.ndarray:
    """PeopleNumbers (F,) in rows of at most COLUMNS, (rows, columns); the last row is filled up with nan.

    >>> strip(np.arange(3, dtype=np.float32)).shape
    (1, 3)
    """
    columns = min(COLUMNS, len(values))
    rows = math.ceil(len(values) / columns)
    cells = np.full(rows * columns, np.nan, np.float32)
    cells[: len(values)] = values
    return cells.reshape(rows, columns)


@cache
def _palette(signed: bool) -> bytes:
    """RGB bytes of all levels, then one colour for the transparent index."""
    colours: Colormap = SIGNED if signed else colormaps["cividis"]
    rgb = colours(np.linspace(0, 1, LEVELS), bytes=True)[:, :3]
    return rgb.tobytes() + bytes(3)


def _palette_image(levels: np.ndarray, *, signed: bool) -> str:
    image = Image.fromarray(np.ascontiguousarray(levels))
    image.putpalette(_palette(signed))
    return png_uri(image, optimize=True, transparent=NOTHING if (levels == NOTHING).any() else None)
