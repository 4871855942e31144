"""Confusion matrices and misclassified images, over all seeds of a recipe.

N images, K classes, S seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.metrics import confusion
from seedtrial.evaluation.predictions import Predictions


@dataclass(frozen=True)
class CellImage:
    """An image in a cell of the confusion matrix.

    index:      its row in the test set
    label:      its true class
    answer:     the predicted class
    seeds:      how many seeds predict that class
    confidence: mean probability that these seeds give it

    >>> CellImage(index=7, label=0, answer=1, seeds=2, confidence=0.8).answer
    1
    """

    index: int
    label: int
    answer: int
    seeds: int
    confidence: float


def mean_confusion(seeds: Sequence[Predictions]) -> np.ndarray:
    """(K, K) float64: images of the row's class predicted as the column's, mean over seeds.

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> mean_confusion([predictions]).tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    return np.mean([confusion(predictions) for predictions in seeds], axis=0)


def answers(seeds: Sequence[Predictions]) -> dict[tuple[int, int], list[CellImage]]:
    """The images of every cell (label, prediction), ordered by the number of seeds, then by confidence.

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> answers([predictions])[1, 0]
    [CellImage(index=1, label=1, answer=0, seeds=1, confidence=0.6)]
    """
    labels = seeds[0].labels
    votes = np.stack([predictions.answers for predictions in seeds])  # (S, N)
    sure = np.stack([predictions.confidence for predictions in seeds])  # (S, N)
    cells: dict[tuple[int, int], list[CellImage]] = {}
    for answer in range(seeds[0].classes):
        agree = votes == answer
        count = agree.sum(axis=0)
        confidence = np.where(agree, sure, 0).sum(axis=0) / np.maximum(count, 1)
        for index in np.flatnonzero(count):
            label = int(labels[index])
            image = CellImage(int(index), label, answer, int(count[index]), float(confidence[index]))
            cells.setdefault((label, answer), []).append(image)
    for images in cells.values():
        images.sort(key=lambda a: (-a.seeds, -a.confidence, a.index))
    return cells


def gallery(cells: dict[tuple[int, int], list[CellImage]], *, most: int) -> list[CellImage]:
    """The misclassified images that most seeds share, most confident first, at most `most`.

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> [image.index for image in gallery(answers([predictions]), most=5)]
    [1]
    """
    wrong = [answer for (label, given), images in cells.items() if label != given for answer in images]
    return sorted(wrong, key=lambda a: (-a.seeds, -a.confidence, a.index))[:most]


def tiles(
    cells: dict[tuple[int, int], list[CellImage]], *, per_cell: int, most: int
) -> dict[tuple[int, int], list[CellImage]]:
    """The images that a page shows for each cell: one per cell, then a second, and so on, while there is space.

    per_cell: images of a cell at most
    most:     images of all cells together; every cell has at least one nevertheless

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> sorted(tiles(answers([predictions]), per_cell=4, most=10))
    [(0, 0), (1, 0)]
    """
    shown = {cell: images[:1] for cell, images in cells.items()}
    room = most - len(shown)
    for rank in range(1, per_cell):
        for cell, images in cells.items():
            if rank < len(images) and room > 0:
                shown[cell].append(images[rank])
                room -= 1
    return shown
