"""The contract of a reader: what a kind of data source answers.

A new kind of source is a file in `data/readers/` that ends with its `READER`, and a line in `data.readers.READERS`.
`readers/digits.py` is the shortest example.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seedtrial.data.parts import Parts
from seedtrial.errors import SeedtrialError


@dataclass(frozen=True)
class Facts:
    """What identifies a data set, and what must be known to build a network for it.

    fingerprint: SHA-256 over shapes and decoded arrays of all parts (`dataset.fingerprint`)
    shape:       (C, H, W) of an image
    """

    fingerprint: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: int
    test: int


@dataclass(frozen=True)
class Form:
    """The form that pictures are brought to.

    size:     side of the square, pixels; None: they have one size already
    channels: 1 grey, 3 colour; None: 3
    """

    size: int | None = None
    channels: Literal[1, 3] | None = None


@dataclass(frozen=True)
class Reader:
    """How one kind of source is recognised and read.

    name:       how `seedtrial data` lists it: the data set's own name, or what a path to it looks like
    title:      a line on what it is
    claims:     whether a source, a name or a path, is of this kind; it reads no images
    read:       source, the folder of --data-dir or None, form -> the parts
    facts:      what reading must give, for a built-in data set
    takes_form: whether its images can be brought to a size and a number of channels
    takes_dir:  whether --data-dir may say where its files are
    """

    name: str
    title: str
    claims: Callable[[str], bool]
    read: Callable[[str, Path | None, Form], Parts]
    facts: Facts | None = None
    takes_form: bool = False
    takes_dir: bool = False

    def check(self, source: str, data_dir: Path | None, form: Form) -> None:
        """Raise SeedtrialError for a setting that this kind of source has no use for."""
        for setting, value in (("size", form.size), ("channels", form.channels)):
            if value is not None and not self.takes_form:
                raise SeedtrialError(
                    f"data.{setting} is for folders of pictures; the images of '{source}' are used as they are."
                )
        if data_dir is not None and not self.takes_dir:
            why = "has none" if self.facts else "is not built in"
            raise SeedtrialError(
                f"--data-dir says where a built-in data set's files are, and '{source}' {why}; leave --data-dir out."
            )
