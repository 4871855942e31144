"""Folds: every image is a test image once, and images of one group are never in two folds.

N images, K classes, G groups, F folds.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from seedtrial.data.parts import Split, joined
from seedtrial.errors import SeedtrialError
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Spec, Unit

ENOUGH = 2_000  # test images, whose interval is about 2.6 points wide at 90 %
USUAL = 5  # folds
SEED = 20_261_127  # of the division, always the same: whoever asks for 5 folds gets the same 5


class Fold(Spec):
    """One part of a data set that is divided into folds: its images are the test part, the others the training part.

    >>> print(Fold(number=2, of=5))
    fold 2 of 5
    """

    number: Count = Field(examples=[1], description="which of the folds is the test part, counted from 1")
    of: Annotated[Annotated[int, Field(strict=True, ge=2, le=1000)], Unit("folds")] = Field(
        examples=[5], description="number of folds"
    )
    repeat: Count = Field(1, description="which division into folds, counted from 1; each is drawn anew")

    @model_validator(mode="after")
    def _exists(self) -> "Fold":
        if self.number > self.of:
            raise ValueError(f"there is no fold {self.number} of {self.of}.")
        return self

    def __str__(self) -> str:
        return f"fold {self.number} of {self.of}" + (f", repeat {self.repeat}" if self.repeat > 1 else "")

    @property
    def suffix(self) -> str:
        """How the folder of its run ends."""
        return f"-f{self.number}of{self.of}" + (f"r{self.repeat}" if self.repeat > 1 else "")


def deal(
    labels: np.ndarray, folds: int, generator: np.random.Generator, groups: np.ndarray | None = None
) -> np.ndarray:
    """The fold of each image, in [0, folds): classes are spread evenly, and a group is in one fold only.

    labels: (N,) int64
    groups: (N,) of any kind; None: each image is a group of its own
    Returns (N,) int64.

    Source of the rule for groups: scikit-learn's StratifiedGroupKFold, here with least squares.

    >>> labels = np.array([0] * 6 + [1] * 3)
    >>> fold = deal(labels, 3, np.random.default_rng(0))
    >>> [np.bincount(labels[fold == number]).tolist() for number in range(3)]
    [[2, 1], [2, 1], [2, 1]]
    """
    # Our own, not scikit-learn's: a division must stay the same in every version, or a study could not go on.
    if groups is not None:
        return _deal_groups(labels, folds, generator, groups)
    shuffled = generator.permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]  # class by class, mixed within
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold


def _deal_groups(labels: np.ndarray, folds: int, generator: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, labels.max() + 1))  # (G, K) images of each class in each group
    np.add.at(counts, (group, labels), 1)
    per_class = np.maximum(counts.sum(axis=0), 1)
    shuffled = generator.permutation(len(counts))
    # Large groups first: small ones fill the gaps that these leave.
    order = shuffled[np.argsort(-(counts[shuffled] / per_class).sum(axis=1), kind="stable")]
    have, fold_of = np.zeros((folds, counts.shape[1])), np.empty(len(counts), np.int64)
    for number in order:
        # What the squares of the folds' shares of every class would grow by.
        cost = ((2 * have * counts[number] + counts[number] ** 2) / per_class**2).sum(axis=1)
        fold_of[number] = min(range(folds), key=lambda fold: (round(cost[fold], 12), have[fold].sum()))
        have[fold_of[number]] += counts[number]
    return fold_of[group]


def whole(train: Split, test: Split) -> Split:
    """The images that are divided: all of a source but its validation part, each with its position.

    Somebody may have chosen a network by the validation part of a source already, so it stays what it is.

    >>> from seedtrial.data.readers import read
    >>> digits = read("digits")
    >>> len(whole(digits.train, digits.test))
    1797
    """
    together = joined([replace(split, index=None) for split in (train, test)], "all")
    return replace(together, index=np.arange(len(together.labels)))


def usual_folds(counts: Sequence[int], test: int) -> int | None:
    """How many folds suit a data set; None where its test part says enough.

    counts: images of each class outside the test part
    test:   images in the test part

    >>> usual_folds([6000] * 10, 10_000), usual_folds([80, 90], 42), usual_folds([6, 3], 3)
    (None, 5, 3)
    """
    return None if test >= ENOUGH else max(2, min(USUAL, *counts))


def cut(every: Split, fold: Fold, classes: tuple[str, ...], origin: str) -> tuple[Split, Split]:
    """The images that are not in a fold, to train on, and those that are, to test on. Both are copies.

    every: all images of the data set, as `whole` gives them

    Raises SeedtrialError when a class has too few images, or groups, for both.

    >>> from seedtrial.data.readers import read
    >>> digits = read("digits")
    >>> train, test = cut(whole(digits.train, digits.test), Fold(number=1, of=5), digits.classes, "digits")
    >>> len(train), len(test)
    (1437, 360)
    """
    _check_enough(every, fold.of, classes, origin)
    generator = Seeds(SEED + fold.repeat).numpy("split")
    inside = deal(every.labels, fold.of, generator, every.groups) == fold.number - 1
    if not inside.any():
        raise SeedtrialError(f"{origin} has too few images, or groups, for {fold.of} folds; ask for fewer.")
    return every.take(np.flatnonzero(~inside), "train"), every.take(np.flatnonzero(inside), "test")


def _check_enough(every: Split, folds: int, classes: tuple[str, ...], origin: str) -> None:
    """Raise SeedtrialError where a class cannot be in training and test part, or there are more folds than images."""
    named = np.arange(len(every)) if every.groups is None else every.groups
    what = "image" if every.groups is None else "group"
    for label, name in enumerate(classes):
        count = len(np.unique(named[every.labels == label]))
        if count < 2:
            raise SeedtrialError(
                f"The class '{name}' of {origin} has {count} {what}{'s' * (count != 1)}; folds need at least 2 of each "
                "class, one to train on and one to test on."
            )
    most = len(np.unique(named))
    if folds > most:
        raise SeedtrialError(f"{origin} has {most} {what}s, too few for {folds} folds.")
