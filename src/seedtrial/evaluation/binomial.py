"""Exact bounds of small shares, such as how often strangers are accepted: counts are binomial, nothing is approximated.

Source: Clopper and Pearson 1934, The use of confidence or fiducial limits illustrated in the case of the binomial.
"""

import math

from scipy import special

CONFIDENCE = 0.95


def upper_bound(count: int, total: int, *, confidence: float = CONFIDENCE) -> float:
    """The share that is not exceeded, with this confidence, where `count` of `total` were seen.

    >>> round(upper_bound(0, 100), 4)  # 3 / 100, as the rule of three has it
    0.0295
    """
    return 1.0 if count >= total else float(special.betaincinv(count + 1, total - count, confidence))


def exact_interval(count: int, total: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two-sided interval of a share of which `count` of `total` were seen.

    >>> low, high = exact_interval(0, 100)
    >>> low, round(high, 4)
    (0.0, 0.0362)
    """
    each = (1 + confidence) / 2
    return 1 - upper_bound(total - count, total, confidence=each), upper_bound(count, total, confidence=each)


def most_allowed(total: int, share: float) -> int | None:
    """The largest count of `total` whose upper bound is at most `share`; None where not even 0 is few enough.

    >>> most_allowed(298, 0.01), most_allowed(299, 0.01), most_allowed(473, 0.01)
    (None, 0, 1)
    """
    if upper_bound(0, total) > share:
        return None
    low, high = 0, total  # the bound rises with the count: it is small enough at low, too large at high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if upper_bound(middle, total) <= share else (low, middle)
    return low


def fewest_needed(share: float) -> int:
    """How many it takes so that seeing none of them proves at most `share`.

    >>> fewest_needed(0.01), fewest_needed(0.05)
    (299, 59)
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-share))
