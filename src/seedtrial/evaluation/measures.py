"""What a study may be judged by: shares in [0, 1] of which more is better, on one set of images or on resamples of it.

N images, K classes, B resamples. A new measure is a function here that weighs images, and a line in `MEASURES`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import resamples

MeasureName = Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc"]


def weighted_accuracy(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """(B,) share of the images that are classified correctly. weights: (B, N), how often each image counts

    >>> half = Predictions(np.array([0, 1]), np.tile([0.9, 0.1], (2, 1)))
    >>> weighted_accuracy(half, np.array([[1.0, 1.0], [3.0, 1.0]])).tolist()
    [0.5, 0.75]
    """
    return np.asarray(weights @ predictions.right / weights.sum(axis=1))


def weighted_balanced_accuracy(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """(B,) mean over the classes of the share of their images that are classified correctly. weights: (B, N)

    Classes without images are left out of the mean.

    Source: Brodersen et al. 2010, The balanced accuracy and its posterior distribution.

    >>> half = Predictions(np.array([0, 1]), np.tile([0.9, 0.1], (2, 1)))
    >>> weighted_balanced_accuracy(half, np.array([[1.0, 1.0], [3.0, 1.0]])).tolist()
    [0.5, 0.5]
    """
    right, images, _ = _counts(predictions, weights)
    return _mean_where(right, images)


def weighted_macro_f1(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """(B,) mean over the classes of F1, the harmonic mean of precision and recall. weights: (B, N)

    Classes that are neither a label nor an answer are left out of the mean, as in scikit-learn.
    """
    right, images, answers = _counts(predictions, weights)
    return _mean_where(2 * right, images + answers)


def weighted_auroc(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """(B,) mean over the classes of the area under the ROC curve, one class against the rest. weights: (B, N)

    It is the probability that an image of the class is given a higher probability of it than another image is. Classes
    of all images or of none are left out of the mean.

    Source: Hanley and McNeil 1982, The meaning and use of the area under a receiver operating characteristic curve.

    >>> ranked = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> weighted_auroc(ranked, np.ones((1, 2))).tolist()
    [1.0]
    """
    above, pairs = np.zeros((2, predictions.classes, len(weights)))
    for label in range(predictions.classes):
        scores = predictions.probs[:, label]
        order = np.argsort(scores, kind="stable")
        begins = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))  # of images with equal scores
        members = (predictions.labels == label)[order]
        inside = np.add.reduceat(weights[:, order] * members, begins, axis=1)
        outside = np.add.reduceat(weights[:, order] * ~members, begins, axis=1)
        below = np.cumsum(outside, axis=1) - outside / 2  # equal scores count half
        above[label], pairs[label] = (inside * below).sum(axis=1), inside.sum(axis=1) * outside.sum(axis=1)
    return _mean_where(above.T, pairs.T)


MEASURES: dict[MeasureName, Callable[[Predictions, np.ndarray], np.ndarray]] = {
    "accuracy": weighted_accuracy,
    "balanced_accuracy": weighted_balanced_accuracy,
    "macro_f1": weighted_macro_f1,
    "auroc": weighted_auroc,
}
WORDS: dict[MeasureName, str] = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "auroc": "AUROC",
}


def measured(name: MeasureName, predictions: Predictions) -> float:
    """A measure of predictions, in [0, 1].

    >>> always_first = Predictions(np.array([0, 0, 0, 1]), np.tile([0.9, 0.1], (4, 1)))
    >>> [round(measured(name, always_first), 3) for name in MEASURES]
    [0.75, 0.5, 0.429, 0.5]
    """
    return float(MEASURES[name](predictions, np.ones((1, len(predictions))))[0])


def error_by_resampling(name: MeasureName, a: Sequence[Predictions], b: Sequence[Predictions] = ()) -> float:
    """Standard error over images of a measure's mean over seeds, or of the difference of two means, paired by image.

    a, b: predictions for the same images, one per seed

    Source: Efron 1979, Bootstrap methods: another look at the jackknife.

    >>> half = Predictions(np.arange(100) % 2, np.tile([0.9, 0.1], (100, 1)))
    >>> round(error_by_resampling("accuracy", [half]), 2), error_by_resampling("accuracy", [half], [half])
    (0.05, 0.0)
    """
    measure = MEASURES[name]

    def values() -> Iterator[np.ndarray]:
        for weights in resamples(len(a[0]), np.random.default_rng(0)):
            mean = np.mean([measure(each, weights) for each in a], axis=0)
            yield mean - np.mean([measure(each, weights) for each in b], axis=0) if b else mean

    return float(np.nanstd(np.concatenate(list(values())), ddof=1))


def _counts(predictions: Predictions, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each (B, K): images of a class that are classified correctly, images of it, answers that name it."""
    every = np.arange(predictions.classes)
    labels, answers = predictions.labels[:, None] == every, predictions.answers[:, None] == every  # (N, K)
    right, images, answered = (weights @ each.astype(float) for each in (labels & answers, labels, answers))
    return right, images, answered


def _mean_where(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    """(B,) mean over classes of parts / wholes, (B, K) each, of those with a whole above 0; nan where there is none."""
    ratios = np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)
    there = (wholes > 0).sum(axis=1)
    return np.divide(ratios.sum(axis=1), there, out=np.full(len(parts), np.nan), where=there > 0)
