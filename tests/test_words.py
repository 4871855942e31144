"""Numbers as people write them."""

import pytest

from seedtrial.words import counted, duration


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0.2, "0 s"),
        (-1, "0 s"),
        (12, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration_is_written_as_people_do(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("number, words", [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (12_000, "12,000 runs")])
def test_a_count_agrees_with_its_noun(number: int, words: str) -> None:
    assert counted(number, "run") == words
