"""Compares players who saw the same images: their agreement, and the images that all of them misclassify.

P players, n images, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import numpy as np

from seedtrial.evaluation.agreement import Kappa, cohen, fleiss, one_hot
from seedtrial.human.answers import Answers
from seedtrial.human.outcomes import categories


@dataclass(frozen=True)
class MissedImage:
    """An image that every player who saw it misclassified.

    index:   row of the test part
    label:   true class
    players: number of players who saw it
    choices: (category, number of players), most frequent first; category K is "can't tell"

    >>> MissedImage(index=7, label=2, players=3, choices=((4, 2), (0, 1))).choices[0]
    (4, 2)
    """

    index: int
    label: int
    players: int
    choices: tuple[tuple[int, int], ...]


def shared_images(players: Sequence[Answers]) -> np.ndarray:
    """The rows of the test part that all players saw, in ascending order.

    >>> ada = Answers("Ada", np.array([4, 1, 7]), np.zeros(3, int), np.zeros(3, int), np.ones(3))
    >>> ben = Answers("Ben", np.array([7, 2, 4]), np.zeros(3, int), np.zeros(3, int), np.ones(3))
    >>> shared_images([ada, ben]).tolist()
    [4, 7]
    """
    return reduce(np.intersect1d, (player.images for player in players))


def positions(player: Answers, images: np.ndarray) -> np.ndarray:
    """(n,) indices of a player's answers to these images.

    images: (n,) rows of the test part, all of which the player saw

    >>> ada = Answers("Ada", np.array([4, 1, 7]), np.zeros(3, int), np.zeros(3, int), np.ones(3))
    >>> positions(ada, np.array([7, 4])).tolist()
    [2, 0]
    """
    order = np.argsort(player.images)
    return np.asarray(order[np.searchsorted(player.images, images, sorter=order)])


def pairwise(
    players: Sequence[Answers], classes: int, *, generator: np.random.Generator
) -> list[tuple[str, str, Kappa]]:
    """Cohen's kappa of each pair of players on the images that both saw; "can't tell" is a category of its own.

    >>> ada = Answers("Ada", np.arange(4), np.array([0, 1, 0, 1]), np.array([0, 1, 0, 1]), np.ones(4))
    >>> ben = Answers("Ben", np.arange(4), np.array([0, 1, 0, 1]), np.array([0, 1, 1, 1]), np.ones(4))
    >>> ((a, b, kappa),) = pairwise([ada, ben], 2, generator=np.random.default_rng(0))
    >>> a, b, kappa.value
    ('Ada', 'Ben', 0.5)
    """
    pairs = []
    for a, b in combinations(players, 2):
        images = shared_images((a, b))
        rated = [one_hot(categories(player, classes)[positions(player, images)], classes + 1) for player in (a, b)]
        pairs.append((a.player, b.player, cohen(*rated, generator=generator)))
    return pairs


def all_together(players: Sequence[Answers], classes: int, *, generator: np.random.Generator) -> Kappa | None:
    """Fleiss' kappa on the images that all players saw; None without such images or with a single player.

    >>> ada = Answers("Ada", np.arange(2), np.array([0, 1]), np.array([0, 1]), np.ones(2))
    >>> ben = Answers("Ben", np.arange(2), np.array([0, 1]), np.array([0, 1]), np.ones(2))
    >>> all_together([ada, ben], 2, generator=np.random.default_rng(0)).value
    1.0
    """
    images = shared_images(players) if len(players) > 1 else np.array([], np.int64)
    if not len(images):
        return None
    return fleiss(counts(players, images, classes), generator=generator)


def counts(players: Sequence[Answers], images: np.ndarray, classes: int) -> np.ndarray:
    """(n, K + 1) int64: how many players gave each answer; the last column is "can't tell".

    images: (n,) rows of the test part that all players saw

    >>> ada = Answers("Ada", np.array([0, 1]), np.array([0, 1]), np.array([0, 1]), np.ones(2))
    >>> ben = Answers("Ben", np.array([1, 0]), np.array([1, 0]), np.array([-1, 0]), np.ones(2))
    >>> counts([ada, ben], np.array([0, 1]), classes=2).tolist()
    [[2, 0, 0], [0, 1, 1]]
    """
    rated = (one_hot(categories(player, classes)[positions(player, images)], classes + 1) for player in players)
    return np.rint(sum(rated)).astype(np.int64)


def missed(players: Sequence[Answers], classes: int) -> list[MissedImage]:
    """Images that at least two players saw and all of them misclassified.

    Sorted by the number of players who saw the image, then by how many of them chose the same wrong class.

    >>> ada = Answers("Ada", np.arange(3), np.array([0, 1, 0]), np.array([1, 1, 1]), np.ones(3))
    >>> ben = Answers("Ben", np.arange(3), np.array([0, 1, 0]), np.array([1, 0, 0]), np.ones(3))
    >>> missed([ada, ben], classes=2)
    [MissedImage(index=0, label=0, players=2, choices=((1, 2),))]
    """
    images = np.concatenate([player.images for player in players])
    right = np.concatenate([player.right for player in players])
    labels = np.concatenate([player.labels for player in players])
    given = np.concatenate([categories(player, classes) for player in players])
    distinct, first, inverse, seen = np.unique(images, return_index=True, return_inverse=True, return_counts=True)
    hits = np.bincount(inverse, weights=right, minlength=len(distinct))
    images_missed = []
    for i in np.flatnonzero((hits == 0) & (seen > 1)):
        numbers = np.bincount(given[inverse == i], minlength=classes + 1)
        order = np.argsort(-numbers, kind="stable")[: int((numbers > 0).sum())]
        choices = tuple((int(c), int(numbers[c])) for c in order)
        images_missed.append(MissedImage(int(distinct[i]), int(labels[first[i]]), int(seen[i]), choices))
    return sorted(images_missed, key=lambda image: (-image.players, -image.choices[0][1], image.index))


def missed_by_chance(players: Sequence[Answers], images: np.ndarray) -> float:
    """How many images all players would misclassify if their mistakes within a class were independent.

    images: (n,) rows of the test part that all players saw

    The sum over classes of the number of images times the product of the players' error rates.

    >>> ada = Answers("Ada", np.arange(4), np.zeros(4, int), np.array([0, 0, 1, 1]), np.ones(4))
    >>> ben = Answers("Ben", np.arange(4), np.zeros(4, int), np.array([0, 1, 0, 1]), np.ones(4))
    >>> missed_by_chance([ada, ben], np.arange(4))
    1.0
    """
    rows = [positions(player, images) for player in players]
    labels = players[0].labels[rows[0]]
    wrong = [~player.right[own] for player, own in zip(players, rows, strict=True)]
    return float(
        sum(
            (labels == label).sum() * np.prod([each[labels == label].mean() for each in wrong])
            for label in np.unique(labels)
        )
    )
