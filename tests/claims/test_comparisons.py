"""Comparisons beside that of test accuracies: two classes told apart, and over-fitting."""

import math

import numpy as np
import pytest

from made_up import outcome as made_up
from seedtrial.claims.claim import Claim
from seedtrial.claims.comparisons import Comparison, compare, compare_overfitting, rise
from seedtrial.claims.outcome import NO_PAIRS, Outcome, outcome
from seedtrial.claims.verdicts import Verdict, judge
from seedtrial.runs.trained import Run

CLASSES = ("Trouser", "Pullover", "Coat")
Found = dict[str, dict[int, Outcome]]


def coats_for_pullovers(*counts: int, trousers: int = 0) -> dict[int, Outcome]:
    """One seed per count: of 300 images of each class, so many coats are taken for pullovers."""
    labels = np.repeat([0, 1, 2], 300)
    runs = {}
    for seed, count in enumerate(counts):
        answers = labels.copy()
        answers[600 : 600 + count] = 1
        answers[:trousers] = 2  # these are mistakes of other kinds
        answers[300 : 300 + trousers] = 0
        runs[seed] = made_up(labels, answers, classes=CLASSES)
    return runs


def with_losses(*curves: tuple[float, ...]) -> dict[int, Outcome]:
    """One seed per curve of validation losses."""
    right = np.ones(8, np.int64)
    return {seed: made_up(right, right, val_losses=curve) for seed, curve in enumerate(curves)}


def the_verdict(claim: Claim, found: Found) -> Verdict:
    return judge((claim,), found)[0]


SEPARATES = Claim.separates("conv", "dense", classes=("Coat", "Pullover"))


def test_fewer_images_of_two_classes_taken_for_the_other_support_that_it_separates_them() -> None:
    found = {"conv": coats_for_pullovers(20, 22, 21), "dense": coats_for_pullovers(80, 79, 82)}
    verdict = the_verdict(SEPARATES, found)
    assert verdict.word == "supported"
    assert verdict.sentence.startswith(
        "conv takes 9.89 points fewer of the test images of Coat and Pullover for the other of the two than dense does"
    )
    assert the_verdict(Claim.separates("dense", "conv", classes=("Coat", "Pullover")), found).word == "contradicted"


def test_mistakes_of_other_kinds_do_not_say_whether_two_classes_are_separated() -> None:
    found = {"conv": coats_for_pullovers(20, 20, 20), "dense": coats_for_pullovers(20, 20, 20, trousers=200)}
    compared = compare("conv", "dense", found, classes=("Pullover", "Coat"))
    assert isinstance(compared, Comparison)
    assert (compared.difference.mean, compared.p) == (0, 1)


def test_classes_without_test_images_are_not_tested() -> None:
    found = {
        label: {seed: made_up(np.zeros(4, np.int64), np.zeros(4, np.int64), classes=CLASSES) for seed in range(3)}
        for label in ("conv", "dense")
    }
    verdict = the_verdict(SEPARATES, found)
    assert (verdict.word, verdict.sentence) == ("not tested", "There are no test images of Coat and Pullover.")


def test_a_rise_is_counted_from_the_lowest_epoch_to_the_last() -> None:
    assert rise((0.5, 0.3, 0.4)) == pytest.approx(0.1)
    assert rise((0.5, 0.4, 0.3)) == 0


RISING: Found = {
    "l2": with_losses((0.6, 0.50, 0.51), (0.6, 0.5, 0.50), (0.6, 0.5, 0.505)),
    "plain": with_losses((0.4, 0.30, 0.55), (0.4, 0.3, 0.57), (0.4, 0.3, 0.56)),
}


def test_a_validation_loss_that_rises_less_supports_that_it_overfits_less() -> None:
    verdict = the_verdict(Claim.overfits_less("l2", "plain"), RISING)
    assert verdict.word == "supported"
    assert verdict.sentence.startswith(
        "From its lowest epoch to the last, l2's validation loss rises by 0.255 nats less than plain's (95 % interval "
    )
    assert the_verdict(Claim.overfits_less("plain", "l2"), RISING).word == "contradicted"
    assert the_verdict(Claim.overfits_less("plain", "plain too"), RISING | {"plain too": RISING["plain"]}).word == (
        "not distinguishable"
    )


def test_without_validation_images_over_fitting_is_not_tested() -> None:
    verdict = the_verdict(Claim.overfits_less("l2", "plain"), RISING | {"plain": with_losses((), (), ())})
    assert verdict.word == "not tested"
    assert verdict.sentence == "plain has no validation images, so how far its validation loss rises is not known."


def test_one_seed_tells_the_difference_and_tests_nothing() -> None:
    found = {label: {0: runs[0]} for label, runs in RISING.items()}
    verdict = the_verdict(Claim.overfits_less("l2", "plain"), found)
    assert (verdict.word, verdict.p) == ("not tested", None)
    assert "rises by 0.240 nats less than plain's. One seed compares" in verdict.sentence
    one, other = judge((Claim.overfits_less("l2", "plain"), Claim.beats("l2", "plain")), found)
    assert "Holm" not in one.sentence + other.sentence  # what has no p-value is no test


def test_over_fitting_is_not_compared_where_nothing_can_be_paired() -> None:
    assert compare_overfitting("a", "b", {"a": {}, "b": {}}) == NO_PAIRS


def test_the_outcome_of_a_run_is_what_its_folder_says(made: Run) -> None:
    found = outcome(made)
    assert found.classes == made.facts.classes
    assert found.predictions is made.predictions["test"]
    assert found.val_losses == tuple(epoch.val_loss for epoch in made.epochs) and len(found.val_losses) == 2
    assert found.training_seconds == made.metrics.seconds.training
    assert found.processor_seconds == made.metrics.seconds.processor and math.isfinite(found.processor_seconds)
    assert found.machine == (made.machine.processor, None, made.machine.engine.threads)
