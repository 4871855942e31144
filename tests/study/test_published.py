"""Published numbers beside ours."""

import pytest

from seedtrial.evaluation.statistics import spread
from seedtrial.study.published import Published, PublishedMatrix, reproduction


def published(accuracy: float, digits: int = 4) -> Published:
    return Published(accuracy=accuracy, digits=digits, where="table 1")


def test_a_number_inside_our_interval_is_reproduced() -> None:
    compared = reproduction("a", published(0.900), spread([0.899, 0.901, 0.9]), images=10_000)
    assert compared.word == "reproduced"
    assert compared.difference == pytest.approx(0)


@pytest.mark.parametrize(("reported", "word"), [(0.80, "higher"), (0.95, "lower")])
def test_a_number_far_away_is_higher_or_lower_as_ours_is(reported: float, word: str) -> None:
    compared = reproduction("a", published(reported), spread([0.899, 0.901, 0.9]), images=10_000)
    assert compared.word == word
    assert compared.difference == pytest.approx(100 * (0.9 - reported))


def test_the_interval_is_widened_by_rounding_and_by_one_test_set() -> None:
    ours = spread([0.9, 0.9, 0.9])
    compared = reproduction("a", published(0.91, digits=2), ours, images=10_000)
    sampling = 1.96 * (0.91 * 0.09 / 10_000) ** 0.5
    assert compared.high == pytest.approx(0.9 + 0.005 + sampling)
    assert compared.low == pytest.approx(0.9 - 0.005 - sampling)
    assert compared.word == "reproduced"
    assert reproduction("a", published(0.91, digits=4), ours, images=10_000).word == "lower"


def test_a_single_seed_is_its_own_interval() -> None:
    assert reproduction("a", published(0.9), spread([0.9]), images=10_000).word == "reproduced"
    assert reproduction("a", published(0.8), spread([0.9]), images=10_000).word == "higher"


def test_a_printed_matrix_has_as_many_columns_as_rows() -> None:
    with pytest.raises(ValueError, match="a confusion matrix with 2 rows needs as many columns in each"):
        PublishedMatrix(counts=((1, 2), (3,)), caption="c")


def test_a_printed_matrix_of_other_classes_has_a_name_for_each() -> None:
    with pytest.raises(ValueError, match="a confusion matrix with 2 rows needs as many names of classes"):
        PublishedMatrix(counts=((1, 2), (3, 4)), caption="c", classes=("a",))
