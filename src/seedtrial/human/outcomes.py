"""What one person's answers amount to: accuracy and its course, confusions, response times, learning.

n answers, K classes. "Can't tell" is a wrong answer everywhere, and a column of its own in confusion matrices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.statistics import Spread, newcombe, spread, wilson
from seedtrial.human.answers import CANNOT_TELL, Answers

REACH = 2  # standard deviations of the Gaussian on either side of its window's middle
HUNDRED = 100  # first and last answers that are compared for learning


@dataclass(frozen=True)
class Share:
    """Right answers among n, with Wilson's 95 % interval; n is at least 1."""

    right: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, in [0, 1]."""
        return self.right / self.n


@dataclass(frozen=True)
class Times:
    """Seconds to an answer: how many answers, median and quartiles (linearly interpolated)."""

    n: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class Learning:
    """First against last answers of a player.

    difference: last - first, points; low, high: its 95 % interval (Newcombe's, from Wilson's)
    """

    first: Share
    last: Share
    difference: float
    low: float
    high: float


def share(right: np.ndarray) -> Share | None:
    """right: (n,) bool; None where there is nothing.

    >>> found = share(np.array([True, True, False]))
    >>> found.right, found.n, round(found.low, 2)
    (2, 3, 0.21)
    """
    if not len(right):
        return None
    count = int(right.sum())
    return Share(count, len(right), *wilson(count, len(right)))


def cumulative(right: np.ndarray) -> np.ndarray:
    """(n,) share of right answers among the first 1, 2, ..., n; right: (n,) bool.

    >>> cumulative(np.array([True, False])).tolist()
    [1.0, 0.5]
    """
    return np.cumsum(right) / np.arange(1, len(right) + 1)


def running(right: np.ndarray, window: int) -> np.ndarray:
    """(n,) share of right answers around each answer, by a Gaussian window.

    right:  (n,) bool
    window: answers in the window, which is centred on the answer and ends two standard deviations (window / 4 answers
            each) on either side. The curve is about as steady as a plain mean of four fifths as many answers

    At the ends of the game the part of the window that holds answers counts alone.
    """
    deviation = window / (2 * REACH)
    half = window // 2
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / deviation) ** 2)
    inside = slice(half, half + len(right))
    total = np.convolve(right.astype(float), weights)[inside]
    return np.clip(total / np.convolve(np.ones(len(right)), weights)[inside], 0, 1)  # rounding may step out


def over_players(players: Sequence[Answers]) -> Spread:
    """Mean accuracy of the players and its 95 % interval by Student's t over them: what other people would reach.

    Raises ValueError when there is no player.
    """
    most = max((len(player) for player in players), default=1)
    return spread([float(player.right.mean()) for player in players], resolution=1 / most)


def confusion(players: Sequence[Answers], classes: int) -> np.ndarray:
    """(K, K + 1) int64: answers to images of the row's class that chose the column's; the last is "can't tell"."""
    counts = np.zeros((classes, classes + 1), np.int64)
    for player in players:
        np.add.at(counts, (player.labels, categories(player, classes)), 1)
    return counts


def categories(player: Answers, classes: int) -> np.ndarray:
    """(n,) int64, the answers as categories in [0, K]; K is "can't tell"."""
    return np.where(player.choices == CANNOT_TELL, classes, player.choices)


def by_class(player: Answers, classes: int) -> list[Share | None]:
    """Right answers to the images of each class; None for a class that the player did not see."""
    return [share(player.right[player.labels == label]) for label in range(classes)]


def mean_by_class(players: Sequence[Answers], classes: int) -> np.ndarray:
    """(K,) mean over players of their accuracies on a class; nan where none of them saw one of its images."""
    found = np.array([[s.value if s else math.nan for s in by_class(player, classes)] for player in players])
    seen = ~np.isnan(found)
    total = np.where(seen, found, 0).sum(axis=0)
    return np.divide(total, seen.sum(axis=0), out=np.full(classes, math.nan), where=seen.any(axis=0))


def times(seconds: np.ndarray) -> Times | None:
    """seconds: (n,) float64; None where there are none.

    >>> times(np.array([1.0, 2.0, 3.0])).median
    2.0
    """
    if not len(seconds):
        return None
    lower, median, upper = (float(value) for value in np.percentile(seconds, [25, 50, 75]))
    return Times(len(seconds), lower, median, upper)


def times_by_class(players: Sequence[Answers], classes: int) -> list[tuple[Times | None, Times | None]]:
    """For every class the times of right and of wrong answers, of all players together."""
    labels, right, seconds = (np.concatenate([getattr(p, name) for p in players]) for name in _TIMED)
    return [
        (times(seconds[(labels == label) & right]), times(seconds[(labels == label) & ~right]))
        for label in range(classes)
    ]


_TIMED = ("labels", "right", "seconds")


def learning(player: Answers, *, answers: int = HUNDRED) -> Learning | None:
    """Whether a player got better: the last hundred answers against the first; None before they are apart."""
    if len(player) < 2 * answers:
        return None
    first, last = share(player.right[:answers]), share(player.right[-answers:])
    assert first is not None and last is not None
    low, high = newcombe(last.right, last.n, first.right, first.n)
    return Learning(first, last, 100 * (last.value - first.value), 100 * low, 100 * high)
