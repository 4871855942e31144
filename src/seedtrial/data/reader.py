"""The contract of a reader, which reads one kind of data source.

To add a kind of source, write a file in `data/readers/` that ends with its `READER`, and add a line to `READERS` in
`data/readers/__init__.py`. The shortest example is `readers/digits.py`.
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

    fingerprint: SHA-256 over the shapes and arrays of all parts (`dataset.fingerprint`)
    classes:     the name of each label
    shape:       (C, H, W) of an image
    train, test: number of images in each part, before validation is split off

    >>> from seedtrial.data.readers import reader_for
    >>> reader_for("digits").facts.shape
    (1, 8, 8)
    """

    fingerprint: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: int
    test: int


@dataclass(frozen=True)
class Form:
    """The size and channels that pictures are converted to.

    size:     side of the square, pixels; None: all have one size already
    channels: 1 grey, 3 colour; None: 3

    >>> Form(size=64).channels is None
    True
    """

    size: int | None = None
    channels: Literal[1, 3] | None = None


@dataclass(frozen=True)
class Reader:
    """How one kind of source is recognised and read.

    name:       as `seedtrial data` lists it: a built-in data set's name, or what a path to such a source looks like
    title:      one line that says what it is
    claims:     source (a name or a path) -> whether it is of this kind; reads no images
    read:       source, the folder given by --data-dir or None, form -> the parts
    facts:      of a built-in data set: what reading must result in
    takes_form: whether data.size and data.channels apply
    takes_dir:  whether --data-dir applies: it says where a built-in data set's files are

    >>> from seedtrial.data.readers import reader_for
    >>> digits = reader_for("digits")
    >>> digits.claims("digits"), digits.claims("some/folder"), digits.takes_form
    (True, False, False)
    """

    name: str
    title: str
    claims: Callable[[str], bool]
    read: Callable[[str, Path | None, Form], Parts]
    facts: Facts | None = None
    takes_form: bool = False
    takes_dir: bool = False

    def check(self, source: str, data_dir: Path | None, form: Form) -> None:
        """Raise SeedtrialError for a setting that does not apply to this kind of source."""
        for setting, value in (("size", form.size), ("channels", form.channels)):
            if value is not None and not self.takes_form:
                raise SeedtrialError(
                    f"data.{setting} is for folders of pictures; the images of '{source}' are used as they are."
                )
        if data_dir is not None and not self.takes_dir:
            reason = "needs no files" if self.facts else "is not built in"
            raise SeedtrialError(
                f"--data-dir says where a built-in data set's files are, but '{source}' {reason}; leave --data-dir out."
            )


def has_suffix(source: str, suffix: str) -> bool:
    """Whether a source is the path of a file with this suffix, which may be missing.

    >>> has_suffix("images.NPZ", ".npz"), has_suffix("digits", ".npz")
    (True, False)
    """
    return Path(source).suffix.lower() == suffix and not Path(source).is_dir()
