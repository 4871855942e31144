"""What every source delivers: a training part and a test part, as arrays, before any split or seal."""

import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seedtrial.errors import SeedtrialError


@dataclass(frozen=True)
class Split:
    """Images and labels that may be looked at.

    images: (N, C, H, W) uint8
    labels: (N,) int64, in [0, number of classes)

    >>> len(Split("train", np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 0])))
    3
    """

    name: str
    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray | slice, name: str) -> "Split":
        """Some of the images; a slice shares memory, an index array copies."""
        return Split(name, self.images[index], self.labels[index])


class Skipped(NamedTuple):
    """A file of a source that could not be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Parts:
    """A source's training part and test part, the names of its classes, and where its bytes came from.

    validation: the images to choose by, if the source says which they are; else they are taken from the training part
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    origin: str
    validation: Split | None = None
    skipped: tuple[Skipped, ...] = ()

    @property
    def splits(self) -> tuple[Split, ...]:
        """All parts there are; a validation part comes last."""
        return (self.train, self.test) if self.validation is None else (self.train, self.test, self.validation)

    def __post_init__(self) -> None:
        for split in self.splits:
            if len(split.images) != len(split.labels):
                raise SeedtrialError(
                    f"The {split.name} part of {self.origin} has {len(split.images)} images, "
                    f"but {len(split.labels)} labels."
                )
            if not len(split):
                raise SeedtrialError(f"The {split.name} part of {self.origin} is empty.")
            top = int(split.labels.max())
            if top >= len(self.classes):
                raise SeedtrialError(
                    f"A label in the {split.name} part of {self.origin} is {top}, "
                    f"but there are only {len(self.classes)} classes (0 to {len(self.classes) - 1})."
                )
        for split in self.splits[1:]:
            if self.train.images.shape[1:] != split.images.shape[1:]:
                raise SeedtrialError(
                    f"Training images of {self.origin} have shape {self.train.images.shape[1:]}, "
                    f"{split.name} images {split.images.shape[1:]}."
                )
        if not self.train.images[0].size:
            raise SeedtrialError(f"The images of {self.origin} have no pixels.")
        twice = next((name for name in self.classes if self.classes.count(name) > 1), None)
        if twice is not None:
            raise SeedtrialError(f"Two classes of {self.origin} are called '{twice}'; nobody could tell them apart.")
        if any(unicodedata.category(letter) == "Cc" for name in self.classes for letter in name):
            raise SeedtrialError(f"A class name of {self.origin} has control characters in it.")
        if len(self.classes) < 2:
            raise SeedtrialError(f"{self.origin} has only one class; there is nothing to tell apart.")
