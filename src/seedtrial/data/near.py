"""Images that are nearly the same: saved again, resized, brightened, mirrored, or the next shot of a series.

One of them in the training part and the other in the test part makes a test score look better than it is, although no
two pixels are equal.

N images, C channels, D numbers that describe an image.
"""

from dataclasses import dataclass

import numpy as np

from seedtrial.data.parts import Parts
from seedtrial.words import counted

SIDE = 16  # pixels of the small images that are compared; smaller images have too little detail to tell
MOST = 10_000  # images; more would take longer than loading them
FAR = 14.0  # deviations above the similarity of usual images; benchmarks/own/near.py says what it finds
LEAST = 0.6  # similarity: where usual images hardly differ in it, 14 deviations are not much
REFERENCES = 512  # images that say how similar usual images are
USUAL = 0.9  # of them are less similar to an image than those of its own kind
CHUNK = 1024  # images at once


def pairs(images: np.ndarray) -> np.ndarray:
    """The pairs of images that are nearly the same, or mirror images of each other.

    images: (N, C, H, W) uint8
    Returns (P, 2) int64, the positions of each pair, the smaller one first, in rising order; none where the images are
    smaller than 16 pixels or more than 10,000.

    Two images are similar as their colours on a grid of 16 x 16 and the edges in it correlate. What is unusually
    similar is measured on the images themselves, since all shirts on white ground are alike: the similarity that one
    image in ten exceeds, as the median over images, plus 14 times its median deviation, after Fisher's
    transformation; and at least 0.6.

    >>> noise = np.random.default_rng(0).integers(0, 256, (30, 1, 16, 16), dtype=np.uint8)
    >>> brighter = (noise[:1] * 0.8 + 40).astype(np.uint8)
    >>> pairs(np.concatenate([noise, brighter, noise[1:2, :, :, ::-1]])).tolist()
    [[0, 30], [1, 31]]
    """
    if not 2 <= len(images) <= MOST or min(images.shape[2:]) < SIDE:
        return np.empty((0, 2), np.int64)
    small = _small(images)
    described, mirrored = _described(small), _described(small[..., ::-1])
    limit = _limit(described, mirrored)
    alike = []
    for start in range(0, len(images), CHUNK):
        rows = described[start : start + CHUNK]
        similarity = np.maximum(rows @ described[start:].T, rows @ mirrored[start:].T)
        first, second = np.nonzero(similarity > limit)
        alike.append(np.stack([first, second], axis=1)[first < second] + start)
    return np.concatenate(alike)


def families(pairs: np.ndarray, count: int) -> np.ndarray:
    """The family of each image: those that are joined by pairs, directly or by others, are one.

    pairs: (P, 2) int64, as `pairs` gives them
    count: number of images
    Returns (count,) int64, the first image of the family.

    >>> families(np.array([[1, 2], [2, 4]]), 5).tolist()
    [0, 1, 1, 3, 1]
    """
    family = np.arange(count)
    for first, second in pairs.tolist():
        one, other = sorted((int(family[first]), int(family[second])))
        if one != other:
            family[family == other] = one
    return family


@dataclass(frozen=True)
class Twins:
    """How many images are nearly the same as another one, and how many test images have such a twin in another part.

    >>> print(Twins(images=12, tested=0))
    12 images are nearly the same as another one; no test images have such a twin in another part.
    """

    images: int
    tested: int

    def __str__(self) -> str:
        have = "1 test image has" if self.tested == 1 else f"{self.tested or 'no'} test images have"
        optimistic = ", so test scores are optimistic" if self.tested else ""
        return (
            f"{counted(self.images, 'image')} are nearly the same as another one; {have} such a twin in another part"
            f"{optimistic}."
        )


def twins(parts: Parts) -> Twins:
    """The images of all parts that are nearly the same as another one; none where `pairs` does not compare them.

    >>> from seedtrial.data.readers import read
    >>> twins(read("digits")).images
    0
    """
    if sum(map(len, parts.splits)) > MOST:
        return Twins(0, 0)
    alike = pairs(np.concatenate([split.images for split in parts.splits]))
    part = np.repeat([split.name for split in parts.splits], [len(split) for split in parts.splits])
    across = alike[part[alike[:, 0]] != part[alike[:, 1]]]
    return Twins(len(np.unique(alike)), len(np.unique(across[part[across] == "test"])))


def _small(images: np.ndarray) -> np.ndarray:
    """(N, C, SIDE, SIDE) float32: the mean of the pixels below each field of the grid."""
    down, across = (_shares(side) for side in images.shape[2:])
    return np.concatenate(
        [down @ images[start : start + CHUNK].astype(np.float32) @ across.T for start in range(0, len(images), CHUNK)]
    )


def _shares(length: int) -> np.ndarray:
    """(SIDE, length): how much of each pixel lies in each field, so that a row is a mean."""
    edges = np.arange(SIDE + 1) * length / SIDE
    left, right = np.maximum(edges[:-1, None], np.arange(length)), np.minimum(edges[1:, None], np.arange(length) + 1)
    return (np.maximum(right - left, 0) * SIDE / length).astype(np.float32)


def _described(small: np.ndarray) -> np.ndarray:
    """(N, D) float32 of length 1, whose products are similarities: colours and edges count equally."""
    colours = small - small.mean(axis=(2, 3), keepdims=True)
    grey = small.mean(axis=1)
    edges = [np.diff(grey, axis=axis).reshape(len(small), -1) for axis in (1, 2)]
    half = [_unit(colours.reshape(len(small), -1)), _unit(np.concatenate(edges, axis=1))]
    return np.concatenate(half, axis=1) / np.float32(np.sqrt(2))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def _limit(described: np.ndarray, mirrored: np.ndarray) -> float:
    """The similarity from which two images count as nearly the same."""
    some = np.random.default_rng(0).choice(len(described), min(REFERENCES, len(described)), replace=False)
    similarity = np.maximum(described[some] @ described[some].T, described[some] @ mirrored[some].T)
    usual = np.arctanh(np.quantile(similarity, USUAL, axis=1).clip(-0.999, 0.9999))
    deviation = 1.4826 * np.median(np.abs(usual - np.median(usual)))
    return float(np.tanh(np.median(usual) + FAR * deviation).clip(LEAST, 0.9995))
