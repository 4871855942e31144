"""The sealed test part: it can be opened only with a reason, and every opening is written down.

Whoever may see test images goes through `Sealed.open`; nothing that trains or chooses ever holds a `Sealed`.
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
    """A study's list of when its test part was opened and why, one JSON line each."""

    path: Path
    study: str

    def append(self, reason: str, fingerprint: str) -> None:
        """Write one opening down, on the disk before this returns."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"when": when, "study": self.study, "reason": reason, "data": fingerprint}
        append_json_line(self.path, entry)

    def entries(self) -> list[dict[str, Any]]:
        """All openings so far, oldest first."""
        entries = read_json_lines(self.path)
        if not all(isinstance(entry, dict) and {"when", "reason"} <= entry.keys() for entry in entries):
            raise SeedtrialError(f"{self.path} is damaged: one of its lines is no opening of a test part.")
        return entries


class Sealed:
    """A test part whose images and labels stay closed until `open`."""

    def __init__(self, split: Split, *, classes: int, fingerprint: str) -> None:
        self.__split = split
        self.__fingerprint = fingerprint
        self.counts = tuple(int(count) for count in np.bincount(split.labels, minlength=classes))  # images per class

    def __len__(self) -> int:
        return sum(self.counts)

    def __repr__(self) -> str:
        return f"Sealed({len(self)} images)"

    def open(self, ledger: Ledger, reason: str) -> Split:
        """The test images and labels. The opening is in the ledger before the images are handed out."""
        ledger.append(reason, self.__fingerprint)
        return self.__split
