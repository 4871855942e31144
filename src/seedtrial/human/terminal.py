"""The game in a terminal, also over SSH. Images cannot be put into words: there is no plain mode for screen readers."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.blocks import Depth, depth, visible
from seedtrial.human.board import BAD, GOOD, LOWEST, NARROWEST, Board
from seedtrial.human.game import KEYS, Refused, Stopwatch
from seedtrial.human.keyboard import Keyboard, keyboard, refuse_without_terminal
from seedtrial.human.session import Playing, Sessions

HOORAY, BOOH = 0.8, 2.2  # seconds that a verdict stays, unless a key is pressed
UNSKIPPABLE = 0.35  # seconds; a key that comes sooner was meant for the answer
NONE = -1  # no category is chosen by arrows: Enter, which also skips a verdict, answers nothing
GLANCE = 0.3  # seconds between looks at the terminal's size
KEYS_TOLD = "keys or ↑↓ Enter   Space: pause   Tab: pixels   Ctrl-C: leave"
BLIND_TOLD = "keys or ↑↓ Enter  Backspace: undo  Space: pause  Tab: pixels  Ctrl-C: leave"


class Left(Exception):
    """The player leaves."""


@dataclass(frozen=True)
class Screen:
    """What the terminal can show."""

    depth: Depth

    @classmethod
    def here(cls) -> "Screen":
        """Of standard output. Raises SeedtrialError where the game cannot be played."""
        refuse_without_terminal()
        size = shutil.get_terminal_size()
        if size.columns < NARROWEST or size.lines < LOWEST:
            raise SeedtrialError(
                f"The game needs a terminal of {NARROWEST} x {LOWEST} cells; "
                f"this one has {size.columns} x {size.lines}."
            )
        return cls(depth(os.environ, sys.stdout.encoding or ""))

    def board(self, *, smooth: bool) -> Board:
        """For the size that the terminal has now."""
        size = shutil.get_terminal_size()
        return Board(size.columns, size.lines, self.depth, smooth)


def play(sessions: Sessions, player: int, name: str, screen: Screen) -> str:
    """Play until the end or until the player leaves, and return the state of the game in one sentence."""
    playing = sessions.open(player)
    with keyboard() as keys:
        table = PlayTable(sessions, playing, name, screen, keys)
        try:
            table.play()
        except (Left, KeyboardInterrupt):
            pass
    game = table.playing.game
    numbers = game.numbers
    right = f", {100 * numbers.accuracy:.1f} % right" if numbers.accuracy is not None else ""
    on = "" if game.finished else " The same command goes on from here."
    return f"{visible(name)}: {numbers.answered:,} of {numbers.total:,} answered{right}.{on}"


class PlayTable:
    """One player at one terminal."""

    def __init__(self, sessions: Sessions, playing: Playing, name: str, screen: Screen, keys: Keyboard) -> None:
        self.sessions, self.playing, self.name, self.screen, self.keys = sessions, playing, name, screen, keys
        self.classes = sessions.material.data.classes
        self.board = screen.board(smooth=True)
        self.chosen = NONE
        self.said = ""

    def play(self) -> None:
        """Until everything is told. Raises Left when the player leaves before."""
        while not self.playing.game.finished:
            if self.playing.game.complete:
                self._ask_to_finish()
            else:
                self._one()
        self._tell_result()

    def _one(self) -> None:
        """One image, until it is answered or the answer before it is taken back."""
        self.keys.forget()
        self.chosen = NONE
        self._draw()
        watch = Stopwatch().going(time.monotonic())
        while True:
            key = self._key()
            if key in ("up", "down", "left", "right"):
                self.chosen = self.board.down(self.chosen, key, len(self.classes) + 1)
                self._show(self.board.categories(self.classes, self.chosen))
            elif key == "tab":
                self.board = replace(self.board, smooth=not self.board.smooth)
                self._draw()
            elif key == "space":
                watch = watch.paused(time.monotonic())
                self._pause()
                watch = watch.going(time.monotonic())
            elif key == "backspace":
                if self._undo():
                    return
            else:
                choice = self._choice(key)
                if choice is not None:
                    return self._answer(choice, watch.seconds(time.monotonic()))

    def _choice(self, key: str) -> int | None:
        """The answer that a key gives, None when it gives none."""
        if key == "enter" and self.chosen != NONE:
            return CANNOT_TELL if self.chosen == len(self.classes) else self.chosen
        if key == "?":
            return CANNOT_TELL
        place = KEYS.find(key.lower()) if len(key) == 1 else -1
        return place if 0 <= place < len(self.classes) else None

    def _answer(self, choice: int, seconds: float) -> None:
        before = self.playing.game
        assert before.position is not None
        self.playing = self.sessions.answer(self.playing, before.position, choice, seconds)
        given = "can't tell" if choice == CANNOT_TELL else self.classes[choice]
        self.said = f"Image {before.position:,}: {given}"
        if before.mode != "learn":
            return
        self.said = ""
        label = before.labels[before.position - 1]
        right = choice == label
        wrong = len(self.classes) if choice == CANNOT_TELL else choice
        told = f"Hooray! {self.classes[label]}" if right else f"Booh! It is: {self.classes[label]}"
        head = self.board.head(self.playing.game.numbers, self.name, told=True)
        list_ = self.board.categories(self.classes, label, right=label, wrong=None if right else wrong)
        self._show(head + list_ + self.board.verdict(told, GOOD if right else BAD))
        since = time.monotonic()
        stays = HOORAY if right else BOOH
        while (left := since + stays - time.monotonic()) > 0:
            key = self.keys.next(left)
            if key == "end":
                raise Left
            if key and time.monotonic() - since > UNSKIPPABLE:
                return

    def _undo(self) -> bool:
        try:
            self.playing = self.sessions.undo(self.playing, len(self.playing.game.choices))
        except Refused as refused:
            self._show(self.board.verdict(str(refused)))
            return False
        self.said = "The last answer is taken back."
        return True

    def _pause(self) -> None:
        told = "Paused; the clock is stopped. Every answer is kept."

        def draw() -> None:
            board = self.board
            self._show(board.page([told, "", "Space: go on   Ctrl-C: leave"]))

        while self._key(draw) != "space":
            pass
        self._draw()

    def _ask_to_finish(self) -> None:
        told = ["All images are answered.", "", "Once you have seen the result, nothing can be changed any more.", ""]
        told += ["Enter: show the result   Backspace: take the last answer back   Ctrl-C: leave"]
        self.keys.forget()
        while True:
            key = self._key(lambda: self._show(self.board.page(told)))
            if key == "enter":
                self.playing = self.sessions.finish(self.playing)
                return
            if key == "backspace" and self._undo():
                return

    def _tell_result(self) -> None:
        result = self.sessions.result(self.playing)
        share = 100 * result.right / result.shown
        told = [f"{result.right:,} of {result.shown:,} right: {share:.1f} %.  Can't tell: {result.cannot_tell:,}.", ""]
        told += [f"{row.right:>5,} of {row.shown:>5,}  {row.name}" for row in result.classes]
        self.keys.forget()
        while self._key(lambda: self._show(self.board.page(told) + self.board.foot("Enter: leave"))) != "enter":
            pass

    def _key(self, draw: Callable[[], None] | None = None) -> str:
        """The next key; meanwhile the screen follows the terminal's size.

        draw: draws the whole screen, now and whenever that changes; without it the game is there already
        """
        if draw is not None:
            draw()
        while True:
            key = self.keys.next(GLANCE)
            if key == "end":
                raise Left
            now = self.screen.board(smooth=self.board.smooth)
            if now != self.board:
                self.board = now
                (draw or self._draw)() if now.fits else self._show(now.too_small())
            elif key is not None and self.board.fits:
                return key

    def _draw(self) -> None:
        game, board = self.playing.game, self.board
        parts = ["\x1b[2J", board.head(game.numbers, self.name, told=game.told)]
        if game.image is not None:
            parts.append(board.image(self.sessions.material.images[game.image]))
        parts.append(board.categories(self.classes, self.chosen))
        parts += [board.verdict(self.said), board.foot(KEYS_TOLD if game.mode == "learn" else BLIND_TOLD)]
        self._show("".join(parts))

    @staticmethod
    def _show(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
