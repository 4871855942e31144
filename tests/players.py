"""Simulated players of known accuracy, for tests of the statistics of people's answers."""

from collections.abc import Sequence

import numpy as np

from seedtrial.evaluation.predictions import Predictions
from seedtrial.human.answers import CANNOT_TELL, Answers

NASTY = "<script>alert(1)</script>"
RTL = "\u202eevil'\"&amp;"


def answers(
    labels: list[int] | np.ndarray,
    choices: list[int] | np.ndarray,
    *,
    player: str = "ann",
    images: list[int] | np.ndarray | None = None,
    seconds: list[float] | np.ndarray | None = None,
) -> Answers:
    """A player who saw these images (the first ones, if none are named), a second each."""
    rows = np.arange(len(labels)) if images is None else np.asarray(images, np.int64)
    times = np.ones(len(labels)) if seconds is None else np.asarray(seconds, float)
    return Answers(player, rows, np.asarray(labels, np.int64), np.asarray(choices, np.int64), times)


def simulated(
    labels: np.ndarray,
    accuracy: np.ndarray,
    generator: np.random.Generator,
    *,
    images: np.ndarray,
    player: str = "ann",
    cannot_tell: float = 0.2,
) -> Answers:
    """A player who is right on each class with a known probability, each image by itself.

    labels:      (N,) of the whole test part
    accuracy:    (K,) probability of a right answer
    images:      (n,) rows that the player sees
    cannot_tell: share of the wrong answers that are "can't tell"; the others are any wrong class
    """
    seen, classes = labels[images], len(accuracy)
    right = generator.random(len(images)) < accuracy[seen]
    other = (seen + generator.integers(1, classes, len(images))) % classes
    other[generator.random(len(images)) < cannot_tell] = CANNOT_TELL
    seconds = np.exp(generator.normal(0.5, 0.6, len(images)) + 0.4 * ~right)
    return Answers(player, images, seen, np.where(right, seen, other), seconds)


def network(labels: np.ndarray, right: np.ndarray, *, classes: int = 3) -> Predictions:
    """A network's predictions: the true class where `right` (N,) is true, otherwise the next class."""
    chosen = np.where(right, labels, (labels + 1) % classes)
    return Predictions(labels, np.eye(classes, dtype=np.float32)[chosen])


def some(labels: np.ndarray, names: Sequence[str] = ("ann", NASTY, RTL)) -> list[Answers]:
    """Players who saw all test images; everybody gets the first one wrong."""
    players = []
    for number, name in enumerate(names):
        generator = np.random.default_rng(number)
        player = simulated(labels, np.full(3, 0.8), generator, images=generator.permutation(len(labels)), player=name)
        player.choices[player.images == 0] = (labels[0] + 1) % 3
        players.append(player)
    return players
