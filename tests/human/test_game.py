"""The rules of the game, without input or output."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedtrial.human.answers import CANNOT_TELL, Mode
from seedtrial.human.game import RECENT, Game, Refused, Stopwatch, order, session_rows

LABELS = (0, 1, 2, 0)


def game(mode: Mode, *choices: int) -> Game:
    return Game(mode, 3, (7, 5, 9, 1), LABELS, choices)


def test_a_seeds_order_has_every_image_once_and_stays_what_it_is() -> None:
    assert sorted(order(0, 1000)) == list(range(1000))
    assert order(0, 1000)[:4] == (160, 217, 827, 124)
    assert order(1, 1000) != order(0, 1000)


def test_a_longer_session_begins_like_a_shorter_one() -> None:
    assert session_rows(3, 100, 40)[:10] == session_rows(3, 100, 10)
    assert len(session_rows(3, 100, 1000)) == 100


@given(st.lists(st.integers(0, 29), unique=True), st.integers(1, 40), st.integers(0, 5))
def test_no_image_comes_twice_and_answered_ones_stay_where_they_were(seen: list[int], images: int, seed: int) -> None:
    answered, elsewhere = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    rows = session_rows(seed, 30, images, answered=answered, seen=elsewhere)
    assert rows[: len(answered)] == answered
    assert len(set(rows)) == len(rows) == max(len(answered), min(images, 30 - len(elsewhere)))
    assert not set(rows) & set(elsewhere)


def test_learn_mode_shows_accuracies_all_along_and_ends_with_the_last_answer() -> None:
    assert (game("learn").numbers.accuracy, game("learn").numbers.total) == (None, 4)
    halfway = game("learn", 0).answer(2, 2)
    assert (halfway.numbers.accuracy, halfway.position, halfway.image) == (0.5, 3, 9)
    ended = halfway.answer(3, 2).answer(4, CANNOT_TELL)
    assert ended.finished and ended.position is None and ended.numbers.accuracy == 0.5
    with pytest.raises(Refused, match="All images are answered"):
        ended.answer(5, 0)


def test_blind_mode_hides_results_until_it_is_finished() -> None:
    complete = game("blind", 0, 1, 2).answer(4, 1)
    assert complete.complete and not complete.finished and complete.undoable
    assert (complete.numbers.accuracy, complete.numbers.recent, complete.numbers.answered) == (None, None, 4)
    assert complete.finish().numbers.accuracy == 0.75
    with pytest.raises(Refused, match="4 images left to answer"):
        game("blind").finish()


def test_the_last_answer_can_be_taken_back_while_results_are_hidden() -> None:
    assert game("blind", 0, 1).undo(2) == game("blind", 0)
    for refused in (lambda: game("blind", 0, 1).undo(1), lambda: game("blind").undo(0)):
        with pytest.raises(Refused, match="Only the last answer"):
            refused()
    for shown in (game("learn", 0, 1), game("blind", 0, 1, 2, 0).finish()):
        with pytest.raises(Refused, match="only in blind mode"):
            shown.undo(len(shown.choices))


@pytest.mark.parametrize("choice", [-2, 3, 100])
def test_a_choice_is_a_class_or_cannot_tell(choice: int) -> None:
    with pytest.raises(Refused, match=f"a class from 0 to 2, not {choice}"):
        game("learn").answer(1, choice)


def test_only_the_image_that_is_due_can_be_answered() -> None:
    with pytest.raises(Refused, match="Image 2 comes next, not image 1"):
        game("learn", 0).answer(1, 0)


@given(st.lists(st.booleans(), min_size=1, max_size=130))
def test_the_recent_accuracy_is_over_the_last_fifty(right: list[bool]) -> None:
    total = len(right)
    played = Game("learn", 2, tuple(range(total)), (1,) * total, tuple(int(good) for good in right))
    assert played.numbers.accuracy == pytest.approx(np.mean(right))
    assert played.numbers.recent == pytest.approx(np.mean(right[-RECENT:]))


def test_the_stopwatch_leaves_pauses_out() -> None:
    watch = Stopwatch().going(10.0)
    assert watch.going(99.0) == watch
    watch = watch.paused(12.5)
    assert watch.seconds(1000.0) == 2.5
    assert watch.going(1000.0).seconds(1001.0) == 3.5
