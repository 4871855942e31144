"""Intervals and tests: how sure a number is, and whether a difference is one.

Distributions are scipy.special's functions, which scipy.stats is made of but takes a second longer to import:
stdtr and stdtrit are Student's t and its inverse, bdtr is the binomial's, ndtri the normal's inverse.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Spread:
    """Several values of one quantity.

    sd:        standard deviation with n - 1, nan for a single value
    low, high: 95 % interval of the mean by Student's t, nan for a single value
    ratio:     test images per training image, where the values are of folds, whose training images overlap; else 0

    >>> spread([0.91, 0.93]).n
    2
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float
    ratio: float = 0.0

    @property
    def error(self) -> float:
        """Standard error of the mean.

        Folds are no independent repetitions, since two of them share most of their training images; so the variance is
        divided by n, and `ratio` times it is added.

        Source: Nadeau and Bengio 2003, Inference for the generalization error: the corrected resampled t-test.

        >>> seeds, folds = spread([0.91, 0.92, 0.93]), spread([0.91, 0.92, 0.93], ratio=0.5)
        >>> round(seeds.error, 4), round(folds.error, 4)
        (0.0058, 0.0091)
        """
        return self.sd * math.sqrt(1 / self.n + self.ratio)


def spread(
    values: Sequence[float],
    *,
    confidence: float = 0.95,
    resolution: float = 0.0,
    ratio: float = 0.0,
    mean: float | None = None,
) -> Spread:
    """Mean, standard deviation and interval of the mean over repetitions (seeds, folds).

    resolution: what the values are multiples of; the deviation is at least that of rounding to it, so that values
                which happen to be equal do not look certain
    ratio:      as in `Spread`
    mean:       where it is not that of the values, because folds differ in size

    Raises ValueError when there is no value.

    >>> seeds = spread([0.91, 0.92, 0.93])
    >>> round(seeds.mean, 3), round(seeds.sd, 3), round(seeds.low, 3), round(seeds.high, 3)
    (0.92, 0.01, 0.895, 0.945)
    """
    if not values:
        raise ValueError("no values")
    n, mean = len(values), float(np.mean(values)) if mean is None else mean
    if n == 1:
        return Spread(1, mean, math.nan, math.nan, math.nan)
    # A number that is rounded to multiples of r has a standard deviation of r / sqrt(12) from rounding alone.
    sd = max(float(np.std(values, ddof=1)), resolution / math.sqrt(12))
    plain = Spread(n, mean, sd, mean, mean, ratio)
    half = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * plain.error
    return replace(plain, low=mean - half, high=mean + half)


def share_spread(values: Sequence[float], *, images: int, scale: float = 1.0) -> Spread:
    """Spread of accuracies over seeds, with an interval that stays between 0 and 1 (times `scale`).

    values: shares of the same number of images, times scale
    scale:  100 for per cent

    The interval is Student's t on the logits, carried there by the slope at the mean (delta method); in the middle of
    the range it is the plain one. Of a single seed it is Wilson's over images.

    Raises ValueError when there is no value.

    >>> seeds = share_spread([0.5, 0.9], images=10)
    >>> 0 < seeds.low < seeds.mean < seeds.high < 1
    True
    """
    plain = spread(values, resolution=scale / images)
    # A perfect score is no proof of perfection: the logit of 1 is infinite, so the share stops half an image before it.
    share = min(max(plain.mean / scale, 0.5 / images), 1 - 0.5 / images)
    if plain.n == 1:
        low, high = wilson(round(plain.mean / scale * images), images)
    else:
        # d logit(p) / dp = 1 / (p (1 - p)), so this is the standard error on the scale of logits.
        error = plain.error / scale / (share * (1 - share))
        half = float(special.stdtrit(plain.n - 1, 0.975)) * error
        low, high = (float(special.expit(special.logit(share) + side * half)) for side in (-1, 1))
    return Spread(
        plain.n, plain.mean, plain.sd, scale * min(low, plain.mean / scale), scale * max(high, plain.mean / scale)
    )


def share_over_folds(
    values: Sequence[float], *, images: int, folds: int, ratio: float, mean: float, scale: float = 1.0
) -> Spread:
    """Spread of accuracies over folds, with an interval that stays between 0 and 1 (times `scale`).

    values: share of each fold of every division, times scale
    images: of all folds of a division together
    folds:  of a division
    ratio:  as in `Spread`
    mean:   share of all images, times scale

    The interval is Wilson's for the number of independent images that would give the same corrected standard error,
    with Student's t for the normal; it is never narrower than that of `images` independent ones.

    >>> folds = share_over_folds([0.9, 1.0, 0.8, 0.9, 0.9], images=50, folds=5, ratio=0.25, mean=0.9)
    >>> round(folds.low, 2), round(folds.high, 2)
    (0.7, 0.97)
    """
    plain = spread(values, resolution=scale * folds / images, ratio=ratio, mean=mean)
    share = mean / scale
    variance = share * (1 - share)
    independent = min(images, variance / (plain.error / scale) ** 2) if variance else images
    t = float(special.stdtrit(plain.n - 1, 0.975))
    # Folds that differ wildly would count as less than one image, of which no interval can be computed.
    low, high = _wilson(share, max(1.0, independent), t)
    return replace(plain, low=scale * low, high=scale * high)


