"""Statistics of people's answers, on small cases by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from players import answers
from seedtrial.evaluation.statistics import wilson
from seedtrial.human import outcomes
from seedtrial.human.answers import CANNOT_TELL

RIGHT = st.lists(st.booleans(), min_size=1, max_size=200).map(np.array)


def test_cumulative_accuracy_counts_all_answers_so_far() -> None:
    assert outcomes.cumulative(np.array([True, False, True, True])).tolist() == [1, 0.5, 2 / 3, 0.75]


@given(RIGHT, st.sampled_from([20, 50]))
def test_curves_end_where_they_should_and_stay_between_0_and_1(right: np.ndarray, window: int) -> None:
    assert outcomes.cumulative(right)[-1] == pytest.approx(right.mean())
    running = outcomes.running(right, window)
    assert len(running) == len(right) and (running >= 0).all() and (running <= 1).all()
    assert outcomes.running(right[::-1], window)[::-1] == pytest.approx(running)
    assert outcomes.running(np.ones_like(right), window) == pytest.approx(1)


def test_running_accuracy_weighs_by_a_gaussian_of_a_quarter_of_its_window() -> None:
    right = np.zeros(101, bool)
    right[50] = True
    running = outcomes.running(right, 20)
    offsets = np.arange(-10, 11)
    weights = np.exp(-(offsets**2) / (2 * 5**2))
    assert running[40:61] == pytest.approx(weights / weights.sum())
    assert not running[:40].any() and not running[61:].any()


@pytest.mark.parametrize("window", [20, 50])
def test_running_accuracy_is_about_as_steady_as_a_mean_of_four_fifths_as_many_answers(window: int) -> None:
    right = np.zeros(201, bool)
    right[100] = True
    weights = outcomes.running(right, window)
    assert 1 / (weights**2).sum() == pytest.approx(0.8 * window, rel=0.05)


def test_a_share_has_wilsons_interval_and_nothing_has_none() -> None:
    share = outcomes.share(np.array([True] * 81 + [False] * 182))
    assert share is not None
    assert (share.right, share.n, share.low, share.high) == (81, 263, *wilson(81, 263))
    assert share.value == 81 / 263
    assert outcomes.share(np.array([], bool)) is None


def test_over_players_is_students_t_over_their_accuracies() -> None:
    players = [answers([0] * 10, [0] * right + [1] * (10 - right)) for right in (7, 8, 9)]
    spread = outcomes.over_players(players)
    half = 4.302653 * 0.1 / math.sqrt(3)  # t(0.975; 2 degrees of freedom) from a printed table
    assert (spread.n, spread.mean) == (3, pytest.approx(0.8))
    assert (spread.low, spread.high) == (pytest.approx(0.8 - half, abs=1e-6), pytest.approx(0.8 + half, abs=1e-6))
    assert math.isnan(outcomes.over_players(players[:1]).low)


def test_players_who_happen_to_be_equal_do_not_look_certain() -> None:
    spread = outcomes.over_players([answers([0, 1], [0, 2])] * 2)
    assert spread.low < 0.5 < spread.high


def test_confusions_have_a_column_for_cannot_tell() -> None:
    player = answers([0, 0, 0, 1, 2], [0, 1, CANNOT_TELL, 1, CANNOT_TELL])
    expected = [[1, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert outcomes.answer_confusion([player], 3).tolist() == expected
    assert outcomes.answer_confusion([player, player], 3).tolist() == (2 * np.array(expected)).tolist()


def test_accuracy_by_class_leaves_out_classes_that_were_not_seen() -> None:
    first, second, unseen = outcomes.by_class(answers([0, 0, 1], [0, CANNOT_TELL, 1]), 3)
    assert first is not None and second is not None and unseen is None
    assert (first.right, first.n, second.right, second.n) == (1, 2, 1, 1)


def test_mean_by_class_is_over_the_players_who_saw_the_class() -> None:
    both = [answers([0, 0, 1], [0, 1, 1]), answers([0], [0])]
    accuracies = outcomes.mean_by_class(both, 3)
    assert accuracies[:2].tolist() == [0.75, 1.0] and math.isnan(accuracies[2])


def test_times_are_median_and_quartiles_by_class_and_by_right_and_wrong() -> None:
    player = answers([0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0], seconds=[5, 1, 2, 3, 4, 9])
    assert outcomes.times(player.seconds[:5]) == outcomes.Times(5, 2.0, 3.0, 4.0)
    (right, wrong), (none, one) = outcomes.times_by_class([player], 2)
    assert right == outcomes.Times(5, 2.0, 3.0, 4.0) and wrong is None
    assert none is None and one == outcomes.Times(1, 9.0, 9.0, 9.0)


def test_learning_sets_the_last_hundred_against_the_first() -> None:
    choices = np.zeros(250, int)
    choices[:40] = 1  # 60 of the first hundred are right
    choices[-10:] = CANNOT_TELL  # 90 of the last
    learning = outcomes.learning(answers(np.zeros(250, int), choices))
    assert learning is not None
    assert (learning.first.right, learning.last.right, learning.difference) == (60, 90, pytest.approx(30))
    assert 0 < learning.low < 30 < learning.high
    assert outcomes.learning(answers([0] * 199, [0] * 199)) is None
