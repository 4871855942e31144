"""The numbers of the people report: players, networks, a crowd's votes and published numbers on one data set.

N test images, K classes. The page, the section in a study's report and the JSON output all show these numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from seedtrial.claims.verdicts import Word
from seedtrial.evaluation.agreement import Kappa
from seedtrial.evaluation.metrics import confusion, per_class_accuracy
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import Spread, spread
from seedtrial.human import against, outcomes, together
from seedtrial.human.against import PeopleAgainstNetwork
from seedtrial.human.answers import CANNOT_TELL, Answers
from seedtrial.human.crowd import Votes
from seedtrial.human.outcomes import Learning, Share, Times
from seedtrial.human.together import MissedImage
from seedtrial.report.people.crowd import Crowd, crowd
from seedtrial.report.people.published import PublishedComparison, compare_published
from seedtrial.study.results_json import without_nan

SEED = 0  # for the bootstrap, so that the same answers give the same page
EVERYBODY = "people"


@dataclass(frozen=True)
class People:
    """The people who played with a data set, and what they are compared with.

    labels:   (N,) int64, true classes of the test part
    players:  the answers of each player
    networks: label -> predictions on the test part, one per seed
    votes:    imported votes of a crowd; None if there are none

    >>> People("boots", "f" * 64, ("left", "right"), np.array([0, 1]), players=(), networks={}).votes is None
    True
    """

    name: str
    fingerprint: str
    classes: tuple[str, ...]
    labels: np.ndarray
    players: tuple[Answers, ...]
    networks: Mapping[str, Sequence[Predictions]]
    votes: Votes | None = None


@dataclass(frozen=True)
class Player:
    """One player's numbers; `learning` is None for fewer than 200 answers.

    >>> PeopleNumbers(People("boots", "f" * 64, ("left", "right"), np.array([0]), (), networks={})).players
    ()
    """

    name: str
    mode: str
    answers: int
    cannot_tell: int
    accuracy: Share
    by_class: tuple[Share | None, ...]
    learning: Learning | None
    times: Times


@dataclass(frozen=True)
class PeopleNumbers:
    """All numbers of the report. Each is computed when it is first used.

    >>> labels = np.array([0, 1, 0, 1])
    >>> ada = Answers("Ada", np.arange(4), labels, np.array([0, 1, 1, CANNOT_TELL]), np.ones(4))
    >>> numbers = PeopleNumbers(People("boots", "f" * 64, ("left", "right"), labels, (ada,), networks={}))
    >>> numbers.players[0].accuracy.value, numbers.players[0].cannot_tell, numbers.confusion.tolist()
    (0.5, 1, [[1, 1, 0], [0, 1, 1]])
    """

    people: People

    @cached_property
    def players(self) -> tuple[Player, ...]:
        """Each player's numbers, in the order of the store."""
        return tuple(_player(answers, len(self.people.classes)) for answers in self.people.players)

    @cached_property
    def mean(self) -> Spread | None:
        """Mean accuracy over players; None if nobody played."""
        return outcomes.over_players(self.people.players) if self.players else None

    @cached_property
    def learning(self) -> Spread | None:
        """Accuracy on the last 100 answers minus the first 100, in points, over players with at least 200."""
        known = [player.learning.difference for player in self.players if player.learning]
        return spread(known, resolution=1) if known else None

    @cached_property
    def against(self) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
        """Each network against all players together, if there are several, and against each player."""
        generator = np.random.default_rng(SEED)
        comparisons = []
        for label, seeds in self.people.networks.items():
            if len(self.players) > 1:
                comparisons.append(against.compare_several(self.people.players, label, seeds, generator=generator))
            comparisons += [against.compare_one(player, label, seeds) for player in self.people.players]
        return against.verdicts(comparisons)

    @cached_property
    def headline(self) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
        """The comparisons with all players together, or with the only player."""
        most = max((len(compared.players) for compared, _, _ in self.against), default=0)
        return [row for row in self.against if len(row[0].players) == most]

    @cached_property
    def player_by_player(self) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
        """The comparisons with single players, if there are several players."""
        return [row for row in self.against if row not in self.headline]

    @cached_property
    def by_class(self) -> dict[str, np.ndarray]:
        """Column -> (K,) per-class accuracies: mean of the players, then each network on the whole test part."""
        columns = {}
        if self.players:
            columns[EVERYBODY] = outcomes.mean_by_class(self.people.players, len(self.people.classes))
        for label, seeds in self.people.networks.items():
            columns[label] = per_class_accuracy(np.mean([confusion(seed) for seed in seeds], axis=0))
        return columns

    @cached_property
    def confusion(self) -> np.ndarray:
        """(K, K + 1) confusion matrix of all players together; the last column is "can't tell"."""
        return outcomes.answer_confusion(self.people.players, len(self.people.classes))

    def confusion_of_network(self, label: str) -> np.ndarray:
        """(K, K) confusion matrix of a network, mean over seeds, on the images that players saw.

        An image counts as often as players saw it.
        """
        images = np.concatenate([player.images for player in self.people.players])
        seeds = self.people.networks[label]
        return np.mean([confusion(Predictions(s.labels[images], s.probs[images])) for s in seeds], axis=0)

    @cached_property
    def times(self) -> list[tuple[Times | None, Times | None]]:
        """Response times of right and of wrong answers for each class, and last for all classes together."""
        players = self.people.players
        right = np.concatenate([player.right for player in players])
        seconds = np.concatenate([player.seconds for player in players])
        every = outcomes.times(seconds[right]), outcomes.times(seconds[~right])
        return [*outcomes.times_by_class(players, len(self.people.classes)), every]

    @cached_property
    def pairwise(self) -> list[tuple[str, str, Kappa]]:
        """Cohen's kappa of each pair of players."""
        return together.pairwise(self.people.players, len(self.people.classes), generator=np.random.default_rng(SEED))

    @cached_property
    def fleiss(self) -> Kappa | None:
        """Fleiss' kappa of all players; None if there is no image that all of them saw."""
        return together.all_together(
            self.people.players, len(self.people.classes), generator=np.random.default_rng(SEED)
        )

    @cached_property
    def with_networks(self) -> list[tuple[str, str, Kappa]]:
        """Cohen's kappa of each player with each network."""
        generator = np.random.default_rng(SEED)
        return [
            (player.player, label, against.agreement(player, seeds, generator=generator))
            for player in self.people.players
            for label, seeds in self.people.networks.items()
        ]

    @cached_property
    def missed(self) -> list[MissedImage]:
        """Images that at least two players saw and all of them misclassified."""
        return together.missed(self.people.players, len(self.people.classes)) if self.players else []

    @cached_property
    def missed_by_all(self) -> tuple[int, int, float] | None:
        """Three numbers: images that all players saw, how many of these all misclassified, and how many by chance."""
        images = together.shared_images(self.people.players) if len(self.players) > 1 else np.array([], np.int64)
        if not len(images):
            return None
        count = sum(image.players == len(self.players) for image in self.missed)
        return len(images), count, together.missed_by_chance(self.people.players, images)

    @cached_property
    def crowd(self) -> Crowd | None:
        """Numbers of imported votes; None if there are none."""
        if self.people.votes is None:
            return None
        return crowd(self.people.votes, self.people.labels, self.people.networks, generator=np.random.default_rng(SEED))

    @cached_property
    def published(self) -> list[PublishedComparison]:
        """Published numbers of people on this data set, compared with ours."""
        return compare_published(
            self.people.fingerprint, self.people.players, self.mean, self.crowd, self.people.labels
        )


