"""Which images are for training, for validation and for the test."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seedtrial.data.folds import deal
from seedtrial.data.groups import grouped
from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.errors import SeedtrialError
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Spec, Unit
from seedtrial.words import printable

SHARE = 0.2  # of the training part, kept back as test part where a source has none
SEED = 20_191_212  # of that draw, always the same: an image that is sealed once stays sealed in every study
KEPT_BACK = f"{SHARE:.0%} of the training part, drawn by seed, are the test part"


class Validation(Spec):
    """Which images of the training part are held out for validation; unused where the source has a validation part.

    >>> Validation(take="last", size=5_000).size
    5000
    """

    take: Literal["first", "last", "random", "stratified"] = Field(
        "stratified", description="which images; stratified keeps the share of every class"
    )
    size: Annotated[Count | Annotated[float, Field(gt=0, lt=1)], Unit("images or a share")] = Field(
        0.1,
        union_mode="left_to_right",
        examples=[5000],
        description="a number of images, or a share of the training part in (0, 1)",
    )
    seed: int = Field(0, strict=True, ge=0, description="of the draw, if random or stratified; the same for all runs")
    fixed: Literal[True] | None = Field(
        None, description="true: with folds, all have the same validation images, which are never test images"
    )


def draw(labels: np.ndarray, size: int, generator: np.random.Generator) -> np.ndarray:
    """Random indices of `size` images, stratified: each class keeps its share.

    labels: (N,) int64
    Returns (size,) int64, class by class. Shares are rounded by largest remainders, so that they add up to `size`.

    >>> labels = np.array([0] * 6 + [1] * 2)
    >>> np.bincount(labels[draw(labels, 4, np.random.default_rng(0))]).tolist()
    [3, 1]
    """
    classes, counts = np.unique(labels, return_counts=True)
    exact = counts * (size / len(labels))
    rounded = np.floor(exact).astype(int)
    for position in np.argsort(rounded - exact, kind="stable")[: size - rounded.sum()]:
        rounded[position] += 1
    # A small class would be drawn whole where its share is rounded up; another class gives one more image instead.
    for position in np.flatnonzero(rounded == counts):
        spare = counts - rounded
        if spare.max() > 1:
            rounded[position] -= 1
            rounded[spare.argmax()] += 1
    return np.concatenate(
        [
            generator.permutation(np.flatnonzero(labels == label))[:count]
            for label, count in zip(classes, rounded, strict=True)
        ]
    )


def draw_groups(labels: np.ndarray, share: float, generator: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    """Random indices of about a share of the images: classes keep their shares, and no group is parted.

    Raises SeedtrialError when there are too few groups.

    >>> groups = np.repeat(["a", "b", "c", "d", "e"], 4)
    >>> len(draw_groups(np.zeros(20, int), 0.2, np.random.default_rng(0), groups))
    4
    """
    number = max(2, round(1 / min(share, 1 - share)))
    if len(np.unique(groups)) < number:
        count = len(np.unique(groups))
        raise SeedtrialError(
            f"{share:.0%} of the images cannot be held out: there {'is' if count == 1 else 'are'} {count} "
            f"group{'s' * (count != 1)}, and at least {number} are needed so that none is parted."
        )
    held = deal(labels, number, generator, groups) == 0
    return np.flatnonzero(held if share <= 0.5 else ~held)


def keep_back(whole: Split, classes: tuple[str, ...], origin: str) -> tuple[Split, Split]:
    """A training part divided into training and test, stratified; always the same images for the same part.

    Both are copies, so that no view of the training images leads to sealed ones.
    Raises SeedtrialError when a class has fewer than five images, of which one is kept back.

    >>> whole = Split("train", np.zeros((10, 1, 2, 2), np.uint8), np.array([0, 1] * 5))
    >>> [len(split) for split in keep_back(whole, ("cat", "dog"), "here")]
    [8, 2]
    """
    counts = np.bincount(whole.labels, minlength=len(classes)).tolist()
    fewest, least = min(counts), round(1 / SHARE)
    if fewest < least:
        raise SeedtrialError(
            f"The class '{classes[counts.index(fewest)]}' of {origin} has {fewest} image{'s' * (fewest != 1)}; "
            f"where there is no test part, each class needs at least {least}, of which one is kept back for the test."
        )
    generator = Seeds(SEED).numpy("split")
    drawn = np.zeros(len(whole), bool)
    if whole.groups is None:
        drawn[draw(whole.labels, round(SHARE * len(whole)), generator)] = True
    else:
        drawn[draw_groups(whole.labels, SHARE, generator, whole.groups)] = True
    return whole.take(np.flatnonzero(~drawn), "train"), whole.take(np.flatnonzero(drawn), "test")


def parts_of(
    splits: dict[str, Split],
    classes: tuple[str, ...] | None,
    origin: str,
    skipped: tuple[Skipped, ...] = (),
    notes: tuple[str, ...] = (),
    groups: str | None = None,
) -> Parts:
    """Parts from splits named train, test and validation; without a test split, `keep_back` makes one.

    classes: the name of each label; None: the labels themselves are the names
    groups:  what belongs together, as `grouped` takes it

    Classes without any image are dropped with a note, and labels count on without them. So a data set whose labels
    skip a number, or start at 1, has the classes that occur.

    Raises SeedtrialError when a class of another split has no training image, or too few for a test part.

    >>> whole = Split("train", np.zeros((10, 1, 2, 2), np.uint8), np.array([1, 3] * 5))
    >>> parts = parts_of({"train": whole}, None, "here")
    >>> parts.classes, parts.train.labels[:4].tolist()
    (('1', '3'), [0, 1, 0, 1])
    """
    for name, split in splits.items():
        if not len(split):
            raise SeedtrialError(f"The {name} part of {origin} is empty.")
        if len(split.images) != len(split.labels):
            raise SeedtrialError(
                f"The {name} part of {origin} has {len(split.images)} images, but {len(split.labels)} labels."
            )
    present = np.unique(splits["train"].labels)
    _check_labels(splits, present, classes, origin)
    dropped = _dropped(present, classes)
    if dropped:
        number = {int(label): position for position, label in enumerate(present)}
        splits = {
            name: replace(split, labels=np.array([number[label] for label in split.labels.tolist()], np.int64))
            for name, split in splits.items()
        }
        notes = (*notes, dropped)
    names = tuple(str(label) if classes is None else _marked(classes[label]) for label in present.tolist())
    if len(names) < 2:
        raise SeedtrialError(f"{origin} has only one class; a classifier needs two or more.")
    for name, split in splits.items():
        absent = [names[label] for label in np.flatnonzero(np.bincount(split.labels, minlength=len(names)) == 0)]
        if absent:
            notes = (*notes, f"The {name} part has no image of {listed(absent)}.")
    if groups is not None:
        splits, note = grouped(splits, groups, origin)
        notes = (*notes, note)
    if "test" not in splits:
        train, test = keep_back(splits["train"], names, origin)
        splits, origin = splits | {"train": train, "test": test}, f"{origin} ({KEPT_BACK})"
    return Parts(splits["train"], splits["test"], names, origin, splits.get("validation"), skipped, notes)


def _marked(name: str) -> str:
    """A class name with a mark for what would turn the direction of a page; `Parts` refuses control characters."""
    return name if any(unicodedata.category(letter) == "Cc" for letter in name) else printable(name)


def _check_labels(splits: dict[str, Split], present: np.ndarray, classes: tuple[str, ...] | None, origin: str) -> None:
    """Raise SeedtrialError for a label without a class, and for one that only another part has."""
    for name, split in splits.items():
        top = int(split.labels.max())
        if classes is not None and top >= len(classes):
            raise SeedtrialError(
                f"A label in the {name} part of {origin} is {top}, but there are only {len(classes)} classes "
                f"(0 to {len(classes) - 1})."
            )
        unknown = np.setdiff1d(split.labels, present)
        if len(unknown):
            label = int(unknown[0])
            raise SeedtrialError(
                f"The {name} part of {origin} has images of class {label if classes is None else classes[label]}, but "
                "the training part has none."
            )


def _dropped(present: np.ndarray, classes: tuple[str, ...] | None) -> str:
    """A note about the labels that no image has; empty where labels count 0, 1, 2, ..."""
    if present.tolist() == list(range(len(present) if classes is None else len(classes))):
        return ""
    if classes is not None:
        absent = [name for label, name in enumerate(classes) if label not in present]
        return f"No image is of {listed(absent)}; {len(present)} of {len(classes)} classes are used."
    low, high = int(present.min()), int(present.max())
    gaps = [str(label) for label in range(low, high + 1) if label not in present] if high - low < 10_000 else []
    without = f" without {listed(gaps)}" if gaps else ""
    return f"The labels run from {low} to {high}{without}; the {len(present)} classes are those that occur."


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are.

    >>> listed(["a", "b"]), listed([*"abcdef"])
    ('a, b', 'a, b, c and 3 more')
    """
    more = len(names) - most
    return ", ".join(name if len(name) <= 40 else name[:39] + "…" for name in names[:most]) + (
        f" and {more:,} more" if more > 0 else ""
    )


