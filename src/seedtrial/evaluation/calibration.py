"""Whether probabilities mean what they say, and how to correct them. N images, K classes."""

import numpy as np
from scipy import special

LOWEST, HIGHEST = 0.05, 20.0  # temperatures that are searched


def temperature(probs: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes probabilities fit best: above 1 they were too sure, below 1 too unsure.

    probs:  (N, K), rows sum to 1, of images that the network did not learn
    labels: (N,) int64

    Found by golden-section search on the mean cross-entropy, which has one minimum in the inverse temperature. A share
    of 1 / (N + 2) of every label is spread over the other classes: of forty images that are all right, nobody knows
    that the next one is.

    Source: Guo et al. 2017, On calibration of modern neural networks; the spread labels are Platt's (1999).

    >>> sure = np.tile([0.99, 0.01], (100, 1))
    >>> temperature(sure, np.array([0] * 80 + [1] * 20)) > 2
    True
    """
    # Logarithms of probabilities serve as logits: they differ from them by a constant per image, which softmax ignores.
    logits = np.log(np.clip(probs.astype(np.float64), 1e-30, 1))
    count, classes = probs.shape
    spread = 1 / (count + 2)
    of_label = logits[np.arange(count), labels]
    of_others = (logits.sum(axis=1) - of_label) / max(1, classes - 1)
    # The cross-entropy is logsumexp(logits / T) minus this mean / T, so each try costs one logsumexp and nothing else.
    wanted = float(((1 - spread) * of_label + spread * of_others).mean())

    def loss(inverse: float) -> float:
        return float(special.logsumexp(logits * inverse, axis=1).mean()) - inverse * wanted

    # In 1 / T the loss is convex, in T it is not: the search for one minimum is safe only here. Sixty steps shrink the
    # range by 10^12, below what float64 can tell apart in the loss.
    low, high = 1 / HIGHEST, 1 / LOWEST
    golden = (5**0.5 - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return float(2 / (low + high))


def at_temperature(logits: np.ndarray, temperature: float) -> np.ndarray:
    """(N, K) float32 probabilities at a temperature.

    logits: (N, K); logarithms of probabilities do as well

    >>> at_temperature(np.array([[0.0, 0.0]]), 3.0).tolist()
    [[0.5, 0.5]]
    """
    return np.asarray(special.softmax(logits.astype(np.float64) / temperature, axis=1)).astype(np.float32)


def calibration_error(probs: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> float:
    """How far confidence strays from accuracy, in [0, 1]; 0 is perfectly calibrated.

    bins: of equal width, over the confidence

    Source: Naeini et al. 2015; Guo et al. 2017 ("expected calibration error").

    >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    0.0
    """
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    # A confidence of exactly 1 belongs to the last bin. Empty bins say nothing and have no weight.
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidence[bin_of == k].mean()) - float(right[bin_of == k].mean())) * float((bin_of == k).mean())
        for k in range(bins)
        if (bin_of == k).any()
    ]
    return float(sum(gaps))


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """How well a score tells images of the classes from others: the chance that one inside scores above one outside.

    inside, outside: (N,) and (M,) scores

    Source: Hanley and McNeil 1982, The meaning and use of the area under a receiver operating characteristic curve.

    >>> auroc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    # The Mann-Whitney statistic: ranks need one sort, comparing every pair would need N * M comparisons.
    scores = np.concatenate([inside, outside])
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # ties share their mean rank
    above = ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2
    return float(above / (len(inside) * len(outside)))
