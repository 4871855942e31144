"""Agreement of raters on the same images, beyond what chance would give: Cohen's and Fleiss' kappa.

n images, C categories. 1 is complete agreement, 0 what raters would reach who answer at random with the same
frequencies, below 0 less than that. Intervals are percentiles of 1,000 bootstrap samples of the images: they cover
the same raters on other images of the kind.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.statistics import resamples


@dataclass(frozen=True)
class Kappa:
    """Agreement of two or more raters.

    images:    on how many images
    observed:  share of agreement, in [0, 1]; of more than two raters, of their pairs
    value:     kappa; nan without images, and where all answers are of one category, so that chance explains all
    low, high: 95 % interval over images; nan for a single image

    >>> a = one_hot(np.array([0, 1, 1, 0]), 2)
    >>> kappa = cohen(a, a, generator=np.random.default_rng(0))
    >>> kappa.images, kappa.observed, kappa.value
    (4, 1.0, 1.0)
    """

    images: int
    observed: float
    value: float
    low: float
    high: float


def cohen(a: np.ndarray, b: np.ndarray, *, generator: np.random.Generator) -> Kappa:
    """Cohen's kappa of two raters, each of which may be a crowd.

    a, b:      (n, C) rows sum to 1: the share of rater a's answers to an image in each category. Of one person or one
               network, 1 on the answer given (`one_hot`); of a crowd or of several seeds, the shares of their votes,
               and kappa is then of one member drawn at random from each side
    generator: draws the bootstrap samples

    Source: Cohen 1960, A coefficient of agreement for nominal scales.
    Raises ValueError when the shapes differ.

    >>> a = one_hot(np.array([0, 1, 1, 0]), 2)
    >>> cohen(a, a, generator=np.random.default_rng(0)).value
    1.0
    """
    if a.shape != b.shape:
        raise ValueError(f"raters {a.shape} and {b.shape} do not match")
    classes = a.shape[1]
    parts = np.column_stack([(a * b).sum(axis=1), a, b])  # (n, 1 + 2C), whose means are all that kappa needs

    def kappa(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Two raters who answer at random with their own frequencies agree by chance on the products of these.
        chance = (means[:, 1 : 1 + classes] * means[:, 1 + classes :]).sum(axis=1)
        return means[:, 0], chance

    return _bootstrapped(parts, kappa, generator)


def fleiss(counts: np.ndarray, *, generator: np.random.Generator) -> Kappa:
    """Fleiss' kappa of m >= 2 raters who all saw the same images.

    counts:    (n, C) integers: how many raters put the image into the category; rows sum to m
    generator: draws the bootstrap samples

    Source: Fleiss 1971, Measuring nominal scale agreement among many raters.
    Raises ValueError when the images have different numbers of raters, or fewer than two.

    >>> votes = np.array([[5, 0], [5, 0], [0, 5]])
    >>> fleiss(votes, generator=np.random.default_rng(0)).value
    1.0
    """
    raters = int(counts[0].sum()) if len(counts) else 2
    if raters < 2 or (counts.sum(axis=1) != raters).any():
        raise ValueError("Fleiss' kappa needs the same number of raters, at least two, on every image")
    # Of c raters in a category, c * (c - 1) ordered pairs agree; over categories that is sum(c^2) - raters.
    pairs = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))  # share of the pairs that agree
    parts = np.column_stack([pairs, counts / raters])

    def kappa(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return means[:, 0], (means[:, 1:] ** 2).sum(axis=1)

    return _bootstrapped(parts, kappa, generator)


def one_hot(answers: np.ndarray, categories: int) -> np.ndarray:
    """(n, C) float64 with 1 on each answer; answers: (n,) integers in [0, C).

    >>> one_hot(np.array([1, 0]), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return np.eye(categories)[answers]


def _bootstrapped(
    parts: np.ndarray,
    observed_and_chance: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    generator: np.random.Generator,
) -> Kappa:
    """Kappa from the means of the images' parts, and its interval from the means over resampled images."""
    n = len(parts)
    if n == 0:
        return Kappa(0, math.nan, math.nan, math.nan, math.nan)
    observed, chance = observed_and_chance(parts.mean(axis=0, keepdims=True))
    value = float(_beyond(observed, chance)[0])
    if n == 1 or math.isnan(value):
        return Kappa(n, float(observed[0]), value, math.nan, math.nan)
    # Kappa of a sample depends on means of parts alone, and counts @ parts / n are the means of many samples at once:
    # one matrix product in place of a thousand selections of images.
    samples = np.concatenate([_beyond(*observed_and_chance(w @ parts / n)) for w in resamples(n, generator)])
    # A sample whose answers are all of one category has no kappa. All images together have one, so most samples do.
    low, high = np.percentile(samples[~np.isnan(samples)], [2.5, 97.5])
    return Kappa(n, float(observed[0]), value, float(low), float(high))


def _beyond(observed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """(observed - chance) / (1 - chance), nan where chance explains all."""
    # Not room > 0: products of frequencies that sum to 1 in theory miss it by rounding.
    room = 1 - chance
    return np.divide(observed - chance, room, out=np.full(len(room), np.nan), where=room > 1e-12)