def _player(answers: Answers, classes: int) -> Player:
    accuracy, times = outcomes.share(answers.right), outcomes.times(answers.seconds)
    assert accuracy is not None and times is not None  # the store leaves out players without answers
    return Player(
        name=answers.player,
        mode=answers.mode,
        answers=len(answers),
        cannot_tell=int((answers.choices == CANNOT_TELL).sum()),
        accuracy=accuracy,
        by_class=tuple(outcomes.by_class(answers, classes)),
        learning=outcomes.learning(answers),
        times=times,
    )


def people_json(numbers: PeopleNumbers) -> dict[str, Any]:
    """All numbers as plain values for JSON; nan becomes None.

    >>> labels = np.array([0, 1])
    >>> ada = Answers("Ada", np.arange(2), labels, np.array([0, 0]), np.ones(2))
    >>> numbers = PeopleNumbers(People("boots", "f" * 64, ("left", "right"), labels, (ada,), networks={}))
    >>> people_json(numbers)["by_class"]
    {'people': [1.0, 0.0]}
    """
    people = numbers.people
    values: dict[str, Any] = {
        "data": people.name,
        "fingerprint": people.fingerprint,
        "classes": list(people.classes),
        "players": [asdict(player) for player in numbers.players],
        "mean": numbers.mean and asdict(numbers.mean),
        "learning": numbers.learning and asdict(numbers.learning),
        "by_class": {label: accuracies.tolist() for label, accuracies in numbers.by_class.items()},
        "against": [asdict(compared) | {"word": word, "p_adjusted": p} for compared, word, p in numbers.against],
        "crowd": numbers.crowd and asdict(numbers.crowd),
        "published": [
            {
                "what": row.what,
                "published": row.published.accuracy,
                "where": row.published.where,
                "measure": row.measure,
                "ours": row.ours and asdict(row.ours),
                "word": row.word,
            }
            for row in numbers.published
        ],
    }
    if numbers.players:
        values |= {
            "confusion": numbers.confusion.tolist(),
            "times": [[side and asdict(side) for side in pair] for pair in numbers.times],
            "agreement": [{"a": a, "b": b} | asdict(kappa) for a, b, kappa in numbers.pairwise],
            "fleiss": numbers.fleiss and asdict(numbers.fleiss),
            "agreement_with_networks": [
                {"player": player, "network": network} | asdict(kappa)
                for player, network, kappa in numbers.with_networks
            ],
            "missed": [asdict(image) for image in numbers.missed],
        }
    return dict(without_nan(values))
