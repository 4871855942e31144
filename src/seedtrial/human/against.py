"""Compares people with a network on exactly the images that the people saw.

P players, N test images, n images that a player saw, S seeds of the network, B bootstrap samples. The claim is always
"NETWORK beats PLAYER"; its verdict uses the same words, level and correction as every other claim.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from seedtrial.claims.verdicts import Word, adjusted, word
from seedtrial.evaluation.agreement import Kappa, cohen, one_hot
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import combine, mcnemar, resamples, tail
from seedtrial.human.answers import Answers
from seedtrial.human.outcomes import categories


@dataclass(frozen=True)
class PeopleAgainstNetwork:
    """A network compared with one person or with several.

    people:           accuracy in [0, 1]; with several people, the mean over them, each on the images that they saw
    network_accuracy: accuracy in [0, 1] on the same images, averaged in the same way
    difference:       network - people, in percentage points
    low, high:        95 % interval of the difference; nan where a single image leaves it unknown
    p:                p-value of the hypothesis that both are equally accurate
    images:           number of different images

    >>> PeopleAgainstNetwork("conv", ("Ada",), 0.83, 0.91, 8.0, 2.0, 14.0, 0.01, images=200).difference
    8.0
    """

    network: str
    players: tuple[str, ...]
    people: float
    network_accuracy: float
    difference: float
    low: float
    high: float
    p: float
    images: int


def compare_one(player: Answers, network: str, seeds: Sequence[Predictions]) -> PeopleAgainstNetwork:
    """Compares one person with a network by McNemar's exact test; the interval covers other images, not other people.

    seeds: the network's predictions on the whole test part, one per seed; accuracies are averaged over seeds, and
           p-values are combined by twice their median

    Source: McNemar 1947.
    Raises ValueError when the player's labels differ from those of the test part.

    >>> labels = np.array([0, 1, 0, 1])
    >>> ada = Answers("Ada", np.arange(4), labels, np.array([0, 1, 1, 0]), np.ones(4))
    >>> perfect = Predictions(labels, np.eye(2, dtype=np.float32)[labels])
    >>> compared = compare_one(ada, "conv", [perfect])
    >>> compared.difference, compared.p
    (50.0, 0.5)
    """
    right = _correct(player, seeds)  # (S, n)
    each = 100 * (right.mean(axis=0) - player.right)
    p = combine([mcnemar(seed, player.right) for seed in right])
    half = 1.96 * float(each.std(ddof=1)) / math.sqrt(len(each)) if len(each) > 1 else math.nan
    return _against(network, (player,), [each], p, half)


def compare_several(
    players: Sequence[Answers], network: str, seeds: Sequence[Predictions], *, generator: np.random.Generator
) -> PeopleAgainstNetwork:
    """Compares several people with a network; the interval covers other people like these on other images.

    The standard error comes from a bootstrap of players and images. Each sample draws P - 1 players with replacement,
    and the images with replacement once for all players, because players of one game see the same images. The interval
    is Student's t. Its degrees of freedom are close to P - 1 where players differ much, and close to the number of
    images where they hardly differ. The interval does not cover retraining the network.

    Sources: Rao and Wu 1988, Resampling inference with complex survey data; Owen 2007, The pigeonhole bootstrap;
    Satterthwaite 1946, An approximate distribution of estimates of variance components.
    Raises ValueError for fewer than two players, or when labels differ from those of the test part.

    >>> labels = np.array([0, 1, 0, 1])
    >>> choices = {"Ada": [0, 1, 1, 1], "Ben": [0, 1, 0, 1]}
    >>> people = [Answers(name, np.arange(4), labels, np.array(row), np.ones(4)) for name, row in choices.items()]
    >>> perfect = Predictions(labels, np.eye(2, dtype=np.float32)[labels])
    >>> compared = compare_several(people, "conv", [perfect], generator=np.random.default_rng(0))
    >>> compared.people, compared.network_accuracy, compared.difference
    (0.875, 1.0, 12.5)
    """
    if len(players) < 2:
        raise ValueError(f"expected at least two players, got {len(players)}")
    each = [100 * (_correct(player, seeds).mean(axis=0) - player.right) for player in players]
    error, freedom = _standard_error(each, [player.images for player in players], generator)
    mean = float(np.mean([values.mean() for values in each]))
    p = 2 * tail(abs(mean), error=error, freedom=freedom) if mean else 1.0
    return _against(network, players, each, p, float(special.stdtrit(freedom, 0.975)) * error)


def _against(
    network: str, players: Sequence[Answers], each: Sequence[np.ndarray], p: float, half: float
) -> PeopleAgainstNetwork:
    people = float(np.mean([player.right.mean() for player in players]))
    mean = float(np.mean([values.mean() for values in each]))
    images = len(np.unique(np.concatenate([player.images for player in players])))
    names = tuple(player.player for player in players)
    return PeopleAgainstNetwork(network, names, people, people + mean / 100, mean, mean - half, mean + half, p, images)


def _standard_error(
    each: Sequence[np.ndarray], images: Sequence[np.ndarray], generator: np.random.Generator
) -> tuple[float, float]:
    """Standard error of the mean over players, and its degrees of freedom.

    each:   for every player, the differences (n,)
    images: for every player, the rows of the test part (n,) that the differences belong to
    """
    # Two tables, players by images: the differences, and which images each player saw. With them a bootstrap sample of
    # images, given as how often each image was drawn, becomes two matrix products for
    # all players at once.
    distinct, inverse = np.unique(np.concatenate(images), return_inverse=True)
    players, total = len(each), len(distinct)
    values, seen = np.zeros((players, total)), np.zeros((players, total))
    row = np.repeat(np.arange(players), [len(one) for one in each])
    values[row, inverse], seen[row, inverse] = np.concatenate(each), 1
    means = []
    for drawn in resamples(total, generator):
        answers = drawn @ seen.T  # (B, P) how many of a player's answers are in the sample, perhaps none
        per_player = np.divide(drawn @ values.T, answers, out=np.full(answers.shape, np.nan), where=answers > 0)
        # P draws with replacement would estimate a variance that is too small by the factor (P - 1) / P, which is one
        # half for two players. Drawing P - 1 players corrects that (Rao and Wu 1988).
        chosen = np.take_along_axis(per_player, generator.integers(0, players, (len(drawn), players - 1)), axis=1)
        # A player who saw few images may have none of them in a sample. The mean of that sample leaves the player out,
        # and a sample without any player is dropped.
        known = ~np.isnan(chosen)
        kept = known.any(axis=1)
        means.append(np.where(known, chosen, 0).sum(axis=1)[kept] / known.sum(axis=1)[kept])
    error = float(np.std(np.concatenate(means), ddof=1))
    averages = np.array([one.mean() for one in each])  # (P,)
    # Satterthwaite: the variance is a sum of two parts, one from the players with P - 1 degrees of freedom and one from
    # the images with N - 1. P - 1 alone would multiply the standard error of two players by 12.7 even where they
    # agree.
    by_player = float(averages.var(ddof=1)) / players
    centred = np.where(seen > 0, values - averages[:, None], 0) / seen.sum(axis=1, keepdims=True) / players
    by_image = float((centred.sum(axis=0) ** 2).sum())
    parts = by_player**2 / (players - 1) + by_image**2 / max(total - 1, 1)
    return error, (by_player + by_image) ** 2 / parts if parts else float(players - 1)


def verdicts(comparisons: Sequence[PeopleAgainstNetwork]) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
    """Each comparison with the verdict on "NETWORK beats PLAYER" and its p-value.

    p-values are adjusted by Holm for all these comparisons together.

    >>> clear = PeopleAgainstNetwork("conv", ("Ada",), 0.8, 0.9, 10.0, 5.0, 15.0, p=0.01, images=500)
    >>> close = PeopleAgainstNetwork("dense", ("Ada",), 0.8, 0.82, 2.0, -2.0, 6.0, p=0.4, images=500)
    >>> [(word, p) for _, word, p in verdicts([clear, close])]
    [('supported', 0.02), ('not distinguishable', 0.4)]
    """
    p_values = adjusted({number: compared.p for number, compared in enumerate(comparisons)})
    return [
        (compared, word(p_values[number], holds=compared.difference > 0), p_values[number])
        for number, compared in enumerate(comparisons)
    ]


def agreement(player: Answers, seeds: Sequence[Predictions], *, generator: np.random.Generator) -> Kappa:
    """Cohen's kappa of a person and a network on the images that the person saw.

    "Can't tell" is a category that a network never chooses. With several seeds, one of them is drawn at random.

    >>> labels = np.array([0, 1, 0, 1])
    >>> ada = Answers("Ada", np.arange(4), labels, np.array([0, 1, 1, 0]), np.ones(4))
    >>> perfect = Predictions(labels, np.eye(2, dtype=np.float32)[labels])
    >>> agreement(ada, [perfect], generator=np.random.default_rng(0)).value
    0.0
    """
    classes = seeds[0].classes
    person = one_hot(categories(player, classes), classes + 1)
    network = np.mean([one_hot(seed.answers[player.images], classes + 1) for seed in seeds], axis=0)
    return cohen(person, network, generator=generator)


def _correct(player: Answers, seeds: Sequence[Predictions]) -> np.ndarray:
    """(S, n) bool: whether each seed of the network classifies each image that the player saw correctly."""
    for seed in seeds:
        if player.images.max() >= len(seed) or (seed.labels[player.images] != player.labels).any():
            raise ValueError(f"{player.player} saw other images than the network was tested on")
    return np.stack([seed.right[player.images] for seed in seeds])
