"""Turns images and text into what a terminal can show.

A cell of a terminal is about twice as high as it is wide, so the half block ▀ shows two square pixels, one above the
other: the upper one in the foreground colour, the lower one in the background colour.
"""

import unicodedata
from collections.abc import Mapping
from typing import Literal

import numpy as np
from PIL import Image
from rich.cells import set_cell_size

from seedtrial.human.session import JOINERS

Depth = Literal["truecolour", "256", "letters"]

INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode categories that can disturb a screen
RAMP = " .:-=+*#%@"  # from dark to light
LEVELS = np.array([0, 95, 135, 175, 215, 255])  # of red, green and blue in xterm's cube of 6 x 6 x 6 colours


def depth(environment: Mapping[str, str], encoding: str) -> Depth:
    """How many colours a terminal shows, judged by its environment; `letters` if it has no colours or no ▀.

    >>> depth({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "utf-8"), depth({"TERM": "dumb"}, "utf-8")
    ('truecolour', 'letters')
    """
    if encoding.lower().replace("-", "") != "utf8" or environment.get("TERM", "dumb") in ("dumb", "vt100", "vt220"):
        return "letters"
    return "truecolour" if environment.get("COLORTERM", "") in ("truecolor", "24bit") else "256"


def enlarged(image: np.ndarray, columns: int, rows: int, *, smooth: bool) -> np.ndarray:
    """The image scaled to a box of cells: (h, w, 3) uint8 with h even, w <= columns and h <= 2 * rows.

    image:  (C, H, W) uint8, grey or colour
    smooth: interpolate; otherwise each pixel becomes a square of whole cells, if the box is large enough for that

    >>> enlarged(np.zeros((1, 28, 28), np.uint8), 40, 20, smooth=True).shape
    (40, 40, 3)
    """
    pixels = np.moveaxis(np.repeat(image, 3, axis=0) if len(image) == 1 else image, 0, -1)
    height, width = pixels.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    if not smooth and scale >= 1:
        scale, kind = int(scale), Image.Resampling.NEAREST
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    resized = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, kind))
    return np.pad(resized, ((0, len(resized) % 2), (0, 0), (0, 0)))  # an odd last row gets a black row below it


def lines(pixels: np.ndarray, shown: Depth) -> list[str]:
    """An image as h / 2 lines of text without cursor movements; each line resets the colours at its end.

    pixels: (h, w, 3) uint8, h even

    >>> lines(np.full((2, 3, 3), 255, np.uint8), "letters")
    ['@@@']
    """
    upper, lower = pixels[::2], pixels[1::2]  # each (h / 2, w, 3)
    if shown == "letters":
        grey = (upper.astype(int) + lower).mean(axis=-1) / 2
        return ["".join(RAMP[int(value * len(RAMP) / 256)] for value in row) for row in grey]
    return [_line(top, bottom, shown) for top, bottom in zip(upper, lower, strict=True)]


def visible(text: str) -> str:
    """The text with invisible characters written as escape codes, so that the terminal executes none of them.

    >>> print(visible("Ada" + chr(27) + "[2J"))
    Ada\\x1b[2J
    """
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in INVISIBLE and letter not in JOINERS
        else letter
        for letter in text
    )


def fitted(text: str, width: int) -> str:
    """The visible text in exactly `width` cells; a longer text ends in an ellipsis.

    >>> fitted("category", 8), fitted("categories", 8)
    ('category', 'categor…')
    """
    shown = visible(text[: 4 * width])
    whole = set_cell_size(shown, width)
    return (
        whole if len(text) <= 4 * width and whole.rstrip() == shown.rstrip() else set_cell_size(shown, width - 1) + "…"
    )


def _line(top: np.ndarray, bottom: np.ndarray, shown: Depth) -> str:
    # A colour is sent only where it changes: fewer bytes, which counts over SSH.
    parts, before = [], ("", "")
    for above, below in zip(top, bottom, strict=True):
        now = (_code(38, above, shown), _code(48, below, shown))
        parts += [code for code, old in zip(now, before, strict=True) if code != old]
        parts.append("▀")
        before = now
    return "".join([*parts, "\x1b[0m"])


def _code(layer: int, colour: np.ndarray, shown: Depth) -> str:
    """The escape sequence that sets the colour of a layer: 38 is the foreground, 48 the background."""
    red, green, blue = (int(part) for part in colour)
    if shown == "truecolour":
        return f"\x1b[{layer};2;{red};{green};{blue}m"
    return f"\x1b[{layer};5;{_of_256(red, green, blue)}m"


def _of_256(red: int, green: int, blue: int) -> int:
    """The nearest of xterm's 256 colours: for a grey one of the greys 8, 18, ..., 238, otherwise one of the cube."""
    if red == green == blue:
        if red < 4:
            return 16
        return 231 if red > 246 else 232 + min(max(round((red - 8) / 10), 0), 23)
    nearest = [int(np.abs(LEVELS - part).argmin()) for part in (red, green, blue)]
    return 16 + 36 * nearest[0] + 6 * nearest[1] + nearest[2]
