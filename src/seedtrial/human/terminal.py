"""The game in a terminal, which also works over SSH. It has no mode for screen readers, since it is about images."""

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

RIGHT_SECONDS, WRONG_SECONDS = 0.8, 2.2  # how long a verdict stays, unless a key is pressed
UNSKIPPABLE = 0.35  # seconds; a key that comes sooner was meant for the answer
NO_CATEGORY = -1  # nothing is chosen by arrow keys yet, so that Enter, which also skips a verdict, answers nothing
RESIZE_CHECK = 0.3  # seconds between checks of the terminal's size
KEY_HELP = "keys or ↑↓ Enter   Space: pause   Tab: pixels   Ctrl-C: leave"
BLIND_KEY_HELP = "keys or ↑↓ Enter  Backspace: undo  Space: pause  Tab: pixels  Ctrl-C: leave"


class PlayerLeft(Exception):
    """The player leaves the game."""


@dataclass(frozen=True)
class Screen:
    """What the terminal can show.

    >>> Screen("256").board(smooth=False).depth
    '256'
    """

    depth: Depth

    @classmethod
    def here(cls) -> "Screen":
        """The terminal on standard output. Raises SeedtrialError if the game cannot be played there."""
        refuse_without_terminal()
        size = shutil.get_terminal_size()
        if size.columns < NARROWEST or size.lines < LOWEST:
            raise SeedtrialError(
                f"The game needs a terminal of {NARROWEST} x {LOWEST} cells; "
                f"this one has {size.columns} x {size.lines}."
            )
        return cls(depth(os.environ, sys.stdout.encoding or ""))

    def board(self, *, smooth: bool) -> Board:
        """The layout for the terminal's current size."""
        size = shutil.get_terminal_size()
        return Board(size.columns, size.lines, self.depth, smooth)


def play(sessions: Sessions, player: int, name: str, screen: Screen) -> str:
    """Plays until the end or until the player leaves; returns a sentence about the state of the game."""
    playing = sessions.open(player)
    with keyboard() as keys:
        terminal = TerminalGame(sessions, playing, name, screen, keys)
        try:
            terminal.play()
        except (PlayerLeft, KeyboardInterrupt):
            pass
    game = terminal.playing.game
    numbers = game.numbers
    right = f", {100 * numbers.accuracy:.1f} % right" if numbers.accuracy is not None else ""
    on = "" if game.finished else " The same command continues from here."
    return f"{visible(name)}: {numbers.answered:,} of {numbers.total:,} answered{right}.{on}"


