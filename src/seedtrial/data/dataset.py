"""A data set ready for an experiment: training and validation images in the open, the test part sealed."""

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

    source: str = Field("fashion-mnist", description="a built-in data set, a folder of IDX files or pictures, a file")
    size: Annotated[Count, Field(le=2048)] | None = Field(
        None, description="side of the square that pictures are brought to, pixels; None: they have one size already"
    )
    channels: Literal[1, 3] | None = Field(None, description="of pictures: 1 grey, 3 colour; None: 3")
    validation: Validation | None = Field(
        Validation(),
        description="None: train on the whole training part; where the source has a validation part (a folder val), "
        "that part is used and this setting is not",
    )
    limit: Count | None = Field(None, description="train on the first so many images only")
    scaling: Literal["unit", "standard"] = Field(
        "unit", description="unit: pixels / 255; standard: mean 0 and deviation 1 over the training images, per channel"
    )

    @property
    def form(self) -> Form:
        """What pictures are brought to."""
        return Form(self.size, self.channels)


@dataclass(frozen=True)
class Dataset:
    """Images in the open, and a sealed test part.

    duplicates: number of images of the second split that stand in the first, e.g. {"train/test": 1}
    skipped:    files of the source that could not be used, and why
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
        """Images per class for each split; nothing else is known of the test set."""
        open_splits = [split for split in (self.train, self.validation) if split is not None]
        counts = {s.name: np.bincount(s.labels, minlength=len(self.classes)).tolist() for s in open_splits}
        return counts | {"test": list(self.test.counts)}


def load(spec: DataSpec | str = "fashion-mnist", *, data_dir: Path | None = None) -> Dataset:
    """A data set, verified, split and sealed.

    spec:     a DataSpec, or a name or folder for one with the defaults
    data_dir: a folder with the files of a built-in data set, instead of the places known to have them

    A validation part that the source brings is the validation split; else `spec.validation` says how one is cut.

    Raises SeedtrialError when it cannot be had, is damaged, or cannot be split as asked.

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
    """What identifies the data, without reading it when it is built in.

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
    """SHA-256 over the shapes, images and labels of all parts: equal for equal data, wherever it came from."""
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
