"""A person's answers, and their conversion to predictions."""

import numpy as np
import pytest

from seedtrial.human.answers import CANNOT_TELL, Answers, Mode, by_player


def test_predictions_are_right_where_the_person_was_and_wrong_where_none_could_be_told() -> None:
    answers = Answers(
        player="ann",
        images=np.array([7, 3, 5]),
        labels=np.array([0, 2, 0]),
        choices=np.array([0, 1, CANNOT_TELL]),
        seconds=np.array([1.0, 2.0, 0.5]),
    )
    predictions = answers.predictions(3)
    assert predictions.right.tolist() == answers.right.tolist() == [True, False, False]
    assert predictions.probs.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0.5, 0.5]]


def test_answers_of_unequal_length_are_refused() -> None:
    one, two = np.zeros(1, np.int64), np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="ann: images, labels, choices and seconds differ in length"):
        Answers("ann", one, one, two, one.astype(float))


def game(player: str, *images: int, mode: Mode = "learn") -> Answers:
    rows = np.array(images)
    return Answers(player, rows, rows % 3, rows % 2, rows / 10, mode)


def test_several_games_of_a_player_are_one_and_blind_only_if_all_were() -> None:
    joined = by_player([game("ann", 4, 2, mode="blind"), game("bob", 2, mode="blind"), game("ann", 9)])
    assert [(one.player, one.images.tolist(), one.mode) for one in joined] == [
        ("ann", [4, 2, 9], "learn"),
        ("bob", [2], "blind"),
    ]
    assert joined[0].labels.tolist() == [1, 2, 0] and joined[0].seconds.tolist() == [0.4, 0.2, 0.9]
