"""Lays the game out in a terminal of at least 80 x 24 cells: numbers above, image left, categories right.

Every method returns a string with cursor movements; nothing is printed here.
"""

from dataclasses import dataclass

import numpy as np

from seedtrial.human.blocks import Depth, enlarged, fitted, lines
from seedtrial.human.game import KEYS, Scoreboard

NARROWEST, LOWEST = 80, 24  # cells
TOP = 3  # the first line of image and categories, counted from 1
GOOD, BAD, DIM, BOLD, REVERSED, PLAIN = "\x1b[1;32m", "\x1b[1;31m", "\x1b[2m", "\x1b[1m", "\x1b[7m", "\x1b[0m"
CANNOT_TELL_KEY = "?"


@dataclass(frozen=True)
class Board:
    """A terminal's size and colours, and whether images are smoothed when they are enlarged.

    >>> Board(80, 24, "256").fits, Board(79, 24, "256").fits
    (True, False)
    """

    columns: int
    rows: int
    depth: Depth
    smooth: bool = True

    @property
    def fits(self) -> bool:
        """Whether the terminal is large enough for the game."""
        return self.columns >= NARROWEST and self.rows >= LOWEST

    @property
    def _height(self) -> int:
        return self.rows - 4  # lines of the image and the categories

    @property
    def _width(self) -> int:
        return min(2 * self._height, self.columns - 38)  # cells of the image

    def too_small(self) -> str:
        """The message that replaces the game while the terminal is too small."""
        message = f"The game needs {NARROWEST} x {LOWEST} cells; this terminal has {self.columns} x {self.rows}."
        return "\x1b[2J\x1b[1;1H" + fitted(message, max(self.columns, 2))

    def head(self, numbers: Scoreboard, player: str, *, results_shown: bool) -> str:
        """The first line: images answered, accuracy so far and over the last 50 answers, and the player's name."""

        def share(value: float | None) -> str:
            return f"{100 * value:.1f} %" if value is not None else "–" if results_shown else "at the end"

        left = f"{numbers.answered:,} / {numbers.total:,} answered   right: {share(numbers.accuracy)}   "
        left += f"last 50: {share(numbers.recent)}   "
        return _at(1, 2) + BOLD + left + PLAIN + fitted(player, max(self.columns - 2 - len(left), 2))

    def image(self, image: np.ndarray) -> str:
        """The image, (C, H, W) uint8, in the left part."""
        drawn = lines(enlarged(image, self._width, self._height, smooth=self.smooth), self.depth)
        blank = [_at(TOP + line, 1) + " " * (self._width + 1) for line in range(self._height)]
        return "".join([*blank, *(_at(TOP + number, 2) + line for number, line in enumerate(drawn))])

    def categories(
        self, classes: tuple[str, ...], chosen: int, *, right: int | None = None, wrong: int | None = None
    ) -> str:
        """The categories with their keys, and "I can't tell" as the last.

        chosen: the entry that Enter would choose, -1 for none; with several pages of entries, its page is shown
        right:  the entry to mark as the true class
        wrong:  the entry to mark as the wrong answer
        """
        entries = [*classes, "I can't tell"]
        keys = [*KEYS[: len(classes)], *" " * (len(classes) - len(KEYS)), CANNOT_TELL_KEY]
        space = self.columns - self._width - 4
        columns = 1 if len(entries) <= self._height else 2
        page_size = columns * self._height
        width, first = space // columns, max(chosen, 0) // page_size * page_size
        parts = []
        for slot in range(page_size):
            column, line = divmod(slot, self._height)
            number = first + slot
            parts.append(_at(TOP + line, self._width + 4 + column * width))
            if number >= len(entries):
                parts.append(" " * width)
                continue
            style = REVERSED if number == chosen else ""
            style = GOOD if number == right else BAD if number == wrong else style
            parts.append(style + fitted(f" {keys[number]}  {entries[number]}", width - 1) + PLAIN + " ")
        return "".join(parts)

    def verdict(self, text: str, style: str = "") -> str:
        """The verdict or another message, on the line below the image."""
        return _at(self.rows - 1, 2) + style + fitted(text, self.columns - 2) + PLAIN

    def foot(self, text: str) -> str:
        """The last line, which lists the keys."""
        return _at(self.rows, 2) + DIM + fitted(text, self.columns - 2) + PLAIN

    def page(self, text: list[str]) -> str:
        """A screen of text without the game, cut to the lines that fit."""
        shown = text[: self.rows - 3]
        return "\x1b[2J" + "".join(
            _at(2 + number, 4) + fitted(line, self.columns - 4) for number, line in enumerate(shown)
        )

    def moved(self, chosen: int, key: str, count: int) -> int:
        """The entry that an arrow key moves to from `chosen`, out of `count` entries.

        >>> board = Board(80, 24, "256")
        >>> board.moved(3, "up", 11), board.moved(10, "down", 11)
        (2, 10)
        """
        step = {"up": -1, "down": 1, "left": -self._height, "right": self._height}[key]
        return min(max(chosen + step, 0), count - 1)


def _at(row: int, column: int) -> str:
    return f"\x1b[{row};{column}H"
