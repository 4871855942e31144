"""Images and words as a terminal can show them.

A cell of a terminal is about twice as high as wide, so the half block ▀ shows two pixels, one above the other.
"""

import unicodedata
from collections.abc import Mapping
from typing import Literal

import numpy as np
from PIL import Image
from rich.cells import set_cell_size

from seedtrial.human.session import JOINERS

Depth = Literal["truecolour", "256", "letters"]

UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # categories of letters that could disturb a screen
RAMP = " .:-=+*#%@"  # from dark to light
LEVELS = np.array([0, 95, 135, 175, 215, 255])  # of xterm's 6x6x6 colours


def depth(environment: Mapping[str, str], encoding: str) -> Depth:
    """How finely a terminal shows colours, from what it says of itself; `letters` where it has no colours or no ▀."""
    if encoding.lower().replace("-", "") != "utf8" or environment.get("TERM", "dumb") in ("dumb", "vt100", "vt220"):
        return "letters"
    return "truecolour" if environment.get("COLORTERM", "") in ("truecolor", "24bit") else "256"


def enlarged(image: np.ndarray, columns: int, rows: int, *, smooth: bool) -> np.ndarray:
    """An image as large as a box of cells allows, (h, w, 3) uint8, h even, w <= columns, h <= 2 * rows.

    image:  (C, H, W) uint8, grey or colour
    smooth: interpolated; else every pixel is a square of whole cells where the box has room for that
    """
    pixels = np.moveaxis(np.repeat(image, 3, axis=0) if len(image) == 1 else image, 0, -1)
    height, width = pixels.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    if not smooth and scale >= 1:
        scale, kind = int(scale), Image.Resampling.NEAREST
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    found = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, kind))
    return np.pad(found, ((0, len(found) % 2), (0, 0), (0, 0)))  # a last half row is black


def lines(pixels: np.ndarray, shown: Depth) -> list[str]:
    """The lines of an image, without a cursor movement; each leaves the colours as they were.

    pixels: (h, w, 3) uint8, h even
    """
    upper, lower = pixels[::2], pixels[1::2]  # each (h / 2, w, 3)
    if shown == "letters":
        grey = (upper.astype(int) + lower).mean(axis=-1) / 2
        return ["".join(RAMP[int(value * len(RAMP) / 256)] for value in row) for row in grey]
    return [_line(top, bottom, shown) for top, bottom in zip(upper, lower, strict=True)]


def visible(text: str) -> str:
    """Text without anything that a terminal would obey; what cannot be seen is written as its code."""
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in UNSEEN and letter not in JOINERS
        else letter
        for letter in text
    )


def fitted(text: str, width: int) -> str:
    """Visible text of exactly `width` cells, with … where it was longer."""
    shown = visible(text[: 4 * width])
    whole = set_cell_size(shown, width)
    return (
        whole if len(text) <= 4 * width and whole.rstrip() == shown.rstrip() else set_cell_size(shown, width - 1) + "…"
    )


def _line(top: np.ndarray, bottom: np.ndarray, shown: Depth) -> str:
    parts, before = [], ("", "")
    for above, below in zip(top, bottom, strict=True):
        now = (_code(38, above, shown), _code(48, below, shown))
        parts += [code for code, old in zip(now, before, strict=True) if code != old]
        parts.append("▀")
        before = now
    return "".join([*parts, "\x1b[0m"])


def _code(place: int, colour: np.ndarray, shown: Depth) -> str:
    """The sequence that sets the foreground (38) or background (48)."""
    red, green, blue = (int(part) for part in colour)
    if shown == "truecolour":
        return f"\x1b[{place};2;{red};{green};{blue}m"
    return f"\x1b[{place};5;{_of_256(red, green, blue)}m"


def _of_256(red: int, green: int, blue: int) -> int:
    """The nearest of xterm's colours: the ramp of greys 8, 18, ..., 238 for a grey, else one of the cube."""
    if red == green == blue:
        if red < 4:
            return 16
        return 231 if red > 246 else 232 + min(max(round((red - 8) / 10), 0), 23)
    places = [int(np.abs(LEVELS - part).argmin()) for part in (red, green, blue)]
    return 16 + 36 * places[0] + 6 * places[1] + places[2]