def wilson(right: int, total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share: what another test set of the same kind and size might have given.

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.

    >>> low, high = wilson(9_000, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.894, 0.9057)
    """
    z = float(special.ndtri((1 + confidence) / 2))
    return _wilson(right / total, total, z)


def _wilson(share: float, total: float, z: float) -> tuple[float, float]:
    """Wilson's interval. total: number of images; z: how many standard errors the interval reaches"""
    weight = z * z / total
    centre = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def mcnemar(right_a: np.ndarray, right_b: np.ndarray) -> float:
    """p-value of McNemar's exact test that A and B are right equally often on the same images.

    right_a, right_b: (N,) bool, where each was right

    Source: McNemar 1947, Note on the sampling error of the difference between correlated proportions.

    >>> a, b = np.array([True] * 9 + [False]), np.array([False] * 9 + [True])
    >>> round(mcnemar(a, b), 4)
    0.0215
    """
    # Images that both or neither classify correctly say nothing about the difference. Of the others, each is A's with
    # probability 1/2 if both are equally good. Twice the smaller tail counts the middle twice, hence the cap.
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return min(1.0, 2 * float(special.bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def combine(p_values: Sequence[float]) -> float:
    """One p-value from several that depend on each other in an unknown way (seeds on the same images).

    Twice the median is valid under every dependence.

    Source: Rueger 1978; Vovk and Wang 2020, Combining p-values via averaging.

    >>> combine([0.01, 0.02, 0.5])
    0.04
    """
    return min(1.0, 2 * float(np.median(p_values))) if len(p_values) > 1 else float(p_values[0])


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for having done several tests, in the given order.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, least = [0.0] * len(p_values), 0.0
    # The smallest p-value is multiplied by the number of tests, the next by one less, ...; none may fall below the one
    # before it, since Holm's procedure stops at the first test that is not significant.
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return adjusted


def paired(a: Sequence[float], b: Sequence[float], *, resolution: float = 0.0) -> Spread:
    """Spread of the differences a - b, pair by pair; resolution as in `spread`.

    Raises ValueError when the lengths differ.

    >>> round(paired([0.9, 0.8], [0.7, 0.7]).mean, 2)
    0.15
    """
    return spread([x - y for x, y in zip(a, b, strict=True)], resolution=resolution)


def mean_is_zero(values: Spread) -> float:
    """p-value of Student's t-test that the mean is 0, two-sided. Raises ValueError for a single value.

    >>> round(mean_is_zero(spread([1.0, 2.0, 3.0])), 3)
    0.074
    """
    if values.n < 2:
        raise ValueError("one value has no spread to test with")
    # Equal values leave nothing to doubt either way, and 0 / 0 for the test to compute.
    if values.sd == 0:
        return 1.0 if values.mean == 0 else 0.0
    return 2 * tail(abs(values.mean), error=values.error, freedom=values.n - 1)


def tail(distance: float, *, error: float, freedom: float) -> float:
    """How likely Student's t, times the standard error, is above this distance; freedom may be infinite.

    >>> import math
    >>> round(tail(1.96, error=1.0, freedom=math.inf), 3)
    0.025
    """
    # The lower tail of the negative: 1 - cdf of the positive would lose all digits of a small probability.
    scaled = -distance / max(error, 1e-12)
    return float(special.ndtr(scaled) if math.isinf(freedom) else special.stdtr(freedom, scaled))


def newcombe(right_a: int, total_a: int, right_b: int, total_b: int) -> tuple[float, float]:
    """95 % interval of the difference a - b of two shares of different images.

    Source: Newcombe 1998, Interval estimation for the difference between independent proportions, method 10.

    >>> low, high = newcombe(90, 100, 80, 100)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.199)
    """
    a, b = right_a / total_a, right_b / total_b
    (low_a, high_a), (low_b, high_b) = wilson(right_a, total_a), wilson(right_b, total_b)
    return a - b - math.hypot(a - low_a, high_b - b), a - b + math.hypot(high_a - a, b - low_b)


def resamples(n: int, generator: np.random.Generator, *, times: int = 1000, at_once: int = 200) -> Iterator[np.ndarray]:
    """How often each of n items is drawn when n are drawn with replacement, `times` times over.

    Yields arrays (B, n) float64, B at most at_once.

    Source: Efron 1979, Bootstrap methods: another look at the jackknife.

    >>> counts = next(resamples(3, np.random.default_rng(0), times=2))
    >>> counts.sum(axis=1).tolist()
    [3.0, 3.0]
    """
    # Counts instead of indices: what is resampled is then a matrix product. In parts, since all counts of 10,000 images
    # at once are 80 MB.
    for start in range(0, times, at_once):
        rows = min(at_once, times - start)
        yield np.stack([np.bincount(generator.integers(0, n, n), minlength=n) for _ in range(rows)]).astype(float)


def percent(spread: Spread | None, *, interval: bool = False) -> str:
    """A share as per cent: the mean, or its interval; a dash where there is none.

    >>> percent(Spread(3, 0.9, 0.01, 0.88, 0.92)), percent(Spread(3, 0.9, 0.01, 0.88, 0.92), interval=True)
    ('90.00 %', '88.00 to 92.00')
    """
    if spread is None or (interval and spread.n == 1):
        return "–"
    if interval:
        return f"{100 * spread.low:.2f} to {100 * spread.high:.2f}"
    return f"{100 * spread.mean:.2f} %"
