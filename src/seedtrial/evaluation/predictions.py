"""Predictions: the true labels and the probabilities given to every class. A network's and a person's are the same."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Predictions:
    """Answers of a network or a person to the images of a split, in the split's order.

    labels: (N,) int64, the true ones
    probs:  (N, K) float32, rows sum to 1
    index:  (N,) int64, the images' positions in the whole data set; only of folds

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> predictions.answers.tolist(), predictions.right.tolist()
    ([0, 0], [True, False])
    """

    labels: np.ndarray
    probs: np.ndarray
    index: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.probs.ndim != 2 or len(self.probs) != len(self.labels):
            raise ValueError(f"probs {self.probs.shape} do not match labels {self.labels.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return self.probs.shape[1]

    @cached_property
    def answers(self) -> np.ndarray:
        """(N,) int64, the likeliest class of each image; of equals the first."""
        return self.probs.argmax(axis=1)

    @cached_property
    def right(self) -> np.ndarray:
        """(N,) bool, where the answer is the label."""
        return self.answers == self.labels

    @cached_property
    def confidence(self) -> np.ndarray:
        """(N,) float32, the probability given to the answer."""
        return self.probs.max(axis=1)
