"""Runs a program in a pseudo-terminal and keeps its screen. Every character counts as one cell wide."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

PIECE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|\x1b.|.", re.DOTALL)
PATIENCE = 60  # seconds; a machine may be busy


class Screen:
    """Cells of letters with the colours they were written in."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}
        self.row = self.column = 1
        self.style = ""
        self.modes: dict[str, bool] = {}
        self.outside: list[tuple[int, int]] = []  # what was written where there is no cell

    def feed(self, text: str) -> None:
        for match in PIECE.finditer(text):
            private, numbers, command = match.groups()
            if command == "H":
                self.row, self.column = (int(number) for number in numbers.split(";"))
            elif command == "J":
                self.cells.clear()
            elif command in ("h", "l") and private:
                self.modes[numbers] = command == "h"
                if numbers == "1049":  # another screen, or back to the first: what was there does not matter here
                    self.cells.clear()
                    self.outside.clear()
                    self.row = self.column = 1
            elif command == "m":
                self.style = "" if numbers == "0" else f"{self.style};{numbers}"
            elif match[0] == "\r":
                self.column = 1
            elif match[0] == "\n":
                self.row += 1
            elif match[0] >= " ":
                if not (self.row <= self.rows and self.column <= self.columns):
                    self.outside.append((self.row, self.column))
                self.cells[self.row, self.column] = (match[0], self.style)
                self.column += 1

    def line(self, row: int) -> str:
        return "".join(self.cells.get((row, column), " ")[0] for column in range(1, self.columns + 1)).rstrip()

    @property
    def text(self) -> str:
        return "\n".join(self.line(row) for row in range(1, self.rows + 1))


class Terminal:
    """`seedtrial ...` at a terminal of some size."""

    def __init__(self, *words: str | Path, columns: int = 80, rows: int = 24, **environment: str) -> None:
        self.handle, child = pty.openpty()
        self.screen = Screen(columns, rows)
        self.resize(columns, rows)
        self.before = termios.tcgetattr(child)
        variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "COLORTERM")}
        variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONIOENCODING": "utf-8"} | environment
        # Only a session's own terminal sends Ctrl-C as a signal.
        program = (
            "import fcntl, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); sys.argv[0] = 'seedtrial'; "
        )
        # Whoever runs the tests in the background has them ignore it, and so would the program.
        program += "signal.signal(signal.SIGINT, signal.default_int_handler); "
        program += "from seedtrial.entry import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, words)],
            stdin=child, stdout=child, stderr=child, env=variables, start_new_session=True,
        )  # fmt: skip
        self.child = child
        self.raw = b""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.columns, self.screen.rows = columns, rows

    def press(self, keys: str) -> None:
        os.write(self.handle, keys.encode())

    def read(self, seconds: float) -> bool:
        """Whether anything more came."""
        if not select.select([self.handle], [], [], seconds)[0]:
            return False
        try:
            self.raw += os.read(self.handle, 65536)
        except OSError:
            return False
        whole = self.raw.decode("utf-8", "ignore")
        if whole.rfind("\x1b") > len(whole) - 24 or len(whole.encode()) != len(self.raw):
            if select.select([self.handle], [], [], 0.05)[0]:
                return True  # a sequence may be cut in two
        self.screen.feed(whole)
        self.raw = b""
        return True

    def until(self, *texts: str) -> str:
        """Reads until the screen shows one of the texts, and returns that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            shown = next((text for text in texts if text in self.screen.text), None)
            if shown is not None:
                while self.read(0.05):  # the rest of what is being drawn
                    pass
                return shown
            self.read(0.5)
        raise AssertionError(f"none of {texts} on the screen:\n{self.screen.text}")

    def ended(self) -> int:
        """Waits for the program's end, reading what it says, and returns its exit code."""
        while self.process.poll() is None:
            self.read(0.1)
        while self.read(0.05):
            pass
        return self.process.returncode

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was: its settings, its screen, its cursor."""
        modes = self.screen.modes
        return termios.tcgetattr(self.child) == self.before and not modes.get("1049") and modes.get("25", True)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.handle)
        os.close(self.child)
