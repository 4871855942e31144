"""Which images are for training, for validation and for the test: cuts, draws, and shares of every class."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seedtrial.data.parts import Parts, Split
from seedtrial.errors import SeedtrialError
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Spec

SHARE = 0.2  # of the training part, kept back where a source brings no test part
SEED = 20_191_212  # of that draw, always the same: what is sealed once stays sealed in every study
KEPT_BACK = f"{SHARE:.0%} of the training part, drawn by seed, are the test part"


class Validation(Spec):
    """Which images of the training part are kept back to choose by, unless the source has some of its own.

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
    """`size` indices with each class's share, rounded by largest remainders so that they add up to `size`.

    labels: (N,) int64

    >>> sorted(draw(np.array([0] * 6 + [1] * 2), 4, np.random.default_rng(0)).tolist())[-1] > 5
    True
    """
    classes, counts = np.unique(labels, return_counts=True)
    exact = counts * (size / len(labels))
    wanted = np.floor(exact).astype(int)
    for position in np.argsort(wanted - exact, kind="stable")[: size - wanted.sum()]:
        wanted[position] += 1
    return np.concatenate(
        [
            generator.permutation(np.flatnonzero(labels == label))[:count]
            for label, count in zip(classes, wanted, strict=True)
        ]
    )


def keep_back(whole: Split, classes: tuple[str, ...], origin: str) -> tuple[Split, Split]:
    """A training part cut into one that stays and a test part; they share no memory, nor any with `whole`.

    Raises SeedtrialError when a class has too few images for one of them to be its share.
    """
    counts = np.bincount(whole.labels, minlength=len(classes)).tolist()
    fewest, least = min(counts), round(1 / SHARE)
    if fewest < least:
        raise SeedtrialError(
            f"The class '{classes[counts.index(fewest)]}' of {origin} has {fewest} image{'s' * (fewest != 1)}; "
            f"without a test part of its own, it needs at least {least}, of which one is kept back for the test."
        )
    drawn = np.zeros(len(whole), bool)
    drawn[draw(whole.labels, round(SHARE * len(whole)), Seeds(SEED).numpy("split"))] = True
    return whole.take(np.flatnonzero(~drawn), "train"), whole.take(np.flatnonzero(drawn), "test")


def divide(parts: Parts, validation: Validation | None, limit: int | None) -> tuple[Split, Split | None]:
    """The training part cut into training and validation, where it has to be; cuts at an end share memory with it.

    limit: train on the first so many images only
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
    """Which images stay for training and which are held out for validation, as slices or sorted index arrays.

    labels: (N,) int64

    A share is cut where Keras's validation_split cuts: the training part keeps floor(N * (1 - share)).

    >>> held_out(np.zeros(10, int), Validation(take="last", size=0.2))
    (slice(0, 8, None), slice(8, None, None))
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
        held = draw(labels, size, generator)
    mask = np.zeros(total, bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)
