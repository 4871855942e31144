"""Whether a picture looks like any of the classes at all, or like none of them.

A network answers with one of its classes whatever it is shown. Two things are looked at: its largest logit, which is
low where it recognises nothing, and five statistics of the picture itself (brightness, contrast, how much neighbouring
pixels differ), in which noise or another kind of picture is unlike the training images. Either alone misses much: for
networks on Fashion-MNIST, the largest logit tells noise from clothes with an AUROC of 0.51 to 0.78.

N images, C channels, H x W pixels, K classes.

Source: Hendrycks et al. 2022, Scaling out-of-distribution detection for real-world settings (the largest logit); Lee et
al. 2018, A simple unified framework for detecting out-of-distribution samples (distances by Mahalanobis).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

KEPT = 0.95  # share of the validation images that is taken for one of the classes
STATISTICS = 5


@dataclass(frozen=True)
class Familiar:
    """What familiar pictures are like, measured on training and validation images.

    mean, precision: (5,) and (5, 5) of the training images' statistics
    logit, distance: (low, middle) of validation images' largest logits, and of their negated distances: the 5 %
                     quantile and the median, by which both are brought to one scale
    threshold:       the score that 95 % of the validation images reach

    >>> generator = np.random.default_rng(0)
    >>> smooth = np.sort(generator.integers(0, 256, (50, 1, 8, 8)), axis=3).astype(np.uint8)
    >>> familiar = fit(smooth, smooth, generator.normal(5, 1, (50, 3)))
    >>> noise = generator.integers(0, 256, (1, 1, 8, 8)).astype(np.uint8)
    >>> bool(familiar.score(noise, np.array([[5.0, 0, 0]]))[0] < familiar.threshold)
    True
    """

    mean: np.ndarray
    precision: np.ndarray
    logit: tuple[float, float]
    distance: tuple[float, float]
    threshold: float

    def score(self, images: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """(N,) how familiar each image is; 0 is usual, -1 is like the least familiar twentieth, lower is stranger.

        images: (N, C, H, W) uint8; logits: (N, K) of the same images
        """
        known = _scaled(logits.max(axis=1), self.logit)
        usual = _scaled(-distance(statistics(images), self.mean, self.precision), self.distance)
        return np.asarray(np.minimum(known, usual))

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "mean": self.mean.tolist(),
            "precision": self.precision.tolist(),
            "logit": list(self.logit),
            "distance": list(self.distance),
            "threshold": self.threshold,
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Familiar":
        """From what `plain` gave."""
        (a, b), (c, d) = plain["logit"], plain["distance"]
        return cls(np.array(plain["mean"]), np.array(plain["precision"]), (a, b), (c, d), float(plain["threshold"]))


def statistics(images: np.ndarray) -> np.ndarray:
    """(N, 5) of images (N, C, H, W) uint8: mean, deviation, and logarithms of how much neighbours differ.

    >>> statistics(np.full((1, 1, 4, 4), 7, np.uint8)).tolist()
    [[7.0, 0.0, 0.0, 0.0, 0.0]]
    """
    x = images.astype(np.float32)  # (N, C, H, W)
    # Differences by slices: np.diff and np.mean take longer to begin than a small picture takes.
    across = x[..., 1:] - x[..., :-1]
    down = x[:, :, 1:] - x[:, :, :-1]
    both = across[:, :, 1:] - across[:, :, :-1]
    values = np.zeros((len(x), STATISTICS))
    flat = x.reshape(len(x), math.prod(x.shape[1:]))
    values[:, 0] = flat.sum(axis=1) / flat.shape[1]
    flat = flat - values[:, :1].astype(np.float32)
    values[:, 1] = np.sqrt(np.einsum("ni,ni->n", flat, flat) / flat.shape[1])
    for column, each in enumerate((across, down, both), 2):
        if each.size:  # an image of one row has no differences between rows
            sizes = np.abs(each, out=each).reshape(len(x), -1)
            values[:, column] = sizes.sum(axis=1) / sizes.shape[1]
    values[:, 2:] = np.log1p(values[:, 2:])
    return values


def distance(values: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """(N,) Mahalanobis distances of statistics (N, 5) from those of the training images.

    >>> distance(np.array([[3.0, 4.0]]), np.zeros(2), np.eye(2)).tolist()
    [5.0]
    """
    off = values - mean
    return np.asarray(np.sqrt(np.maximum((off @ precision * off).sum(axis=1), 0)))


def fit(train: np.ndarray, validation: np.ndarray, logits: np.ndarray) -> Familiar:
    """What familiar pictures are like.

    train, validation: images (N, C, H, W) uint8; the network learnt the first
    logits:            (N, K) of the validation images

    >>> images = np.random.default_rng(0).integers(0, 100, (50, 1, 8, 8), dtype=np.uint8)
    >>> familiar = fit(images, images, np.zeros((50, 2)))
    >>> white = np.full((1, 1, 8, 8), 255, np.uint8)
    >>> bool(familiar.score(white, np.zeros((1, 2)))[0] < familiar.threshold)
    True
    """
    values = statistics(train)
    mean = values.mean(axis=0)
    covariance = np.cov(values.T) if len(values) > 1 else np.eye(STATISTICS)
    precision = np.linalg.inv(covariance + 1e-3 * np.eye(STATISTICS))  # images of one colour have no covariance
    logit = _low_and_middle(logits.max(axis=1))
    apart = _low_and_middle(-distance(statistics(validation), mean, precision))
    unset = Familiar(mean, precision, logit, apart, 0.0)
    return Familiar(mean, precision, logit, apart, float(np.quantile(unset.score(validation, logits), 1 - KEPT)))


def _low_and_middle(values: np.ndarray) -> tuple[float, float]:
    low, middle = np.quantile(values, [1 - KEPT, 0.5])
    return float(low), float(max(middle, low + 1e-6))


def _scaled(values: np.ndarray, low_and_middle: tuple[float, float]) -> np.ndarray:
    low, middle = low_and_middle
    return (values - middle) / (middle - low)
