"""Reads single keys from a terminal, and restores the terminal however the program ends."""

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

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # alternate screen, no cursor, no wrapping
LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
NAMES = {
    "\r": "enter", "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\t": "tab", " ": "space", "\x04": "end",
    "[A": "up", "[B": "down", "[C": "right", "[D": "left", "OA": "up", "OB": "down", "OC": "right", "OD": "left",
}  # fmt: skip


class Keys:
    """Turns the bytes of a keyboard into names of keys.

    The rest of an escape sequence may come much later, as over a slow line, and is not mistaken for letters. The price
    is that the escape key itself has no meaning.

    >>> keys = Keys()
    >>> keys.feed(b"7?"), keys.feed(bytes([27]) + b"["), keys.feed(b"A")
    (['7', '?'], [], ['up'])
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence: str | None = None  # what has come after an escape; None outside a sequence

    def feed(self, raw: bytes) -> list[str]:
        """The keys that these bytes complete: a name from NAMES, or the character itself."""
        keys = []
        for letter in self._decoder.decode(raw):
            if letter == "\x1b":
                self._sequence = ""
            elif self._sequence is None:
                keys.append(NAMES.get(letter, letter))
            else:
                self._sequence += letter
                if self._is_complete(self._sequence):
                    keys.append(NAMES.get(self._sequence, ""))
                    self._sequence = None
        return [key for key in keys if key]

    @staticmethod
    def _is_complete(sequence: str) -> bool:
        if sequence[0] == "[":
            return len(sequence) > 1 and "@" <= sequence[-1] <= "~"
        return sequence[0] != "O" or len(sequence) == 2


class Keyboard:
    """The keys of the terminal on standard input."""

    def __init__(self) -> None:
        self._handle = sys.stdin.fileno()
        self._keys = Keys()
        self._waiting: list[str] = []

    def next(self, timeout: float) -> str | None:
        """The next key; None after `timeout` seconds without one, "end" if the terminal is gone."""
        deadline = time.monotonic() + timeout
        while not self._waiting:
            left = deadline - time.monotonic()
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
        """Drops keys that were typed ahead, since they were not meant for the next image."""
        self._waiting = []
        with suppress(termios.error):
            termios.tcflush(self._handle, termios.TCIFLUSH)


def refuse_without_terminal() -> None:
    """Raises SeedtrialError if standard input and output are not a terminal.

    >>> try:
    ...     refuse_without_terminal()
    ... except SeedtrialError as error:
    ...     print("seedtrial play --web" in str(error))
    True
    """
    if not HAS_TERMINAL:
        raise SeedtrialError("The game in a terminal needs a Unix system; seedtrial play --web plays in a browser.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SeedtrialError(
            "The game needs a terminal for its images and keys; seedtrial play --web plays in a browser."
        )


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Switches to the alternate screen and to single keys until the end of the block.

    SIGTERM and SIGHUP end the program through the block's end, so that the terminal is restored for them too.
    """
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    handlers = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        tty.setcbreak(handle)
        settings = termios.tcgetattr(handle)
        # Ctrl-Z is switched off: it would stop the game and leave its screen and its key mode to the shell.
        settings[6][termios.VSUSP] = b"\0"
        termios.tcsetattr(handle, termios.TCSANOW, settings)
        sys.stdout.write(ENTER)
        sys.stdout.flush()
        yield Keyboard()
    finally:
        # The terminal itself may be gone, as when its window was closed.
        with suppress(OSError, termios.error):
            sys.stdout.write(LEAVE)
            sys.stdout.flush()
        with suppress(OSError, termios.error):
            termios.tcsetattr(handle, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
