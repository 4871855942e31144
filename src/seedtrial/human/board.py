"""What the game looks like in a terminal of 80 x 24 cells or more: numbers above, image left, categories right.

Everything is a string with cursor movements; nothing is printed here.
"""

from dataclasses import dataclass

import numpy as np

from seedtrial.human.blocks import Depth, enlarged, fitted, lines
from seedtrial.human.game import KEYS, Scoreboard

NARROWEST, LOWEST = 80, 24  # cells
TOP = 3  # the line that image and categories begin on, from 1
GOOD, BAD, SOFT, BOLD, TURNED, PLAIN = "\x1b[1;32m", "\x1b[1;31m", "\x1b[2m", "\x1b[1m", "\x1b[7m", "\x1b[0m"
CANNOT_TELL_KEY = "?"


@dataclass(frozen=True)
class Board:
    """A terminal's size and abilities, and how images are enlarged."""

    columns: int
    rows: int
    depth: Depth
    smooth: bool = True

    @property
    def fits(self) -> bool:
        """Whether the game has room."""
        return self.columns >= NARROWEST and self.rows >= LOWEST

    @property
    def _height(self) -> int:
        return self.rows - 4  # lines of the image and the categories

    @property
    def _middle(self) -> int:
        return min(2 * self._height, self.columns - 38)  # cells of the image

    def too_small(self) -> str:
        """Said in place of the game."""
        said = f"The game needs {NARROWEST} x {LOWEST} cells; this terminal has {self.columns} x {self.rows}."
        return "\x1b[2J\x1b[1;1H" + fitted(said, max(self.columns, 2))

    def head(self, numbers: Scoreboard, player: str, *, told: bool) -> str:
        """Answered of total, accuracy so far and over the last 50, and who plays."""

        def share(value: float | None) -> str:
            return f"{100 * value:.1f} %" if value is not None else "–" if told else "at the end"

        left = f"{numbers.answered:,} / {numbers.total:,} answered   right: {share(numbers.accuracy)}   "
        left += f"last 50: {share(numbers.recent)}   "
        return _at(1, 2) + BOLD + left + PLAIN + fitted(player, max(self.columns - 2 - len(left), 2))

    def image(self, image: np.ndarray) -> str:
        """An image (C, H, W) uint8 in the left part."""
        drawn = lines(enlarged(image, self._middle, self._height, smooth=self.smooth), self.depth)
        blank = [_at(TOP + line, 1) + " " * (self._middle + 1) for line in range(self._height)]
        return "".join([*blank, *(_at(TOP + number, 2) + line for number, line in enumerate(drawn))])

    def categories(
        self, classes: tuple[str, ...], chosen: int, *, right: int | None = None, wrong: int | None = None
    ) -> str:
        """The categories with their keys, "I can't tell" as the last; the page that `chosen` is on.

        chosen: what Enter would take, -1 for none
        right:  to be shown as the right one; wrong: as what was taken instead
        """
        entries = [*classes, "I can't tell"]
        keys = [*KEYS[: len(classes)], *" " * (len(classes) - len(KEYS)), CANNOT_TELL_KEY]
        space = self.columns - self._middle - 4
        beside = 1 if len(entries) <= self._height else 2
        width, first = space // beside, max(chosen, 0) // (beside * self._height) * beside * self._height
        parts = []
        for place in range(beside * self._height):
            column, line = divmod(place, self._height)
            number = first + place
            parts.append(_at(TOP + line, self._middle + 4 + column * width))
            if number >= len(entries):
                parts.append(" " * width)
                continue
            style = TURNED if number == chosen else ""
            style = GOOD if number == right else BAD if number == wrong else style
            parts.append(style + fitted(f" {keys[number]}  {entries[number]}", width - 1) + PLAIN + " ")
        return "".join(parts)

    def verdict(self, text: str, style: str = "") -> str:
        """The line below the image."""
        return _at(self.rows - 1, 2) + style + fitted(text, self.columns - 2) + PLAIN

    def foot(self, text: str) -> str:
        """The last line: which keys there are."""
        return _at(self.rows, 2) + SOFT + fitted(text, self.columns - 2) + PLAIN

    def page(self, told: list[str]) -> str:
        """Lines of text alone, as many as there is room for."""
        shown = told[: self.rows - 3]
        return "\x1b[2J" + "".join(
            _at(2 + number, 4) + fitted(line, self.columns - 4) for number, line in enumerate(shown)
        )

    def down(self, chosen: int, key: str, count: int) -> int:
        """Where an arrow key leads from `chosen`, of `count` entries."""
        step = {"up": -1, "down": 1, "left": -self._height, "right": self._height}[key]
        return min(max(chosen + step, 0), count - 1)


def _at(row: int, column: int) -> str:
    return f"\x1b[{row};{column}H"
