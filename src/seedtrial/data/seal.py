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

SUFFIX = ".ledger.jsonl"


@dataclass(frozen=True)
class Ledger:
    """The record of when test images were opened and why, one JSON line per opening.

    Each data set has one file in the folder, named after its fingerprint, whichever study, page or game opened it. So
    nobody can look at the same images twice without both looks being listed side by side.

    folder: beside the runs
    study:  who opens
    also:   another folder whose openings are listed too

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for study in ("mine", "yours"):
    ...         Ledger(Path(folder), study).append("score conv, seed 0", fingerprint="ed44642ab3b1")
    ...     [entry["study"] for entry in Ledger(Path(folder), "mine").entries("ed44642ab3b1")]
    ['mine', 'yours']
    """

    folder: Path
    study: str
    also: Path | None = None

    def path(self, fingerprint: str) -> Path:
        """The file that lists the openings of a data set."""
        return self.folder / f"{fingerprint[:12]}{SUFFIX}"

    def append(self, reason: str, fingerprint: str) -> None:
        """Record one opening; it is on the disk when this returns."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"when": when, "study": self.study, "reason": reason, "data": fingerprint}
        append_json_line(self.path(fingerprint), entry)

    def entries(self, *fingerprints: str) -> list[dict[str, Any]]:
        """All openings of some data sets, oldest first; those that earlier versions kept by study are among them.

        Raises SeedtrialError when a file is damaged.
        """
        entries = []
        folders = {self.folder} if self.also is None else {self.folder, self.also}
        for path in sorted(path for folder in folders for path in folder.glob(f"*{SUFFIX}")):
            lines = read_json_lines(path)
            if not all(isinstance(entry, dict) and {"when", "reason"} <= entry.keys() for entry in lines):
                raise SeedtrialError(f"{path} is damaged: one of its lines does not record an opening.")
            entries += [entry for entry in lines if entry.get("data") in fingerprints]
        return sorted(entries, key=lambda entry: entry["when"])


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
