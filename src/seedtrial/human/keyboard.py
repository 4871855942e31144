"""A terminal in which single keys are read, and which is given back as it was, however the program ends."""

import codecs
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from seedtrial.errors import SeedtrialError

try:
    import termios
    import tty
except ImportError:  # not a Unix system
    HAS_TERMINAL = False
else:
    HAS_TERMINAL = True

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # another screen, no cursor, no wrapping
LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
NAMES = {
    "\r": "enter", "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\t": "tab", " ": "space", "\x04": "end",
    "[A": "up", "[B": "down", "[C": "right", "[D": "left", "OA": "up", "OB": "down", "OC": "right", "OD": "left",
}  # fmt: skip


class Keys:
    """Bytes of a keyboard -> names of keys.

    An escape sequence is waited for as long as it takes: on a slow line it comes in pieces, and its rest must not be
    taken for letters. So the escape key itself means nothing.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence: str | None = None  # what came after an escape

    def feed(self, raw: bytes) -> list[str]:
        """The keys that are complete with these bytes: a name of NAMES, or the letter itself."""
        found = []
        for letter in self._decoder.decode(raw):
            if letter == "\x1b":
                self._sequence = ""
            elif self._sequence is None:
                found.append(NAMES.get(letter, letter))
            else:
                self._sequence += letter
                if self._is_complete(self._sequence):
                    found.append(NAMES.get(self._sequence, ""))
                    self._sequence = None
        return [key for key in found if key]

    @staticmethod
    def _is_complete(sequence: str) -> bool:
        if sequence[0] == "[":
            return len(sequence) > 1 and "@" <= sequence[-1] <= "~"
        return sequence[0] != "O" or len(sequence) == 2


class Keyboard:
    """Keys of the terminal that standard input is."""

    def __init__(self) -> None:
        self._handle = sys.stdin.fileno()
        self._keys = Keys()
        self._waiting: list[str] = []

    def next(self, timeout: float) -> str | None:
        """The next key, None when there was none for `timeout` seconds, "end" when the terminal is gone."""
        until = time.monotonic() + timeout
        while not self._waiting:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._handle], [], [], left)[0]:
                return None
            try:
                raw = os.read(self._handle, 1024)
            except OSError:
                raw = b""
            if not raw:
                return "end"
            self._waiting = self._keys.feed(raw)
        return self._waiting.pop(0)

    def forget(self) -> None:
        """Drop what was typed ahead: it was not meant for what is seen next."""
        self._waiting = []
        with suppress(termios.error):
            termios.tcflush(self._handle, termios.TCIFLUSH)


def refuse_without_terminal() -> None:
    """Raise SeedtrialError where there is nobody who could see images and press keys."""
    if not HAS_TERMINAL:
        raise SeedtrialError("The game in a terminal needs a Unix system; seedtrial play --web plays in a browser.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SeedtrialError(
            "The game needs a terminal for its images and keys; seedtrial play --web plays in a browser."
        )


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """A screen of its own and single keys, until the end of the block."""
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    handlers = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        tty.setcbreak(handle)
        settings = termios.tcgetattr(handle)
        settings[6][termios.VSUSP] = b"\0"  # Ctrl-Z would leave a stopped game on the screen
        termios.tcsetattr(handle, termios.TCSANOW, settings)
        sys.stdout.write(ENTER)
        sys.stdout.flush()
        yield Keyboard()
    finally:
        with suppress(OSError, termios.error):  # the terminal itself may be gone
            sys.stdout.write(LEAVE)
            sys.stdout.flush()
        with suppress(OSError, termios.error):
            termios.tcsetattr(handle, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
