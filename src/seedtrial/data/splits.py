"""Which images are for training, for validation and for the test."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.errors import SeedtrialError
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Spec

SHARE = 0.2  # of the training part, kept back as test part where a source has none
SEED = 20_191_212  # of that draw, always the same: an image that is sealed once stays sealed in every study
KEPT_BACK = f"{SHARE:.0%} of the training part, drawn by seed, are the test part"


class Validation(Spec):
    """Which images of the training part are held out for validation; unused where the source has a validation part.

    >>> Validation(take="last", size=5_000).size
    5000
    """

    take: Literal["first", "last", "random", "stratified"] = Field(
        "stratified", description="which of them; stratified keeps the share of every class"
    )
    size: Count | Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, union_mode="left_to_right", description="a number of images, or a share of the training part in (0, 1)"
    )
    seed: int = Field(0, strict=True, ge=0, description="for random and stratified; the same for all runs")


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
    return np.concatenate(
        [
            generator.permutation(np.flatnonzero(labels == label))[:count]
            for label, count in zip(classes, rounded, strict=True)
        ]
    )


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
    drawn = np.zeros(len(whole), bool)
    drawn[draw(whole.labels, round(SHARE * len(whole)), Seeds(SEED).numpy("split"))] = True
    return whole.take(np.flatnonzero(~drawn), "train"), whole.take(np.flatnonzero(drawn), "test")


def parts_of(
    splits: dict[str, Split], classes: tuple[str, ...], origin: str, skipped: tuple[Skipped, ...] = ()
) -> Parts:
    """Parts from splits named train, test and validation; without a test split, `keep_back` makes one.

    Raises SeedtrialError when a class has no training image, or too few for a test part.

    >>> whole = Split("train", np.zeros((10, 1, 2, 2), np.uint8), np.array([0, 1] * 5))
    >>> parts_of({"train": whole}, ("cat", "dog"), "here").origin
    'here (20% of the training part, drawn by seed, are the test part)'
    """
    missing = sorted(set(range(len(classes))) - set(splits["train"].labels.tolist()))
    if missing:
        raise SeedtrialError(
            f"The training part of {origin} has no image of class {missing[0]}, but there are {len(classes)} classes; "
            "labels count the classes from 0."
        )
    if "test" not in splits:
        train, test = keep_back(splits["train"], classes, origin)
        splits, origin = splits | {"train": train, "test": test}, f"{origin} ({KEPT_BACK})"
    return Parts(splits["train"], splits["test"], classes, origin, splits.get("validation"), skipped)


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
    kept, held = held_out(train.labels, validation)
    if isinstance(kept, np.ndarray):
        kept = kept[:limit]
        return train.take(kept, "train"), train.take(held, "validation")
    start, stop = kept.start or 0, kept.stop if kept.stop is not None else len(train)
    kept = slice(start, min(stop, start + limit) if limit else stop)
    return train.take(kept, "train"), train.take(held, "validation")


def held_out(labels: np.ndarray, spec: Validation) -> tuple[slice | np.ndarray, slice | np.ndarray]:
    """Which images are kept for training and which are held out for validation, as slices or sorted indices.

    labels: (N,) int64

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
