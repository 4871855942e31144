"""Several people on the same images: agreement, and what all of them get wrong.

P players, K classes.
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
class Missed:
    """An image that everybody who saw it got wrong.

    index:   row of the test part
    choices: (category, number of players), the most frequent first; the category K is "can't tell"
    """

    index: int
    label: int
    players: int
    choices: tuple[tuple[int, int], ...]


def shared(players: Sequence[Answers]) -> np.ndarray:
    """The rows of the test part that all players saw, in ascending order."""
    return reduce(np.intersect1d, (player.images for player in players))


def on(player: Answers, images: np.ndarray) -> np.ndarray:
    """The places of these images among a player's answers; images: rows of the test part that the player saw."""
    order = np.argsort(player.images)
    return np.asarray(order[np.searchsorted(player.images, images, sorter=order)])


def pairwise(
    players: Sequence[Answers], classes: int, *, generator: np.random.Generator
) -> list[tuple[str, str, Kappa]]:
    """Cohen's kappa of every two players on the images that both saw; "can't tell" is a category like the others."""
    found = []
    for a, b in combinations(players, 2):
        images = shared((a, b))
        rated = [one_hot(categories(player, classes)[on(player, images)], classes + 1) for player in (a, b)]
        found.append((a.player, b.player, cohen(*rated, generator=generator)))
    return found


def all_together(players: Sequence[Answers], classes: int, *, generator: np.random.Generator) -> Kappa | None:
    """Fleiss' kappa on the images that all players saw; None where there are none, or a single player."""
    images = shared(players) if len(players) > 1 else np.array([], np.int64)
    if not len(images):
        return None
    return fleiss(counts(players, images, classes), generator=generator)


def counts(players: Sequence[Answers], images: np.ndarray, classes: int) -> np.ndarray:
    """(n, K + 1) int64: how many players gave each answer to images that all of them saw; last "can't tell"."""
    rated = (one_hot(categories(player, classes)[on(player, images)], classes + 1) for player in players)
    return np.rint(sum(rated)).astype(np.int64)


def missed(players: Sequence[Answers], classes: int) -> list[Missed]:
    """Images that at least two players saw and all of them got wrong.

    Those that most players saw stand first, then those on whose wrong class most agreed.
    """
    images = np.concatenate([player.images for player in players])
    right = np.concatenate([player.right for player in players])
    labels = np.concatenate([player.labels for player in players])
    given = np.concatenate([categories(player, classes) for player in players])
    distinct, first, inverse, seen = np.unique(images, return_index=True, return_inverse=True, return_counts=True)
    hits = np.bincount(inverse, weights=right, minlength=len(distinct))
    found = []
    for place in np.flatnonzero((hits == 0) & (seen > 1)):
        numbers = np.bincount(given[inverse == place], minlength=classes + 1)
        order = np.argsort(-numbers, kind="stable")[: int((numbers > 0).sum())]
        choices = tuple((int(c), int(numbers[c])) for c in order)
        found.append(Missed(int(distinct[place]), int(labels[first[place]]), int(seen[place]), choices))
    return sorted(found, key=lambda image: (-image.players, -image.choices[0][1], image.index))


def missed_by_chance(players: Sequence[Answers], images: np.ndarray) -> float:
    """How many images all players would get wrong if their mistakes within a class had nothing to do with each other.

    images: rows of the test part that all players saw

    For every class its images times the product of the players' shares of mistakes on them.
    """
    places = [on(player, images) for player in players]
    labels = players[0].labels[places[0]]
    wrong = [~player.right[place] for player, place in zip(players, places, strict=True)]
    return float(
        sum(
            (labels == label).sum() * np.prod([each[labels == label].mean() for each in wrong])
            for label in np.unique(labels)
        )
    )