class TerminalGame:
    """The game of one player at one terminal."""

    def __init__(self, sessions: Sessions, playing: Playing, name: str, screen: Screen, keys: Keyboard) -> None:
        self.sessions, self.playing, self.name, self.screen, self.keys = sessions, playing, name, screen, keys
        self.classes = sessions.material.data.classes
        self.board = screen.board(smooth=True)
        self.chosen = NO_CATEGORY
        self.message = ""

    def play(self) -> None:
        """Plays until the result was shown. Raises PlayerLeft when the player leaves before that."""
        while not self.playing.game.finished:
            if self.playing.game.complete:
                self._ask_to_finish()
            else:
                self._ask()
        self._show_result()

    def _ask(self) -> None:
        """Shows one image until it is answered or the previous answer is taken back."""
        self.keys.forget()
        self.chosen = NO_CATEGORY
        self._draw()
        watch = Stopwatch().going(time.monotonic())
        while True:
            key = self._key()
            if key in ("up", "down", "left", "right"):
                self.chosen = self.board.moved(self.chosen, key, len(self.classes) + 1)
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
        """The answer that a key stands for, or None."""
        if key == "enter" and self.chosen != NO_CATEGORY:
            return CANNOT_TELL if self.chosen == len(self.classes) else self.chosen
        if key == "?":
            return CANNOT_TELL
        label = KEYS.find(key.lower()) if len(key) == 1 else -1
        return label if 0 <= label < len(self.classes) else None

    def _answer(self, choice: int, seconds: float) -> None:
        before = self.playing.game
        assert before.position is not None
        self.playing = self.sessions.answer(self.playing, before.position, choice, seconds)
        given = "can't tell" if choice == CANNOT_TELL else self.classes[choice]
        self.message = f"Image {before.position:,}: {given}"
        if before.mode != "learn":
            return
        self.message = ""
        label = before.labels[before.position - 1]
        right = choice == label
        wrong = len(self.classes) if choice == CANNOT_TELL else choice
        verdict = f"Hooray! {self.classes[label]}" if right else f"Booh! It is: {self.classes[label]}"
        head = self.board.head(self.playing.game.numbers, self.name, results_shown=True)
        categories = self.board.categories(self.classes, label, right=label, wrong=None if right else wrong)
        self._show(head + categories + self.board.verdict(verdict, GOOD if right else BAD))
        # A key skips the verdict, but not at once: the second press of a quick player was meant for the answer, and
        # would otherwise hide a verdict that nobody has read.
        since = time.monotonic()
        stays = RIGHT_SECONDS if right else WRONG_SECONDS
        while (left := since + stays - time.monotonic()) > 0:
            key = self.keys.next(left)
            if key == "end":
                raise PlayerLeft
            if key and time.monotonic() - since > UNSKIPPABLE:
                return

    def _undo(self) -> bool:
        try:
            self.playing = self.sessions.undo(self.playing, len(self.playing.game.choices))
        except Refused as refused:
            self._show(self.board.verdict(str(refused)))
            return False
        self.message = "The last answer is taken back."
        return True

    def _pause(self) -> None:
        text = ["Paused; the clock is stopped. Every answer is saved.", "", "Space: continue   Ctrl-C: leave"]
        while self._key(lambda: self._show(self.board.page(text))) != "space":
            pass
        self._draw()

    def _ask_to_finish(self) -> None:
        text = ["All images are answered.", "", "After you see the result, you cannot change your answers.", ""]
        text += ["Enter: show the result   Backspace: take the last answer back   Ctrl-C: leave"]
        self.keys.forget()
        while True:
            key = self._key(lambda: self._show(self.board.page(text)))
            if key == "enter":
                self.playing = self.sessions.finish(self.playing)
                return
            if key == "backspace" and self._undo():
                return

    def _show_result(self) -> None:
        result = self.sessions.result(self.playing)
        share = 100 * result.right / result.shown
        text = [f"{result.right:,} of {result.shown:,} right: {share:.1f} %.  Can't tell: {result.cannot_tell:,}.", ""]
        text += [f"{row.right:>5,} of {row.shown:>5,}  {row.name}" for row in result.classes]
        self.keys.forget()
        while self._key(lambda: self._show(self.board.page(text) + self.board.foot("Enter: leave"))) != "enter":
            pass

    def _key(self, draw: Callable[[], None] | None = None) -> str:
        """Waits for the next key and redraws the screen when the terminal's size changes.

        draw: draws the whole screen, at once and after each change of size; None if the game is already on the screen

        Raises PlayerLeft when the terminal is gone.
        """
        if draw is not None:
            draw()
        while True:
            key = self.keys.next(RESIZE_CHECK)
            if key == "end":
                raise PlayerLeft
            now = self.screen.board(smooth=self.board.smooth)
            if now != self.board:
                self.board = now
                (draw or self._draw)() if now.fits else self._show(now.too_small())
            # While the terminal is too small, no image is visible and a key answers nothing.
            elif key is not None and self.board.fits:
                return key

    def _draw(self) -> None:
        game, board = self.playing.game, self.board
        parts = ["\x1b[2J", board.head(game.numbers, self.name, results_shown=game.results_shown)]
        if game.image is not None:
            parts.append(board.image(self.sessions.material.images[game.image]))
        parts.append(board.categories(self.classes, self.chosen))
        parts += [board.verdict(self.message), board.foot(KEY_HELP if game.mode == "learn" else BLIND_KEY_HELP)]
        self._show("".join(parts))

    @staticmethod
    def _show(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
