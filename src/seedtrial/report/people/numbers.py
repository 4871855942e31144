"""The numbers of people who played with a data set, beside networks, a crowd's votes and what was published.

N test images, K classes. The page, the section in a study's report and the JSON all show these.
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
from seedtrial.human.together import Missed
from seedtrial.report.people.crowd import Crowd, crowd
from seedtrial.report.people.published import Beside, beside
from seedtrial.study.results import plain

SEED = 0  # of the bootstrap samples: the same answers give the same page
EVERYBODY = "people"


@dataclass(frozen=True)
class People:
    """Who played with a data set, and what is set beside them.

    labels:   (N,) int64, of the test part
    networks: label -> predictions on the test part, one per seed
    votes:    a crowd's, if some were imported
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
    """One player's numbers; learning is None before two hundred answers."""

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
    """All numbers. Each is found when it is first asked for."""

    people: People

    @cached_property
    def players(self) -> tuple[Player, ...]:
        """Player by player, in the order of the store."""
        return tuple(_player(answers, len(self.people.classes)) for answers in self.people.players)

    @cached_property
    def mean(self) -> Spread | None:
        """Over players; None where nobody played."""
        return outcomes.over_players(self.people.players) if self.players else None

    @cached_property
    def learning(self) -> Spread | None:
        """Last hundred answers - first hundred, points, over the players who have both."""
        known = [player.learning.difference for player in self.players if player.learning]
        return spread(known, resolution=1) if known else None

    @cached_property
    def against(self) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
        """Every network against everybody together, if there are several, and against each player."""
        generator = np.random.default_rng(SEED)
        found = []
        for label, seeds in self.people.networks.items():
            if len(self.players) > 1:
                found.append(against.several(self.people.players, label, seeds, generator=generator))
            found += [against.one(player, label, seeds) for player in self.people.players]
        return against.words(found)

    @cached_property
    def headline(self) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
        """Of `against` what says most: the comparisons with everybody, or with the only player."""
        most = max((len(found.players) for found, _, _ in self.against), default=0)
        return [told for told in self.against if len(told[0].players) == most]

    @cached_property
    def player_by_player(self) -> list[tuple[PeopleAgainstNetwork, Word, float]]:
        """The rest of `against`."""
        return [told for told in self.against if told not in self.headline]

    @cached_property
    def by_class(self) -> dict[str, np.ndarray]:
        """Column -> (K,) accuracies: people together, then each network over the whole test part."""
        columns = {}
        if self.players:
            columns[EVERYBODY] = outcomes.mean_by_class(self.people.players, len(self.people.classes))
        for label, seeds in self.people.networks.items():
            columns[label] = per_class_accuracy(np.mean([confusion(seed) for seed in seeds], axis=0))
        return columns

    @cached_property
    def confusion(self) -> np.ndarray:
        """(K, K + 1), of all players together."""
        return outcomes.confusion(self.people.players, len(self.people.classes))

    def confusion_of_network(self, label: str) -> np.ndarray:
        """(K, K) of a network, mean over seeds, on the images that players saw, each as often as it was seen."""
        images = np.concatenate([player.images for player in self.people.players])
        seeds = self.people.networks[label]
        return np.mean([confusion(Predictions(s.labels[images], s.probs[images])) for s in seeds], axis=0)

    @cached_property
    def times(self) -> list[tuple[Times | None, Times | None]]:
        """Of right and of wrong answers, class by class, and last over all classes."""
        players = self.people.players
        right = np.concatenate([player.right for player in players])
        seconds = np.concatenate([player.seconds for player in players])
        every = outcomes.times(seconds[right]), outcomes.times(seconds[~right])
        return [*outcomes.times_by_class(players, len(self.people.classes)), every]

    @cached_property
    def pairwise(self) -> list[tuple[str, str, Kappa]]:
        """Cohen's kappa of every two players."""
        return together.pairwise(self.people.players, len(self.people.classes), generator=np.random.default_rng(SEED))

    @cached_property
    def fleiss(self) -> Kappa | None:
        """Of all players, where there are images that all of them saw."""
        return together.all_together(
            self.people.players, len(self.people.classes), generator=np.random.default_rng(SEED)
        )

    @cached_property
    def with_networks(self) -> list[tuple[str, str, Kappa]]:
        """Cohen's kappa of every player with every network."""
        generator = np.random.default_rng(SEED)
        return [
            (player.player, label, against.agreement(player, seeds, generator=generator))
            for player in self.people.players
            for label, seeds in self.people.networks.items()
        ]

    @cached_property
    def missed(self) -> list[Missed]:
        """Images that everybody who saw them got wrong."""
        return together.missed(self.people.players, len(self.people.classes)) if self.players else []

    @cached_property
    def missed_by_all(self) -> tuple[int, int, float] | None:
        """Of how many images that all players saw how many all got wrong, and how many chance alone would give."""
        images = together.shared(self.people.players) if len(self.players) > 1 else np.array([], np.int64)
        if not len(images):
            return None
        count = sum(image.players == len(self.players) for image in self.missed)
        return len(images), count, together.missed_by_chance(self.people.players, images)

    @cached_property
    def crowd(self) -> Crowd | None:
        """What imported votes say."""
        if self.people.votes is None:
            return None
        return crowd(self.people.votes, self.people.labels, self.people.networks, generator=np.random.default_rng(SEED))

    @cached_property
    def published(self) -> list[Beside]:
        """What was published of people on this data set, beside ours."""
        return beside(self.people.fingerprint, self.people.players, self.mean, self.crowd, self.people.labels)


def _player(answers: Answers, classes: int) -> Player:
    accuracy, times = outcomes.share(answers.right), outcomes.times(answers.seconds)
    assert accuracy is not None and times is not None  # players without an answer are left out
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
    """Everything as plain values, nan as None."""
    people = numbers.people
    told: dict[str, Any] = {
        "data": people.name,
        "fingerprint": people.fingerprint,
        "classes": list(people.classes),
        "players": [asdict(player) for player in numbers.players],
        "mean": numbers.mean and asdict(numbers.mean),
        "learning": numbers.learning and asdict(numbers.learning),
        "by_class": {label: values.tolist() for label, values in numbers.by_class.items()},
        "against": [asdict(found) | {"word": word, "p_adjusted": p} for found, word, p in numbers.against],
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
        told |= {
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
    return dict(plain(told))
