"""Over-fitting: how far the validation loss rises."""

import numpy as np
import pytest

from made_up import Observations, observed, the_verdict
from seedtrial.claims.claim import Claim
from seedtrial.claims.observed import NO_PAIRS, Observed
from seedtrial.claims.overfitting import rise
from seedtrial.claims.verdicts import adjustment_note, judge


def with_losses(*curves: tuple[float, ...]) -> dict[int, Observed]:
    """One seed per curve of validation losses."""
    right = np.ones(8, np.int64)
    return {seed: observed(right, right, val_losses=curve) for seed, curve in enumerate(curves)}


def test_a_rise_is_counted_from_the_lowest_epoch_to_the_last() -> None:
    assert rise((0.5, 0.3, 0.4)) == pytest.approx(0.1)
    assert rise((0.5, 0.4, 0.3)) == 0


RISING: Observations = {
    "l2": with_losses((0.6, 0.50, 0.51), (0.6, 0.5, 0.50), (0.6, 0.5, 0.505)),
    "plain": with_losses((0.4, 0.30, 0.55), (0.4, 0.3, 0.57), (0.4, 0.3, 0.56)),
}


def test_a_validation_loss_that_rises_less_supports_that_it_overfits_less() -> None:
    verdict = the_verdict(Claim.overfits_less("l2", "plain"), RISING)
    assert verdict.word == "supported"
    assert verdict.sentence.startswith(
        "Rise of the validation loss from its lowest epoch to the last, l2 minus plain: difference -0.255 nats (95 % "
    )
    assert the_verdict(Claim.overfits_less("plain", "l2"), RISING).word == "contradicted"
    assert the_verdict(Claim.overfits_less("plain", "plain too"), RISING | {"plain too": RISING["plain"]}).word == (
        "not distinguishable"
    )


def test_without_validation_images_over_fitting_is_not_tested() -> None:
    verdict = the_verdict(Claim.overfits_less("l2", "plain"), RISING | {"plain": with_losses((), (), ())})
    assert verdict.word == "not tested"
    assert verdict.sentence == "plain has no validation images, so the rise of its validation loss is unknown."


def test_one_seed_shows_the_difference_and_tests_nothing() -> None:
    runs = {label: {0: runs[0]} for label, runs in RISING.items()}
    verdict = the_verdict(Claim.overfits_less("l2", "plain"), runs)
    assert (verdict.word, verdict.p) == ("not tested", None)
    assert "difference -0.240 nats. With one seed nothing is tested" in verdict.sentence
    verdicts = judge((Claim.overfits_less("l2", "plain"), Claim.beats("l2", "plain")), runs)
    assert adjustment_note(verdicts) == ""  # what has no p-value is no test


def test_over_fitting_is_not_compared_where_nothing_can_be_paired() -> None:
    assert Claim.overfits_less("a", "b").evidence({"a": {}, "b": {}}) == (NO_PAIRS,)
