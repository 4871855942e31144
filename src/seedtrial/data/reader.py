"""The contract of a reader, which reads one kind of data source.

To add a kind of source, write a file in `data/readers/` that ends with its `READER`, and add a line to `READERS` in
`data/readers/__init__.py`. The shortest example is `readers/digits.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from seedtrial.data.citation import Citation
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
    """What the files' own values and names become: the settings of `DataSpec` that a reader applies.

    size:       side of the square that pictures are resized to, pixels; None: all have one size already
    channels:   1 grey, 3 colour; None: 3
    range:      the files' values (low, high) that become 0 and 255; values outside are cut off
    background: what lies behind transparent pixels; None: white
    label:      the column of a table that holds the labels; None: found by its usual names
    links:      True: links that lead out of a folder are followed
    groups:     what belongs together: "alike", a pattern of file names, a column; None: each image stands alone
    fit:        how pictures become squares of `size`: cropped to their middle, or padded; None: cropped

    >>> Form(size=64).channels is None
    True
    """

    size: int | None = None
    channels: Literal[1, 3] | None = None
    range: tuple[float, float] | None = None
    background: Literal["white", "black"] | None = None
    label: str | None = None
    links: Literal[True] | None = None
    groups: str | None = None
    fit: Literal["crop", "pad"] | None = None


FOR = {  # what the settings of a Form are for, as `Reader.check` says it
    "size": "pictures",
    "channels": "pictures",
    "range": "files whose values are not known to be 0 to 255",
    "background": "pictures",
    "fit": "pictures",
    "label": "tables (.csv, .parquet)",
    "links": "folders of pictures",
    "groups": "pictures, tables and arrays of your own",
}


@dataclass(frozen=True)
class Reader:
    """How one kind of source is recognised and read.

    name:     as `seedtrial data` lists it: a built-in data set's name, or what a path to such a source looks like
    title:    one line that says what it is
    claims:   source (a name or a path) -> whether it is of this kind; reads no images
    read:     source, the folder given by --data-dir or None, form -> the parts
    facts:    of a built-in data set: what reading must result in
    takes:    the settings of Form that apply
    takes_dir: whether --data-dir applies: it says where a built-in data set's files are
    citation: the work that published the images, where this kind of source is one data set
    images:   how many it has, training and test; another number is other data in the same format; None: not asked

    >>> from seedtrial.data.readers import reader_for
    >>> digits = reader_for("digits")
    >>> digits.claims("digits"), digits.claims("some/folder"), digits.takes
    (True, False, ())
    """

    name: str
    title: str
    claims: Callable[[str], bool]
    read: Callable[[str, Path | None, Form], Parts]
    facts: Facts | None = None
    takes: tuple[str, ...] = ()
    takes_dir: bool = False
    citation: Citation | None = None
    images: int | None = None

    def check(self, source: str, data_dir: Path | None, form: Form) -> None:
        """Raise SeedtrialError for a setting that does not apply to this kind of source."""
        for setting, purpose in FOR.items():
            if getattr(form, setting) is not None and setting not in self.takes:
                raise SeedtrialError(f"data.{setting} is for {purpose}; the images of '{source}' are used as they are.")
        if data_dir is not None and not self.takes_dir:
            reason = "needs no files" if self.facts else "is not built in"
            raise SeedtrialError(
                f"--data-dir says where a built-in data set's files are, but '{source}' {reason}; leave --data-dir out."
            )


def as_bytes(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Values as uint8: span[0] becomes 0, span[1] becomes 255, and what lies outside is cut off.

    >>> as_bytes(np.array([0.0, 0.5, 1.0, 7.0]), (0, 1)).tolist()
    [0, 128, 255, 255]
    """
    low, high = span
    scaled = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def has_suffix(source: str, suffix: str) -> bool:
    """Whether a source is the path of a file with this suffix, which may be missing.

    >>> has_suffix("images.NPZ", ".npz"), has_suffix("digits", ".npz")
    (True, False)
    """
    return Path(source).name.lower().endswith(suffix) and not Path(source).is_dir()


def files_in(folder: Path, suffix: str) -> list[Path]:
    """The files of a folder with this suffix, in small letters or capitals, sorted; those that a system hides left out.

    >>> files_in(Path(__file__).parent, ".md")
    []
    """
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == suffix and not path.name.startswith("."))


def is_or_holds(source: str, suffix: str) -> bool:
    """Whether a source is the path of a file with this suffix, or of a folder with such files.

    >>> is_or_holds("digits", ".npy")
    False
    """
    path = Path(source)
    try:
        return path.suffix.lower() == suffix if path.is_file() else bool(files_in(path, suffix))
    except OSError:  # a folder that may not be read
        return False
