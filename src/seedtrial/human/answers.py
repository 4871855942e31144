"""What a person answered about images, and the same as Predictions, so that people and networks are compared alike.

n answers, K classes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedtrial.evaluation.predictions import Predictions

CANNOT_TELL = -1  # an answer that counts as wrong

Mode = Literal["learn", "blind"]


@dataclass(frozen=True)
class Answers:
    """One person's answers, in the order in which they were given.

    images:  (n,) int64, rows of the test part, none of them twice
    labels:  (n,) int64, the right answers
    choices: (n,) int64, the answers given: a class in [0, K), or CANNOT_TELL
    seconds: (n,) float64, from when the image was shown to the answer
    mode:    learn: every answer was followed by the right one; blind: nothing was told before the end
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
        """(n,) bool."""
        return self.choices == self.labels

    def predictions(self, classes: int) -> Predictions:
        """All certainty on the chosen class; of who can't tell, evenly on all wrong classes, so that it is wrong."""
        probs = np.zeros((len(self), classes), np.float32)
        told = self.choices != CANNOT_TELL
        probs[told, self.choices[told]] = 1
        probs[~told] = 1 / (classes - 1)
        probs[~told, self.labels[~told]] = 0
        return Predictions(self.labels, probs)


def by_player(games: Iterable[Answers]) -> list[Answers]:
    """One for each player, who may have played several games on different images, in the order in which they came.

    Their mode is blind only if all games were.
    """
    found: dict[str, list[Answers]] = {}
    for game in games:
        found.setdefault(game.player, []).append(game)
    return [
        Answers(
            player=player,
            images=np.concatenate([game.images for game in own]),
            labels=np.concatenate([game.labels for game in own]),
            choices=np.concatenate([game.choices for game in own]),
            seconds=np.concatenate([game.seconds for game in own]),
            mode="blind" if all(game.mode == "blind" for game in own) else "learn",
        )
        for player, own in found.items()
    ]
