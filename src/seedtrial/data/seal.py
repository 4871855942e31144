"""The sealed test part: opening it takes a reason, and every opening is recorded.

`Sealed.open` is the only way to test images; nothing that trains or chooses ever holds a `Sealed`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.files import append_json_line, read_json_lines


@dataclass(frozen=True)
class Ledger:
    """A study's record of when its test part was opened and why, one JSON line per opening.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ledger = Ledger(Path(folder, "ledger.jsonl"), study="mine")
    ...     ledger.append("conv, seed 0", fingerprint="ed44642ab3b1")
    ...     [entry["reason"] for entry in ledger.entries()]
    ['conv, seed 0']
    """

    path: Path
    study: str

    def append(self, reason: str, fingerprint: str) -> None:
        """Record one opening; it is on the disk when this returns."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"when": when, "study": self.study, "reason": reason, "data": fingerprint}
        append_json_line(self.path, entry)

    def entries(self) -> list[dict[str, Any]]:
        """All openings so far, oldest first. Raises SeedtrialError when the file is damaged."""
        entries = read_json_lines(self.path)
        if not all(isinstance(entry, dict) and {"when", "reason"} <= entry.keys() for entry in entries):
            raise SeedtrialError(f"{self.path} is damaged: one of its lines does not record an opening.")
        return entries


class Sealed:
    """A test part whose images and labels are out of reach until `open`; only its counts per class are public.

    >>> split = Split("test", np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 0]))
    >>> sealed = Sealed(split, classes=2, fingerprint="ed44642ab3b1")
    >>> sealed, sealed.counts
    (Sealed(3 images), (2, 1))
    """

    def __init__(self, split: Split, *, classes: int, fingerprint: str) -> None:
        self.__split = split
        self.__fingerprint = fingerprint
        self.counts = tuple(int(count) for count in np.bincount(split.labels, minlength=classes))  # images per class

    def __len__(self) -> int:
        return sum(self.counts)

    def __repr__(self) -> str:
        return f"Sealed({len(self)} images)"

    def open(self, ledger: Ledger, reason: str) -> Split:
        """The test images and labels. The opening is in the ledger before the images are returned."""
        ledger.append(reason, self.__fingerprint)
        return self.__split
