"""Look-alikes: nearly equal images of two classes, which explain why a network confuses these classes.

N images, C channels, H x W pixels.
"""

from dataclasses import dataclass

import numpy as np

MOST = 2_000  # images of a class that are compared, the first ones; 2,000 x 2,000 distances take 16 MB


@dataclass(frozen=True)
class Pair:
    """An image of each of two classes.

    first, second: indices among all images
    difference:    root mean square over pixels, in grey levels of 255

    >>> Pair(first=3, second=17, difference=12.5).difference
    12.5
    """

    first: int
    second: int
    difference: float


def confused_pairs(matrices: list[np.ndarray], *, most: int) -> list[tuple[int, int]]:
    """The pairs of classes that are confused most often, in either direction, over all recipes.

    matrices: confusion matrices (K, K), rows are true classes

    >>> confused_pairs([np.array([[5, 2, 0], [1, 6, 0], [0, 1, 7]])], most=2)
    [(0, 1), (1, 2)]
    """
    total = np.sum(matrices, axis=0)
    both = np.triu(total + total.T, k=1)
    order = np.argsort(-both, axis=None, kind="stable")[:most]
    pairs = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, both.shape), strict=True)]
    return [pair for pair in pairs if both[pair] > 0]


def lookalikes(images: np.ndarray, labels: np.ndarray, classes: tuple[int, int], *, most: int) -> list[Pair]:
    """The nearest neighbours across two classes by the Euclidean distance of pixels; no image stands in two pairs.

    images:  (N, C, H, W) uint8
    labels:  (N,) int64
    classes: the two
    most:    pairs at most

    >>> images = np.array([0, 10, 200], np.uint8).reshape(3, 1, 1, 1)
    >>> lookalikes(images, np.array([0, 1, 1]), (0, 1), most=1)
    [Pair(first=0, second=1, difference=10.0)]
    """
    indices = [np.flatnonzero(labels == number)[:MOST] for number in classes]
    first, second = (images[rows].reshape(len(rows), -1).astype(np.float32) for rows in indices)
    squared = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T  # (A, B)
    pairs = []
    for _ in range(min(most, *squared.shape)):
        a, b = np.unravel_index(int(squared.argmin()), squared.shape)
        difference = float(np.sqrt(max(squared[a, b], 0) / first.shape[1]))
        pairs.append(Pair(int(indices[0][a]), int(indices[1][b]), difference))
        squared[a, :] = squared[:, b] = np.inf
    return pairs
