"""A data set ready for an experiment: open training and validation images, a sealed test part."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seedtrial.data import duplicates, readers
from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.data.reader import Facts, Form
from seedtrial.data.seal import Sealed
from seedtrial.data.splits import Validation, divide
from seedtrial.errors import SeedtrialError
from seedtrial.spec import Count, Spec


class DataSpec(Spec):
    """Which images, how they are split, and how pixels become numbers.

    >>> DataSpec(source="digits", limit=100).scaling
    'unit'
    """

    source: str = Field("fashion-mnist", description="a built-in data set, or the path of a folder or file")
    size: Annotated[Count, Field(le=2048)] | None = Field(
        None, description="pictures are resized to squares of this side, pixels; None: all have one size already"
    )
    channels: Literal[1, 3] | None = Field(None, description="pictures only: 1 grey, 3 colour; None: 3")
    validation: Validation | None = Field(
        Validation(),
        description="None: train on the whole training part; ignored where the source has a validation part",
    )
    limit: Count | None = Field(None, description="train on this many images only, the first ones")
    scaling: Literal["unit", "standard"] = Field(
        "unit", description="unit: pixels / 255; standard: mean 0 and deviation 1 over the training images, per channel"
    )

    @property
    def form(self) -> Form:
        """The size and channels that pictures are converted to."""
        return Form(self.size, self.channels)


@dataclass(frozen=True)
class Dataset:
    """Open training and validation images, and a sealed test part.

    origin:     where the bytes came from
    duplicates: number of images of the second split that are in the first too, e.g. {"train/test": 1}
    skipped:    files of the source that could not be used, and why

    >>> load("digits").duplicates
    {'train/validation': 0, 'train/test': 0, 'validation/test': 0}
    """

    name: str
    facts: Facts
    origin: str
    train: Split
    validation: Split | None
    test: Sealed
    duplicates: dict[str, int]
    skipped: tuple[Skipped, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the labels."""
        return self.facts.classes

    def counts(self) -> dict[str, list[int]]:
        """Images per class in each split; this is all that a sealed test part shows."""
        open_splits = [split for split in (self.train, self.validation) if split is not None]
        counts = {s.name: np.bincount(s.labels, minlength=len(self.classes)).tolist() for s in open_splits}
        return counts | {"test": list(self.test.counts)}


def load(spec: DataSpec | str = "fashion-mnist", *, data_dir: Path | None = None) -> Dataset:
    """A data set, verified and split, with its test part sealed.

    spec:     a DataSpec, or a name or path for one with the defaults
    data_dir: a folder with the files of a built-in data set; it is then not looked for elsewhere

    Raises SeedtrialError when the data set cannot be found, is damaged, or cannot be split as asked.

    >>> digits = load("digits")
    >>> len(digits.train), len(digits.validation), len(digits.test)
    (1293, 144, 360)
    """
    spec = DataSpec(source=spec) if isinstance(spec, str) else spec
    source, data_dir = readers.resolved(spec.source, data_dir)
    parts = readers.read(source, data_dir, spec.form)
    facts = _facts(parts)
    known = readers.reader_for(source).facts
    if known is not None and facts.fingerprint != known.fingerprint:
        raise SeedtrialError(f"'{source}' from {parts.origin} is not the version that seedtrial knows.")
    train, validation = divide(parts, spec.validation, spec.limit)
    splits = [split for split in (train, validation, parts.test) if split is not None]
    return Dataset(
        name=source,
        facts=facts,
        origin=parts.origin,
        train=train,
        validation=validation,
        test=Sealed(parts.test, classes=len(parts.classes), fingerprint=facts.fingerprint),
        duplicates=duplicates.shared({split.name: split.images for split in splits}),
        skipped=parts.skipped,
    )


def facts(spec: DataSpec, *, data_dir: Path | None = None) -> Facts:
    """What identifies the data; a built-in data set is not read for it.

    >>> facts(DataSpec(source="digits")).shape
    (1, 8, 8)
    """
    source, data_dir = readers.resolved(spec.source, data_dir)
    reader = readers.reader_for(source)
    if reader.facts is not None:
        reader.check(source, None, spec.form)
        return reader.facts
    return _facts(readers.read(source, data_dir, spec.form))


def fingerprint(parts: Parts) -> str:
    """SHA-256 over the shapes, images and labels of all parts: equal for equal data, wherever it came from.

    >>> fingerprint(readers.read("digits"))[:12]
    'ed44642ab3b1'
    """
    total = hashlib.sha256()
    for split in parts.splits:
        for array in (split.images, split.labels):
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def _facts(parts: Parts) -> Facts:
    channels, height, width = parts.train.images.shape[1:]
    shape = (channels, height, width)
    return Facts(fingerprint(parts), parts.classes, shape, len(parts.train), len(parts.test))
