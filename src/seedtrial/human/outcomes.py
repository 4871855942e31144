"""Statistics of people's answers: accuracy and its course, confusion matrices, response times, learning.

n answers, K classes. "Can't tell" counts as wrong, and is a column of its own in confusion matrices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.statistics import Spread, newcombe, spread, wilson
from seedtrial.human.answers import CANNOT_TELL, Answers

REACH = 2  # standard deviations on either side of the centre at which the Gaussian window is cut
LEARNING_ANSWERS = 100  # first and last answers that are compared for learning


@dataclass(frozen=True)
class Share:
    """Correct answers among n >= 1, with Wilson's 95 % interval of the share.

    >>> Share(right=3, n=4, low=0.3, high=0.95).value
    0.75
    """

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
    """Response times in seconds: number of answers, median and quartiles (linearly interpolated).

    >>> Times(n=3, lower=0.8, median=1.0, upper=1.5).median
    1.0
    """

    n: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class Learning:
    """A player's first and last answers compared.

    difference: last - first, in percentage points
    low, high:  its 95 % interval (Newcombe's, from Wilson's)

    >>> first, last = share(np.array([True, False])), share(np.array([True, True]))
    >>> Learning(first, last, 100 * (last.value - first.value), -30.0, 130.0).difference
    50.0
    """

    first: Share
    last: Share
    difference: float
    low: float
    high: float


def share(right: np.ndarray) -> Share | None:
    """The share of correct answers with its interval; None without answers.

    right: (n,) bool

    >>> correct = share(np.array([True, True, False]))
    >>> correct.right, correct.n, round(correct.low, 2)
    (2, 3, 0.21)
    """
    if not len(right):
        return None
    count = int(right.sum())
    return Share(count, len(right), *wilson(count, len(right)))


def cumulative(right: np.ndarray) -> np.ndarray:
    """(n,) share of correct answers among the first 1, 2, ..., n answers.

    right: (n,) bool

    >>> cumulative(np.array([True, False])).tolist()
    [1.0, 0.5]
    """
    return np.cumsum(right) / np.arange(1, len(right) + 1)


def running(right: np.ndarray, window: int) -> np.ndarray:
    """(n,) share of correct answers around each answer, weighted by a Gaussian window.

    right:  (n,) bool
    window: answers in the window. It is centred on the answer and cut at two standard deviations of window / 4 answers.
            Its variance is that of a plain mean over about four fifths as many answers

    At both ends of the game, only the part of the window that holds answers counts.

    >>> running(np.array([True, True, True]), window=4).tolist()
    [1.0, 1.0, 1.0]
    """
    deviation = window / (2 * REACH)
    half = window // 2
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / deviation) ** 2)
    inside = slice(half, half + len(right))
    total = np.convolve(right.astype(float), weights)[inside]
    return np.clip(total / np.convolve(np.ones(len(right)), weights)[inside], 0, 1)  # rounding may leave [0, 1]


def over_players(players: Sequence[Answers]) -> Spread:
    """Mean accuracy of the players with its 95 % interval by Student's t, which covers other people like these.

    Raises ValueError when there is no player.

    >>> ada = Answers("Ada", np.arange(4), np.zeros(4, int), np.array([0, 0, 0, 1]), np.ones(4))
    >>> ben = Answers("Ben", np.arange(4), np.zeros(4, int), np.array([0, 1, 0, 1]), np.ones(4))
    >>> over_players([ada, ben]).mean
    0.625
    """
    most = max((len(player) for player in players), default=1)
    return spread([float(player.right.mean()) for player in players], resolution=1 / most)


def answer_confusion(players: Sequence[Answers], classes: int) -> np.ndarray:
    """(K, K + 1) int64: rows are true classes, columns are answers; the last column is "can't tell".

    >>> ada = Answers("Ada", np.arange(3), np.array([0, 0, 1]), np.array([0, 1, CANNOT_TELL]), np.ones(3))
    >>> answer_confusion([ada], classes=2).tolist()
    [[1, 1, 0], [0, 0, 1]]
    """
    counts = np.zeros((classes, classes + 1), np.int64)
    for player in players:
        np.add.at(counts, (player.labels, categories(player, classes)), 1)
    return counts


def categories(player: Answers, classes: int) -> np.ndarray:
    """(n,) int64: the answers as categories in [0, K], where K is "can't tell".

    >>> ada = Answers("Ada", np.arange(2), np.array([0, 1]), np.array([1, CANNOT_TELL]), np.ones(2))
    >>> categories(ada, classes=2).tolist()
    [1, 2]
    """
    return np.where(player.choices == CANNOT_TELL, classes, player.choices)


def by_class(player: Answers, classes: int) -> list[Share | None]:
    """Correct answers to the images of each class; None for a class that the player did not see.

    >>> ada = Answers("Ada", np.arange(3), np.array([0, 0, 1]), np.array([0, 1, 1]), np.ones(3))
    >>> [share and share.value for share in by_class(ada, classes=3)]
    [0.5, 1.0, None]
    """
    return [share(player.right[player.labels == label]) for label in range(classes)]


def mean_by_class(players: Sequence[Answers], classes: int) -> np.ndarray:
    """(K,) mean over players of their accuracy on each class; nan for a class that nobody saw.

    >>> ada = Answers("Ada", np.arange(3), np.array([0, 0, 1]), np.array([0, 1, 1]), np.ones(3))
    >>> ben = Answers("Ben", np.arange(2), np.array([0, 0]), np.array([0, 0]), np.ones(2))
    >>> mean_by_class([ada, ben], classes=2).tolist()
    [0.75, 1.0]
    """
    accuracies = np.array([[s.value if s else math.nan for s in by_class(player, classes)] for player in players])
    seen = ~np.isnan(accuracies)
    total = np.where(seen, accuracies, 0).sum(axis=0)
    return np.divide(total, seen.sum(axis=0), out=np.full(classes, math.nan), where=seen.any(axis=0))


def times(seconds: np.ndarray) -> Times | None:
    """Median and quartiles of response times; None without any.

    seconds: (n,) float64

    >>> times(np.array([1.0, 2.0, 3.0])).median
    2.0
    """
    if not len(seconds):
        return None
    lower, median, upper = (float(value) for value in np.percentile(seconds, [25, 50, 75]))
    return Times(len(seconds), lower, median, upper)


def times_by_class(players: Sequence[Answers], classes: int) -> list[tuple[Times | None, Times | None]]:
    """For each class, the times of correct and of wrong answers of all players together.

    >>> ada = Answers("Ada", np.arange(3), np.zeros(3, int), np.array([0, 0, 1]), np.array([1.0, 2.0, 5.0]))
    >>> correct, wrong = times_by_class([ada], classes=1)[0]
    >>> correct.median, wrong.median
    (1.5, 5.0)
    """
    labels, right, seconds = (np.concatenate([getattr(p, name) for p in players]) for name in _TIMED)
    return [
        (times(seconds[(labels == label) & right]), times(seconds[(labels == label) & ~right]))
        for label in range(classes)
    ]


_TIMED = ("labels", "right", "seconds")


def learning(player: Answers, *, answers: int = LEARNING_ANSWERS) -> Learning | None:
    """Compares a player's last answers with the first ones; None if there are too few for both.

    answers: how many first and how many last answers

    >>> choices = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    >>> ada = Answers("Ada", np.arange(8), np.zeros(8, int), choices, np.ones(8))
    >>> learning(ada, answers=4).difference
    75.0
    """
    if len(player) < 2 * answers:
        return None
    first, last = share(player.right[:answers]), share(player.right[-answers:])
    assert first is not None and last is not None
    low, high = newcombe(last.right, last.n, first.right, first.n)
    return Learning(first, last, 100 * (last.value - first.value), 100 * low, 100 * high)
