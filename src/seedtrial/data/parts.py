"""What every reader returns: a training part and a test part as arrays, before validation is split off."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seedtrial.errors import SeedtrialError

LONGEST = 255  # letters of a class name


@dataclass(frozen=True, repr=False)
class Split:
    """Images and labels that may be looked at.

    images: (N, C, H, W) uint8
    labels: (N,) int64, in [0, number of classes)
    names:  (N,) text, the file of each image within its source; None where images have no files
    groups: (N,) text, what each image shows or comes from, such as a patient; None where nothing is known
    index:  (N,) int64, the position of each image in the whole data set; only of folds

    >>> len(Split("train", np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 0])))
    3
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    names: np.ndarray | None = None
    groups: np.ndarray | None = None
    index: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        """One line, where the arrays would fill pages."""
        return f"Split({self.name}: {len(self)} images of {' x '.join(map(str, self.images.shape[1:]))})"

    def take(self, index: np.ndarray | slice, name: str) -> "Split":
        """Some of the images; a slice shares memory, an index array copies."""
        more = (None if rows is None else rows[index] for rows in (self.names, self.groups, self.index))
        return Split(name, self.images[index], self.labels[index], *more)


def joined(splits: Sequence[Split], name: str) -> Split:
    """The images of several splits, one after the other. Names and groups are kept where all of them have some.

    >>> half = Split("train", np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 0]))
    >>> len(joined([half, half], "all"))
    6
    """

    def rows(each: Sequence[np.ndarray | None]) -> np.ndarray | None:
        there = [one for one in each if one is not None]
        return np.concatenate(there) if len(there) == len(each) else None

    return Split(
        name,
        np.concatenate([split.images for split in splits]),
        np.concatenate([split.labels for split in splits]),
        rows([split.names for split in splits]),
        rows([split.groups for split in splits]),
        rows([split.index for split in splits]),
    )


class Skipped(NamedTuple):
    """A file of a source that could not be used, and why.

    >>> Skipped("train/hotdog/12.jpg", "damaged: image file is truncated").reason
    'damaged: image file is truncated'
    """

    path: str
    reason: str


@dataclass(frozen=True, repr=False)
class Parts:
    """A source's training part and test part, its class names, and where its bytes came from.

    classes:    the name of each label, in the order of the labels
    validation: the source's own validation part, if it has one; else validation images come from the training part
    skipped:    files that could not be used
    notes:      what the user may want to know about how the source was read, a sentence each

    Raises SeedtrialError when images, labels and class names do not fit together.

    >>> images, labels = np.zeros((2, 1, 8, 8), np.uint8), np.array([0, 1])
    >>> Parts(Split("train", images, labels), Split("test", images, labels), ("cat", "dog"), origin="here").classes
    ('cat', 'dog')
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    origin: str
    validation: Split | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Parts({self.origin}: {len(self.train)} + {len(self.test)} images, {len(self.classes)} classes)"

    @property
    def splits(self) -> tuple[Split, ...]:
        """Train, test and, where there is one, validation."""
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
                    f"Training images of {self.origin} have the shape {self.train.images.shape[1:]}, "
                    f"but {split.name} images have {split.images.shape[1:]}."
                )
        if not self.train.images[0].size:
            raise SeedtrialError(f"The images of {self.origin} have no pixels.")
        twice = next((name for name in self.classes if self.classes.count(name) > 1), None)
        if twice is not None:
            raise SeedtrialError(f"Two classes of {self.origin} are called '{twice}'; class names must differ.")
        odd = next((name for name in self.classes if not name.strip() or len(name) > LONGEST), None)
        if odd is not None:
            came = f"has {len(odd):,} letters" if odd.strip() else "is empty"
            raise SeedtrialError(f"A class name of {self.origin} {came}; expected 1 to {LONGEST}.")
        if any(unicodedata.category(letter) == "Cc" for name in self.classes for letter in name):
            raise SeedtrialError(f"A class name of {self.origin} contains control characters.")
        if len(self.classes) < 2:
            raise SeedtrialError(f"{self.origin} has only one class; a classifier needs two or more.")
