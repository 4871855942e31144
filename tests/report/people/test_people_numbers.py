"""The numbers of people who played, before any page shows them."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from players import NASTY, RTL, answers, network, some
from seedtrial.human.answers import Answers
from seedtrial.human.crowd import Votes
from seedtrial.report.people import published as people_published
from seedtrial.report.people.numbers import People, PeopleNumbers, people_json

FASHION = people_published.built_in_readers()["fashion-mnist"].facts


def numbers(
    labels: np.ndarray, players: Sequence[Answers], *, fingerprint: str = "", votes: Votes | None = None
) -> PeopleNumbers:
    nets = {"net": [network(labels, np.arange(len(labels)) % 5 > 0)]}
    return PeopleNumbers(People("blocks", fingerprint, ("a", "b", "c"), labels, tuple(players), nets, votes))


def test_the_same_answers_give_the_same_numbers(labels: np.ndarray) -> None:
    first, second = (people_json(numbers(labels, some(labels))) for _ in range(2))
    assert first == second and json.dumps(first, allow_nan=False)


def test_headline_is_everybody_or_the_only_player(labels: np.ndarray) -> None:
    three = numbers(labels, some(labels))
    assert [compared.players for compared, _, _ in three.headline] == [("ann", NASTY, RTL)]
    assert [compared.players for compared, _, _ in three.player_by_player] == [("ann",), (NASTY,), (RTL,)]
    one = numbers(labels, some(labels, ["ann"]))
    assert [compared.players for compared, _, _ in one.headline] == [("ann",)] and one.player_by_player == []


def test_a_networks_confusions_are_those_on_the_images_that_people_saw(labels: np.ndarray) -> None:
    players = [answers(labels[[0, 1]], labels[[0, 1]], images=[0, 1]), answers(labels[[0]], labels[[0]], images=[0])]
    matrix = numbers(labels, players).confusion_of_network("net")
    assert matrix.sum() == 3 and matrix[labels[0], (labels[0] + 1) % 3] == 2  # the network is wrong on image 0


def test_published_numbers_of_people_stand_beside_ours_for_their_data_alone(labels: np.ndarray) -> None:
    assert numbers(labels, some(labels)).published == []
    assert FASHION is not None
    game, authors = numbers(labels, some(labels), fingerprint=FASHION.fingerprint).published
    assert (game.published.accuracy, authors.published.accuracy) == (0.845, 0.835)
    assert game.ours is not None and game.ours.n == 3 and game.word is not None
    assert authors.measure == "majority of the players, on the images that all saw" and authors.ours is not None
    pair = numbers(labels, some(labels, ["a", "b"]), fingerprint=FASHION.fingerprint).published
    assert pair[1].ours is None and pair[1].word is None  # two cannot outvote each other


def test_the_majority_of_players_is_beside_the_majority_of_votes(labels: np.ndarray) -> None:
    choices = np.stack([labels, labels, (labels + 1) % 3])
    choices[1, :6] = (labels[:6] + 1) % 3
    players = [answers(labels, chosen, player=str(n)) for n, chosen in enumerate(choices)]
    assert FASHION is not None
    authors = numbers(labels, players, fingerprint=FASHION.fingerprint).published[1]
    assert authors.ours is not None and authors.ours.mean == pytest.approx(18 / 24)


def test_imported_votes_are_compared_with_both_published_numbers(labels: np.ndarray) -> None:
    votes = Votes(np.eye(3, dtype=np.int64)[labels] + 1)
    assert FASHION is not None
    rows = numbers(labels, [], fingerprint=FASHION.fingerprint, votes=votes).published
    assert [row.measure for row in rows] == [
        "mean of the players",
        "a single imported vote",
        "majority of the imported votes",
    ]
    assert rows[0].ours is None and rows[1].ours is not None and rows[1].ours.mean == pytest.approx(0.5)
    assert rows[2].ours is not None and rows[2].ours.mean == 1


def test_a_single_players_own_answers_leave_something_open_too(labels: np.ndarray) -> None:
    """19 of 24 are 79 %: five points below 84.5, which so few answers do not contradict."""
    choices = labels.copy()
    choices[:5] = (labels[:5] + 1) % 3
    assert FASHION is not None
    game = numbers(labels, [answers(labels, choices)], fingerprint=FASHION.fingerprint).published[0]
    assert game.word == "reproduced"
