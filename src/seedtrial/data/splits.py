"""Shares in which every class has its part, and the test part of data that come without one."""

import numpy as np

from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.seeds import Seeds

SHARE = 0.2  # of the training part, kept back where a source brings no test part
SEED = 20_191_212  # of that draw, always the same: what is sealed once stays sealed in every study
KEPT_BACK = f"{SHARE:.0%} of the training part, drawn by seed, are the test part"


def draw(labels: np.ndarray, size: int, generator: np.random.Generator) -> np.ndarray:
    """`size` indices with each class's share, rounded by largest remainders so that they add up to `size`.

    labels: (N,) int64
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
