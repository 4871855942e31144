"""Intervals and tests: against published examples, sums by hand, and scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedtrial.evaluation.statistics import (
    Spread,
    combine,
    holm,
    mcnemar,
    mean_is_zero,
    newcombe,
    paired,
    resamples,
    spread,
    tail,
    wilson,
)

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_the_interval_of_three_values_is_the_one_computed_by_hand() -> None:
    result = spread([1.0, 2.0, 3.0])
    half = 4.302653 * 1 / math.sqrt(3)  # t(0.975; 2 degrees of freedom) from a printed table
    assert (result.n, result.mean, result.sd) == (3, 2.0, 1.0)
    assert (result.low, result.high) == pytest.approx((2 - half, 2 + half), rel=1e-6)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_the_interval_of_a_mean_equals_scipys(confidence: float) -> None:
    values = [0.91, 0.87, 0.93, 0.9, 0.88]
    result = spread(values, confidence=confidence)
    expected = stats.t.interval(confidence, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (result.low, result.high) == pytest.approx(expected, rel=1e-9)


def test_one_value_has_a_mean_but_no_deviation_and_no_interval() -> None:
    result = spread([0.9])
    assert (result.n, result.mean) == (1, 0.9)
    assert all(math.isnan(value) for value in (result.sd, result.low, result.high))


def test_no_values_have_no_spread() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_paired_is_the_spread_of_the_differences() -> None:
    assert paired([3.0, 5.0, 9.0], [1.0, 4.0, 6.0]) == spread([2.0, 1.0, 3.0])


def test_pairs_need_a_partner_each() -> None:
    with pytest.raises(ValueError):
        paired([1.0, 2.0], [1.0])


# Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3.
@pytest.mark.parametrize(
    "right, total, low, high",
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_equals_the_published_examples(right: int, total: int, low: float, high: float) -> None:
    assert wilson(right, total) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("right, total", [(0, 5), (5, 5), (7, 9), (9_412, 10_000)])
def test_wilsons_interval_equals_scipys_and_stays_a_share(right: int, total: int) -> None:
    expected = stats.binomtest(right, total).proportion_ci(0.95, method="wilson")
    result = wilson(right, total)
    assert result == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= result[0] <= right / total <= result[1] <= 1


def right(*places: int, of: int = 20) -> np.ndarray:
    """(of,) bool, right at these places."""
    return np.isin(np.arange(of), places)


def test_mcnemars_exact_test_equals_the_sum_by_hand() -> None:
    a, b = right(0, 10, 11), right(1, 2, 3, 4, 5, 10, 11)  # only A is right once, only B five times, of six
    assert mcnemar(a, b) == pytest.approx(2 * (1 + 6) / 2**6)
    assert mcnemar(b, a) == mcnemar(a, b)


@pytest.mark.parametrize("only_a, only_b", [(0, 1), (3, 3), (2, 15), (40, 61)])
def test_mcnemars_test_is_the_binomial_test_of_the_images_they_differ_on(only_a: int, only_b: int) -> None:
    a, b = right(*range(only_a), of=200), right(*range(only_a, only_a + only_b), of=200)
    assert mcnemar(a, b) == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue)


def test_who_is_right_on_the_same_images_is_not_told_apart() -> None:
    assert mcnemar(right(1, 2), right(1, 2)) == 1.0


def test_holm_adjusts_the_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_a_single_test_as_it_is_and_none_as_none() -> None:
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


@given(P_VALUES)
def test_holm_only_ever_raises_a_p_value_up_to_bonferronis(p_values: list[float]) -> None:
    for p, adjusted in zip(p_values, holm(p_values), strict=True):
        assert p <= adjusted <= min(1.0, len(p_values) * p)


@given(P_VALUES)
def test_holm_keeps_the_order(p_values: list[float]) -> None:
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(holm(p_values))[order]) >= 0)


@pytest.mark.parametrize(
    "p_values, expected",
    [([0.01, 0.02, 0.5], 0.04), ([0.01, 0.03], 0.04), ([0.9, 0.9, 0.9], 1.0), ([0.03], 0.03)],
)
def test_several_p_values_become_twice_their_median_and_one_stays(p_values: list[float], expected: float) -> None:
    assert combine(p_values) == pytest.approx(expected)


def test_the_test_of_a_mean_equals_scipys() -> None:
    values = [1.0, 2.5, 0.5, 3.0]
    assert mean_is_zero(spread(values)) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert mean_is_zero(spread([-value for value in values])) == pytest.approx(mean_is_zero(spread(values)))


@pytest.mark.parametrize("values, expected", [([0.0, 0.0], 1.0), ([1.0, 1.0], 0.0)])
def test_values_without_spread_are_zero_or_they_are_not(values: list[float], expected: float) -> None:
    assert mean_is_zero(spread(values)) == expected


def test_the_mean_of_one_value_cannot_be_tested() -> None:
    with pytest.raises(ValueError, match="one value"):
        mean_is_zero(Spread(1, 0.5, math.nan, math.nan, math.nan))


@pytest.mark.parametrize("freedom", [1, 2, 9, math.inf])
def test_a_tail_equals_scipys(freedom: float) -> None:
    assert tail(1.2, error=0.5, freedom=freedom) == pytest.approx(stats.t(freedom).sf(1.2 / 0.5))


def test_values_that_happen_to_be_equal_are_as_uncertain_as_their_resolution() -> None:
    result = spread([4.0, 4.0, 4.0], resolution=0.25)
    assert result.sd == pytest.approx(0.25 / 12**0.5)
    assert result.low < 4 < result.high
    assert spread([1.0, 9.0], resolution=0.25) == spread([1.0, 9.0])  # a real spread is left as it is


# Newcombe 1998, Interval estimation for the difference between independent proportions, table II, method 10.
@pytest.mark.parametrize(
    "a, m, b, n, low, high",
    [(56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (10, 10, 0, 20, 0.6791, 1.0)],
)
def test_newcombes_interval_equals_the_published_examples(
    a: int, m: int, b: int, n: int, low: float, high: float
) -> None:
    assert newcombe(a, m, b, n) == pytest.approx((low, high), abs=5e-5)
    assert newcombe(b, n, a, m) == pytest.approx((-high, -low), abs=5e-5)


def test_every_resample_draws_as_many_as_there_are() -> None:
    rows = np.concatenate(list(resamples(7, np.random.default_rng(0), times=500, at_once=200)))
    assert rows.shape == (500, 7) and (rows.sum(axis=1) == 7).all()
    assert rows.mean(axis=0) == pytest.approx(np.ones(7), abs=0.15)