def divide(parts: Parts, validation: Validation | None, limit: int | None) -> tuple[Split, Split | None]:
    """The training and validation images of a source. A validation part of its own is taken as it is.

    limit: train on this many images only, the first ones; validation is not limited

    "first" and "last" give views of the training part, without a copy.

    >>> from seedtrial.data.readers import read
    >>> train, validation = divide(read("digits"), Validation(size=100), limit=500)
    >>> len(train), len(validation)
    (500, 100)
    """
    train = parts.train
    if parts.validation is not None or validation is None:
        return train.take(slice(limit), "train"), parts.validation
    kept, held = held_out(train.labels, validation, train.groups)
    if isinstance(kept, np.ndarray):
        kept = kept[:limit]
        return train.take(kept, "train"), train.take(held, "validation")
    start, stop = kept.start or 0, kept.stop if kept.stop is not None else len(train)
    kept = slice(start, min(stop, start + limit) if limit else stop)
    return train.take(kept, "train"), train.take(held, "validation")


def held_out(
    labels: np.ndarray, spec: Validation, groups: np.ndarray | None = None
) -> tuple[slice | np.ndarray, slice | np.ndarray]:
    """Which images are kept for training and which are held out for validation, as slices or sorted indices.

    labels: (N,) int64
    groups: (N,); whole groups are held out

    A share is cut where Keras's validation_split cuts: floor(N * (1 - share)) images are kept.
    Raises SeedtrialError when nothing would be kept.

    >>> held_out(np.zeros(10, int), Validation(take="last", size=0.2))
    (slice(0, 8, None), slice(8, None, None))
    """
    total = len(labels)
    size = total - int(total * (1 - spec.size)) if isinstance(spec.size, float) else spec.size
    if not 0 < size < total:
        raise SeedtrialError(
            f"data.validation.size asks for {size:,} of {total:,} training images; some must be left to train on."
        )
    if groups is not None:
        held = _held_groups(labels, spec, size, groups)
        return np.setdiff1d(np.arange(total), held), held
    if spec.take == "first":
        return slice(size, None), slice(0, size)
    if spec.take == "last":
        return slice(0, total - size), slice(total - size, None)
    generator = Seeds(spec.seed).numpy("split")
    if spec.take == "random":
        held = generator.permutation(total)[:size]
    else:
        held = draw(labels, size, generator)
    mask = np.zeros(total, bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _held_groups(labels: np.ndarray, spec: Validation, size: int, groups: np.ndarray) -> np.ndarray:
    """As `held_out`, where images come in groups."""
    if spec.take not in ("first", "last"):
        return draw_groups(labels, size / len(labels), Seeds(spec.seed).numpy("split"), groups)
    start = 0 if spec.take == "first" else len(labels) - size
    held = np.arange(start, start + size)
    parted = np.intersect1d(groups[held], np.delete(groups, held))
    if len(parted):
        raise SeedtrialError(
            f"data.validation.take={spec.take} puts the group '{parted[0]}' into training and validation; use "
            "data.validation.take=stratified."
        )
    return held
