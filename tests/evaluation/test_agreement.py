"""Kappa: against published examples, scikit-learn, and what must hold of any raters."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from seedtrial.evaluation.agreement import cohen, fleiss, one_hot

RATINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60)

# Fleiss 1971 as worked through in textbooks: 10 subjects, 14 raters, 5 categories; kappa 0.210.
WORKED = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_cohens_kappa_is_the_one_computed_by_hand() -> None:
    a, b = np.array([0] * 20 + [0] * 5 + [1] * 10 + [1] * 15), np.array([0] * 20 + [1] * 5 + [0] * 10 + [1] * 15)
    kappa = cohen(one_hot(a, 2), one_hot(b, 2), generator=chance())
    assert (kappa.images, kappa.observed) == (50, pytest.approx(0.7))
    assert kappa.value == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert kappa.low < kappa.value < kappa.high


@given(RATINGS)
def test_cohens_kappa_equals_scikit_learns_and_is_the_same_from_both_sides(ratings: list[tuple[int, int]]) -> None:
    a, b = (np.array(side) for side in zip(*ratings, strict=True))
    ours = cohen(one_hot(a, 4), one_hot(b, 4), generator=chance())
    theirs = cohen(one_hot(b, 4), one_hot(a, 4), generator=chance())
    if len(set(a)) == 1 and set(a) == set(b):
        assert math.isnan(ours.value)  # chance explains all
        return
    assert ours.value == pytest.approx(cohen_kappa_score(a, b), abs=1e-12)
    assert ours.value == pytest.approx(theirs.value) and (ours.low, ours.high) == pytest.approx(
        (theirs.low, theirs.high)
    )
    assert -1 - 1e-9 <= ours.low <= ours.high <= 1 + 1e-9


def test_of_a_crowd_kappa_is_that_of_a_member_at_random() -> None:
    """Two equal halves of a crowd that never agree on a side: with a person half of the votes agree."""
    person, crowd = one_hot(np.array([0, 1, 0, 1]), 2), np.full((4, 2), 0.5)
    kappa = cohen(person, crowd, generator=chance())
    assert (kappa.observed, kappa.value) == (0.5, 0.0)


def test_the_interval_of_cohens_kappa_covers_it() -> None:
    """200 pairs of raters with 200 images each, drawn with seed 5; the true kappa is (0.7 - 0.5) / 0.5."""
    generator, hits = chance(5), 0
    for _ in range(200):
        a = generator.integers(0, 2, 200)
        b = np.where(generator.random(200) < 0.7, a, 1 - a)
        kappa = cohen(one_hot(a, 2), one_hot(b, 2), generator=generator)
        hits += kappa.low <= 0.4 <= kappa.high
    assert 0.92 <= hits / 200 <= 0.98


def test_fleiss_kappa_is_that_of_the_worked_example() -> None:
    kappa = fleiss(WORKED, generator=chance())
    assert (kappa.images, kappa.observed) == (10, pytest.approx(0.378, abs=5e-4))
    assert kappa.value == pytest.approx(0.210, abs=5e-4)
    assert kappa.low < kappa.value < kappa.high


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40).filter(lambda a: len(set(a)) > 1), st.integers(2, 5))
def test_raters_who_always_agree_have_a_fleiss_kappa_of_1(answers: list[int], raters: int) -> None:
    assert fleiss(raters * one_hot(np.array(answers), 4).astype(int), generator=chance()).value == pytest.approx(1)


def test_no_images_one_image_and_one_category_have_no_interval() -> None:
    none = cohen(np.zeros((0, 3)), np.zeros((0, 3)), generator=chance())
    assert none.images == 0 and math.isnan(none.observed) and math.isnan(none.value)
    one = cohen(one_hot(np.array([0]), 3), one_hot(np.array([1]), 3), generator=chance())
    assert (one.observed, one.value) == (0, 0) and math.isnan(one.low)
    same = fleiss(np.array([[3, 0], [3, 0]]), generator=chance())
    assert same.observed == 1 and math.isnan(same.value) and math.isnan(same.high)


def test_raters_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="raters"):
        cohen(np.zeros((2, 3)), np.zeros((3, 3)), generator=chance())
    for counts in ([[2, 0], [1, 0]], [[1, 0], [0, 1]]):
        with pytest.raises(ValueError, match="the same number of raters, at least two"):
            fleiss(np.array(counts), generator=chance())
