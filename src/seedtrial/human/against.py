"""People against a network, on exactly the images that they saw: is one of them better?

P players, N test images, S seeds of the network. What is claimed is "NETWORK beats PLAYER"; the words are those of
every claim.
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
    """A network against one person or several.

    people, network: shares of right answers; of several people the mean over them, each on the images seen, and the
                     network's the same way
    difference:      network - people, points, with a 95 % interval; nan where it is not known
    p:               that both are right equally often
    images:          different images that were seen
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


def one(player: Answers, network: str, seeds: Sequence[Predictions]) -> PeopleAgainstNetwork:
    """One person: McNemar's exact test over the images; the interval is of the same person on other images.

    seeds: the network's predictions on the whole test part; p-values of several are combined by twice the median, the
           accuracy is their mean

    Source: McNemar 1947.
    Raises ValueError when the player's labels are not those of the test part.
    """
    right = _right(player, seeds)  # (S, n)
    each = 100 * (right.mean(axis=0) - player.right)
    p = combine([mcnemar(seed, player.right) for seed in right])
    half = 1.96 * float(each.std(ddof=1)) / math.sqrt(len(each)) if len(each) > 1 else math.nan
    return _against(network, (player,), [each], p, half)


def several(
    players: Sequence[Answers], network: str, seeds: Sequence[Predictions], *, generator: np.random.Generator
) -> PeopleAgainstNetwork:
    """Several people: a bootstrap of players and images; the interval is of other people like these on other images.

    P - 1 of the players are drawn with replacement, which makes the variance right for few of them, and the images
    with replacement once for all players, since players of one game see the same images. The interval is Student's t
    with that standard error. Its degrees of freedom lie between P - 1, where players differ by more than images leave
    open, and the number of images, where they do not. The network is the one that was trained: another training of it
    is not in the interval.

    Sources: Rao and Wu 1988, Resampling inference with complex survey data; Owen 2007, The pigeonhole bootstrap;
    Satterthwaite 1946, An approximate distribution of estimates of variance components.
    Raises ValueError for fewer than two players, or labels that are not those of the test part.
    """
    if len(players) < 2:
        raise ValueError("a bootstrap by player needs at least two players")
    each = [100 * (_right(player, seeds).mean(axis=0) - player.right) for player in players]
    error, freedom = _error(each, [player.images for player in players], generator)
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


def _error(
    each: Sequence[np.ndarray], images: Sequence[np.ndarray], generator: np.random.Generator
) -> tuple[float, float]:
    """Standard error of the mean over players, and its degrees of freedom.

    each, images: of every player, the differences (n,) and the rows of the test part that they belong to
    """
    # Tables of players and images, so that a bootstrap sample of the images is one matrix product for all players.
    distinct, inverse = np.unique(np.concatenate(images), return_inverse=True)
    players, total = len(each), len(distinct)
    values, seen = np.zeros((players, total)), np.zeros((players, total))
    owner = np.repeat(np.arange(players), [len(one) for one in each])
    values[owner, inverse], seen[owner, inverse] = np.concatenate(each), 1
    means = []
    for drawn in resamples(total, generator):
        answers = drawn @ seen.T  # (B, P) of each player in the sample; of who saw little perhaps none
        per_player = np.divide(drawn @ values.T, answers, out=np.full(answers.shape, np.nan), where=answers > 0)
        # One player fewer than there are (Rao and Wu): with replacement, P draws would make the variance too small by
        # (P - 1) / P, half of it for two players.
        chosen = np.take_along_axis(per_player, generator.integers(0, players, (len(drawn), players - 1)), axis=1)
        # A player who saw few images may have none in a sample, and is left out of its mean.
        there = ~np.isnan(chosen)
        means.append(np.where(there, chosen, 0).sum(axis=1)[there.any(axis=1)] / there.sum(axis=1)[there.any(axis=1)])
    error = float(np.std(np.concatenate(means), ddof=1))
    own = np.array([one.mean() for one in each])
    # How much of the variance comes from the players and how much from the images decides the degrees of freedom.
    by_player = float(own.var(ddof=1)) / players
    centred = np.where(seen > 0, values - own[:, None], 0) / seen.sum(axis=1, keepdims=True) / players
    by_image = float((centred.sum(axis=0) ** 2).sum())
    parts = by_player**2 / (players - 1) + by_image**2 / max(total - 1, 1)
    return error, (by_player + by_image) ** 2 / parts if parts else float(players - 1)


def words(comparisons: Sequence[PeopleAgainstNetwork]) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
    """A word on "NETWORK beats PLAYER" for each, with its p-value, adjusted by Holm for all of them together."""
    p_values = adjusted({number: compared.p for number, compared in enumerate(comparisons)})
    return [
        (compared, word(p_values[number], holds=compared.difference > 0), p_values[number])
        for number, compared in enumerate(comparisons)
    ]


def agreement(player: Answers, seeds: Sequence[Predictions], *, generator: np.random.Generator) -> Kappa:
    """Cohen's kappa of a person and a network on the images that the person saw; of several seeds, of one of them at
    random. A network never says "can't tell"."""
    classes = seeds[0].classes
    person = one_hot(categories(player, classes), classes + 1)
    network = np.mean([one_hot(seed.answers[player.images], classes + 1) for seed in seeds], axis=0)
    return cohen(person, network, generator=generator)


def _right(player: Answers, seeds: Sequence[Predictions]) -> np.ndarray:
    """(S, n) bool, where each seed of the network is right on the images that the player saw."""
    for seed in seeds:
        if player.images.max() >= len(seed) or (seed.labels[player.images] != player.labels).any():
            raise ValueError(f"{player.player} saw other images than the network was tested on")
    return np.stack([seed.right[player.images] for seed in seeds])
