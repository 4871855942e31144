"""Scores of predictions. K classes."""

from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.predictions import Predictions


def accuracy(predictions: Predictions) -> float:
    """Share of images that are classified correctly, in [0, 1].

    >>> import numpy as np
    >>> accuracy(Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]])))
    0.5
    """
    return float(predictions.right.mean())


def log_loss(predictions: Predictions) -> float:
    """Mean cross-entropy in nats; probabilities are cut at 1e-7 as Keras cuts them, so one miss is not infinite.

    >>> import numpy as np
    >>> round(log_loss(Predictions(np.array([0]), np.array([[0.5, 0.5]]))), 4)
    0.6931
    """
    probs = np.clip(predictions.probs.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.log(probs[np.arange(len(probs)), predictions.labels]).mean())


def balanced_accuracy(predictions: Predictions) -> float:
    """Mean over the classes of the share of their images that are classified correctly, in [0, 1].

    Where classes differ in size, accuracy rewards whoever always answers the largest one; this does not.

    Source: Brodersen et al. 2010, The balanced accuracy and its posterior distribution.

    >>> import numpy as np
    >>> always_first = Predictions(np.array([0, 0, 0, 1]), np.tile([0.9, 0.1], (4, 1)))
    >>> accuracy(always_first), balanced_accuracy(always_first)
    (0.75, 0.5)
    """
    # Classes without images are left out of the mean. As zeros they would punish a split that lacks a rare class.
    images = np.bincount(predictions.labels, minlength=predictions.classes)
    right = np.bincount(predictions.labels, weights=predictions.right, minlength=predictions.classes)
    return float((right[images > 0] / images[images > 0]).mean())


def largest_class(labels: np.ndarray) -> tuple[int, float, bool]:
    """The most frequent label, its share, and whether it is more than twice as frequent as the rarest.

    labels: (N,) int64

    >>> import numpy as np
    >>> largest_class(np.array([0, 1, 1, 1]))
    (1, 0.75, True)
    """
    counts = np.bincount(labels)
    present = counts[counts > 0]
    return int(counts.argmax()), float(counts.max() / len(labels)), bool(present.max() > 2 * present.min())


def confusion(predictions: Predictions) -> np.ndarray:
    """(K, K) int64: images of the row's class that are predicted as the column's.

    >>> import numpy as np
    >>> confusion(Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))).tolist()
    [[1, 0], [1, 0]]
    """
    from sklearn.metrics import confusion_matrix  # half a second to import, and only reports need it

    every = np.arange(predictions.classes)
    return np.asarray(confusion_matrix(predictions.labels, predictions.answers, labels=every))


def per_class_accuracy(confusion: np.ndarray) -> np.ndarray:
    """(K,) share of each class's images that are classified correctly (recall); nan for a class without images.

    confusion: (K, K) as `confusion` gives it, or a mean of several

    >>> import numpy as np
    >>> per_class_accuracy(np.array([[3, 1], [0, 4]])).tolist()
    [0.75, 1.0]
    """
    return _ratio(np.diag(confusion), confusion.sum(axis=1))


@dataclass(frozen=True)
class ClassScores:
    """How well one class is told from the others; nan where there is nothing to divide by.

    precision: of the images predicted as this class, the share that are
    recall:    of the images of this class, the share predicted as it
    f1:        harmonic mean of both
    support:   images of this class

    >>> ClassScores(precision=1.0, recall=0.5, f1=2 / 3, support=4).support
    4
    """

    precision: float
    recall: float
    f1: float
    support: int


def class_scores(confusion: np.ndarray) -> list[ClassScores]:
    """The scores of each class.

    confusion: (K, K) as `confusion` gives it, or a mean of several on the same images

    >>> import numpy as np
    >>> second = class_scores(np.array([[3, 1], [0, 4]]))[1]
    >>> second.precision, second.recall, round(second.f1, 3), second.support
    (0.8, 1.0, 0.889, 4)
    """
    right, images, answers = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    columns = (_ratio(right, answers), _ratio(right, images), _ratio(2 * right, images + answers))
    return [
        ClassScores(float(precision), float(recall), float(f1), round(float(support)))
        for precision, recall, f1, support in zip(*columns, images, strict=True)
    ]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
