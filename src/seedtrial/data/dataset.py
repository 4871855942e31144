"""A data set ready for an experiment: training and validation images in the open, the test part sealed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seedtrial.data import duplicates
from seedtrial.data import reader as source
from seedtrial.data import splits as stratified
from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.data.reader import Facts
from seedtrial.data.seal import Sealed
from seedtrial.errors import SeedtrialError
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Spec


class Validation(Spec):
    """Which images of the training part are kept back to choose by, unless the source has some of its own."""

    take: Literal["first", "last", "random", "stratified"] = Field(
        "stratified", description="which of them; stratified keeps the share of every class"
    )
    size: Count | Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, union_mode="left_to_right", description="a number of images, or a share of the training part in (0, 1)"
    )
    seed: int = Field(0, strict=True, ge=0, description="for random and stratified; the same for all runs")


class DataSpec(Spec):
    """Which images, how they are split, and how pixels become numbers."""

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
        """Images per class for each split; of the test part, no more than that is told."""
        open_splits = [split for split in (self.train, self.validation) if split is not None]
        told = {s.name: np.bincount(s.labels, minlength=len(self.classes)).tolist() for s in open_splits}
        return told | {"test": list(self.test.counts)}


def load(spec: DataSpec | str = "fashion-mnist", *, data_dir: Path | None = None) -> Dataset:
    """A data set, verified, split and sealed.

    spec:     a DataSpec, or a name or folder for one with the defaults
    data_dir: a folder with the files of a built-in data set, instead of the places known to have them

    A validation part that the source brings is the validation split; else `spec.validation` says how one is cut.

    Raises SeedtrialError when it cannot be had, is damaged, or cannot be split as asked.
    """
    spec = DataSpec(source=spec) if isinstance(spec, str) else spec
    parts = source.read(spec.source, data_dir, size=spec.size, channels=spec.channels)
    facts = _facts(parts)
    known = source.known_facts(spec.source)
    if known is not None and facts.fingerprint != known.fingerprint:
        raise SeedtrialError(f"'{spec.source}' from {parts.origin} is not the version that seedtrial knows.")
    train, validation = _divide(parts, spec)
    splits = [split for split in (train, validation, parts.test) if split is not None]
    return Dataset(
        name=spec.source,
        facts=facts,
        origin=parts.origin,
        train=train,
        validation=validation,
        test=Sealed(parts.test, classes=len(parts.classes), fingerprint=facts.fingerprint),
        duplicates=duplicates.shared({split.name: split.images for split in splits}),
        skipped=parts.skipped,
    )


def facts(spec: DataSpec, *, data_dir: Path | None = None) -> Facts:
    """What identifies the data, without reading it when it is built in."""
    known = source.known_facts(spec.source)
    if known is not None:
        source.refuse_form(spec.source, spec.size, spec.channels)
        return known
    return _facts(source.read(spec.source, data_dir, size=spec.size, channels=spec.channels))


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


def _divide(parts: Parts, spec: DataSpec) -> tuple[Split, Split | None]:
    """The training part cut into training and validation, where it has to be; cuts at an end share memory with it."""
    train = parts.train
    if parts.validation is not None or spec.validation is None:
        return train.take(slice(spec.limit), "train"), parts.validation
    kept, held = held_out(train.labels, spec.validation)
    if isinstance(kept, np.ndarray):
        kept = kept[: spec.limit]
        return train.take(kept, "train"), train.take(held, "validation")
    start, stop = kept.start or 0, kept.stop if kept.stop is not None else len(train)
    kept = slice(start, min(stop, start + spec.limit) if spec.limit else stop)
    return train.take(kept, "train"), train.take(held, "validation")


def held_out(labels: np.ndarray, spec: Validation) -> tuple[slice | np.ndarray, slice | np.ndarray]:
    """Which images stay for training and which are held out for validation, as slices or sorted index arrays.

    labels: (N,) int64

    A share is cut where Keras's validation_split cuts: the training part keeps floor(N * (1 - share)).
    """
    total = len(labels)
    size = total - int(total * (1 - spec.size)) if isinstance(spec.size, float) else spec.size
    if not 0 < size < total:
        raise SeedtrialError(f"data.validation.size asks for {size:,} of {total:,} training images; some must be left.")
    if spec.take == "first":
        return slice(size, None), slice(0, size)
    if spec.take == "last":
        return slice(0, total - size), slice(total - size, None)
    generator = Seeds(spec.seed).numpy("split")
    if spec.take == "random":
        held = generator.permutation(total)[:size]
    else:
        held = stratified.draw(labels, size, generator)
    mask = np.zeros(total, bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)
