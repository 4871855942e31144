"""A person's answers, which convert to Predictions so that people and networks are compared in the same way.

n answers, K classes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedtrial.evaluation.predictions import Predictions

CANNOT_TELL = -1  # the answer "I can't tell", which counts as wrong

Mode = Literal["learn", "blind"]


@dataclass(frozen=True)
class Answers:
    """One person's answers, in the order in which they were given.

    images:  (n,) int64, rows of the test part, each at most once
    labels:  (n,) int64, the true classes
    choices: (n,) int64, the chosen classes in [0, K), or CANNOT_TELL
    seconds: (n,) float64, time from showing the image to the answer
    mode:    learn: the true class was shown after each answer; blind: results were shown at the end

    Raises ValueError when the arrays differ in length.

    >>> ada = Answers("Ada", np.arange(3), np.array([0, 1, 2]), np.array([0, 2, CANNOT_TELL]), np.ones(3))
    >>> len(ada), ada.right.tolist()
    (3, [True, False, False])
    """

    player: str
    images: np.ndarray
    labels: np.ndarray
    choices: np.ndarray
    seconds: np.ndarray
    mode: Mode = "learn"

    def __post_init__(self) -> None:
        lengths = {len(array) for array in (self.images, self.labels, self.choices, self.seconds)}
        if len(lengths) > 1:
            raise ValueError(f"{self.player}: images, labels, choices and seconds differ in length")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def right(self) -> np.ndarray:
        """(n,) bool: whether each answer is correct."""
        return self.choices == self.labels

    def predictions(self, classes: int) -> Predictions:
        """The answers as probabilities: 1 for the chosen class.

        "Can't tell" puts equal probability on all wrong classes, so that it counts as wrong.

        >>> ada = Answers("Ada", np.arange(2), np.array([0, 1]), np.array([2, CANNOT_TELL]), np.ones(2))
        >>> ada.predictions(3).probs.tolist()
        [[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]]
        """
        probs = np.zeros((len(self), classes), np.float32)
        chosen = self.choices != CANNOT_TELL
        probs[chosen, self.choices[chosen]] = 1
        probs[~chosen] = 1 / (classes - 1)
        probs[~chosen, self.labels[~chosen]] = 0
        return Predictions(self.labels, probs)


def by_player(games: Iterable[Answers]) -> list[Answers]:
    """Joins the games of each player, in the order in which players first appear.

    A player's mode is blind only if all of the player's games were blind.

    >>> first = Answers("Ada", np.array([4]), np.array([0]), np.array([0]), np.ones(1), "blind")
    >>> second = Answers("Ada", np.array([7]), np.array([1]), np.array([1]), np.ones(1), "learn")
    >>> [(player.images.tolist(), player.mode) for player in by_player([first, second])]
    [([4, 7], 'learn')]
    """
    games_of: dict[str, list[Answers]] = {}
    for game in games:
        games_of.setdefault(game.player, []).append(game)
    return [
        Answers(
            player=player,
            images=np.concatenate([game.images for game in own]),
            labels=np.concatenate([game.labels for game in own]),
            choices=np.concatenate([game.choices for game in own]),
            seconds=np.concatenate([game.seconds for game in own]),
            mode="blind" if all(game.mode == "blind" for game in own) else "learn",
        )
        for player, own in games_of.items()
    ]
