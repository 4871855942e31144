"""A confusion matrix as a table of a page: text and shade of its cells, and its largest cells off the diagonal.

K classes. A matrix is (K, K), or has extra columns for answers that are not a class; rows are the true classes.
"""

from typing import Any

import numpy as np

DEEP, DEEPER = 66, 79  # shades from which the text in a cell changes colour: on a dark page, on a light one


def matrix_cells(matrix: np.ndarray) -> list[list[dict[str, Any]]]:
    """Text and shade of every cell. The shade grows with the root of its share of the row, so that rare errors show.

    matrix: (K, K), or with extra columns for answers that are not a class

    >>> matrix_cells(np.array([[9, 1], [0, 10]]))[0][1]
    {'text': '1', 'shade': 32, 'kind': 'wrong'}
    """
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return [
        [
            {"text": _mean_count(matrix[i, j]), "shade": shade, "kind": _kind(shade, right=i == j)}
            for j, shade in enumerate(np.rint(100 * np.sqrt(share[i])).astype(int).tolist())
        ]
        for i in range(len(matrix))
    ]


def largest_confusions(matrix: np.ndarray, *, most: int) -> list[tuple[int, int, str]]:
    """The most frequent confusions as (label, prediction, mean count); matrix as in `matrix_cells`.

    >>> largest_confusions(np.array([[9, 1], [3, 7]]), most=1)
    [(1, 0, '3')]
    """
    wrong = np.where(np.eye(*matrix.shape) > 0, 0, matrix)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)]
    return [(i, j, _mean_count(wrong[i, j])) for i, j in cells if wrong[i, j] > 0]


def _kind(shade: int, *, right: bool) -> str:
    """The cell's CSS classes; they pick a text colour with enough contrast on its shade, light or dark."""
    return ("right" if right else "wrong") + " deep" * (shade >= DEEP) + " deeper" * (shade >= DEEPER)


def _mean_count(value: float) -> str:
    if value == 0:
        return ""
    return f"{value:.0f}" if value >= 9.95 or value == int(value) else f"{value:.1f}"
