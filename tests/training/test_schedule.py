"""Schedules map progress to a share of the learning rate."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from seedtrial.errors import Wrong
from seedtrial.training.schedule import Constant, Cosine, LinearDecay, OneCycle, Schedule, rate_share

shares = st.floats(0, 1)
below_one = st.floats(0, 0.99)
schedules = st.one_of(
    st.builds(Constant),
    st.builds(LinearDecay, warmup=below_one, final=shares),
    st.builds(Cosine, warmup=below_one, final=shares),
    st.builds(OneCycle, peak=st.floats(0.01, 0.99), start=shares, final=shares),
)


@given(schedules, shares)
def test_no_schedule_leaves_0_to_1(schedule: Schedule, progress: float) -> None:
    assert -1e-12 <= schedule.at(progress) <= 1 + 1e-12


@given(schedules, shares, shares)
def test_every_schedule_rises_to_its_peak_and_falls_after_it(schedule: Schedule, a: float, b: float) -> None:
    early, late = sorted((a, b))
    peak = getattr(schedule, "peak", getattr(schedule, "warmup", 0.0))
    if late < peak:
        assert schedule.at(early) <= schedule.at(late) + 1e-12
    if early >= peak:
        assert schedule.at(early) >= schedule.at(late) - 1e-12


@pytest.mark.parametrize(
    "schedule, at",
    [
        (Constant(), {0: 1, 0.5: 1, 1: 1}),
        (LinearDecay(), {0: 1, 0.25: 0.75, 1: 0}),
        (LinearDecay(warmup=0.2, final=0.5), {0: 0, 0.1: 0.5, 0.2: 1, 0.6: 0.75, 1: 0.5}),
        (Cosine(), {0: 1, 1 / 3: 0.75, 0.5: 0.5, 1: 0}),
        (Cosine(warmup=0.5, final=0.2), {0: 0, 0.25: 0.5, 0.5: 1, 0.75: 0.6, 1: 0.2}),
        (OneCycle(), {0: 0.04, 0.15: 0.52, 0.3: 1, 0.65: 0.5, 1: 0}),
        (OneCycle(peak=0.5, start=0, final=0.1), {0: 0, 0.25: 0.5, 0.5: 1, 0.75: 0.55, 1: 0.1}),
    ],
)
def test_schedules_go_through_their_known_points(schedule: Schedule, at: dict[float, float]) -> None:
    assert {progress: schedule.at(progress) for progress in at} == pytest.approx(at)


def test_one_cycle_and_cosine_are_smooth_at_the_peak() -> None:
    assert OneCycle().at(0.3 - 1e-6) == pytest.approx(1, abs=1e-9)
    assert Cosine(warmup=0.2).at(0.2 + 1e-6) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("kind", ["constant", "linear", "cosine", "one-cycle"])
def test_a_schedule_may_be_given_by_its_kind_alone(kind: str) -> None:
    assert TypeAdapter(Schedule).validate_python(kind).kind == kind


@pytest.mark.parametrize("settings", [{"warmup": 1.0}, {"warmup": -0.1}, {"final": 1.1}, {"warmup": math.nan}])
def test_shares_outside_their_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(Wrong):
        Cosine(**settings)


@pytest.mark.parametrize("kind", [LinearDecay, Cosine])
def test_a_warm_up_over_the_only_step_leaves_it_its_rate(kind: type[LinearDecay] | type[Cosine]) -> None:
    assert rate_share(kind(warmup=0.9), 0.0, steps=1) == 1.0
    assert [rate_share(kind(warmup=0.5), step / 2, steps=2) for step in (0, 1)] == [1.0, 1.0]


def test_a_longer_warm_up_begins_at_nothing_as_before() -> None:
    assert [rate_share(LinearDecay(warmup=0.2), step / 10, steps=10) for step in (0, 1)] == [0.0, 0.5]
    assert rate_share(OneCycle(), 0.0, steps=1) == OneCycle().at(0.0) > 0
    assert rate_share(Constant(), 0.0, steps=1) == 1.0
