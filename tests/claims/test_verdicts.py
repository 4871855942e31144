"""Words, p-values and sentences of several claims together, and of a single seed."""

from functools import partial

import numpy as np
import pytest

from made_up import Observations, observed, the_evidence, the_verdict, timed, wrong_on
from seedtrial.claims.claim import Claim
from seedtrial.claims.contract import ClaimKind
from seedtrial.claims.differences import compare_recipes
from seedtrial.claims.evidence import Comparison
from seedtrial.claims.observed import Observed
from seedtrial.claims.verdicts import ALPHA, adjustment_note, judge

IMAGES = 10_000
wrong = partial(wrong_on, images=IMAGES)


FAR_APART: Observations = {"good": wrong_on(50, 52, 51), "poor": wrong_on(150, 149, 152)}


def test_one_seed_compares_trained_networks_and_tests_nothing() -> None:
    runs = {"good": wrong_on(50), "poor": wrong_on(150)}
    verdict = the_verdict(Claim.beats("good", "poor"), runs)
    assert verdict.word == "not tested"
    (comparison,) = verdict.evidence
    assert isinstance(comparison, Comparison)
    assert comparison.p_seeds is None
    assert comparison.difference.n == 1
    assert "With one seed nothing is tested; the numbers are shown." in verdict.sentence
    assert "nan" not in verdict.sentence


def test_best_and_worst_of_two_test_the_same_thing_once() -> None:
    best, worst = judge((Claim.best("good"), Claim.worst("poor")), FAR_APART)
    assert best.word == worst.word == "supported"
    assert best.p == worst.p and adjustment_note([best, worst]) == ""


def differing_by(p_least: float, p_most: float) -> Observations:
    """Two recipes whose comparison, over identical seeds, has a p-value in this range."""
    for more in range(1, 40):
        runs = {"a": wrong_on(100, 100, 100), "b": wrong_on(100 + more, 100 + more, 100 + more)}
        comparison = compare_recipes("a", "b", runs)
        if isinstance(comparison, Comparison) and comparison.p is not None and p_least < comparison.p < p_most:
            return runs
    raise AssertionError("no such difference")


def test_every_comparison_of_all_claims_counts_as_a_test() -> None:
    runs = differing_by(ALPHA / 2, ALPHA) | {"c": wrong_on(100, 100, 100)}
    alone, *_ = judge((Claim.beats("a", "b"),), runs)
    among, *others = judge((Claim.beats("a", "b"), Claim.beats("a", "c")), runs)
    assert (alone.word, among.word) == ("supported", "not distinguishable")
    assert [verdict.word for verdict in others] == ["not distinguishable"]


def test_the_sentence_shows_the_adjusted_p_value() -> None:
    runs = differing_by(ALPHA / 4, ALPHA) | {"c": wrong_on(100, 100, 100)}
    comparison = compare_recipes("a", "b", runs)
    assert isinstance(comparison, Comparison) and comparison.p is not None
    verdict, _ = judge((Claim.beats("a", "b"), Claim.beats("a", "c")), runs)
    assert f"p = {2 * comparison.p:.3f}" in verdict.sentence


def test_a_claim_of_equality_counts_and_is_adjusted_like_the_others() -> None:
    runs = {"a": wrong_on(100, 104, 99), "b": wrong_on(101, 100, 102)}
    claim = Claim.equals("a", "b", within=0.65)  # just supported, by the bound above
    others = {f"c{number}": wrong_on(100, 104, 99) for number in range(9)}
    alone, *_ = judge((claim,), runs | others)
    among, *_ = judge((claim, *(Claim.beats("a", label) for label in others)), runs | others)
    assert (alone.word, among.word) == ("supported", "not distinguishable")


def test_verdicts_come_in_the_order_of_the_claims() -> None:
    claims = (Claim.best("good"), Claim.beats("poor", "good"), Claim.equals("good", "poor", within=1))
    assert [verdict.claim for verdict in judge(claims, FAR_APART)] == list(claims)


CLASSES = ("shirt", "coat", "boot", "sandal")


def taken(*answers: str) -> dict[int, Observed]:
    """Three seeds that give 100 images each of shirts and of boots these answers, 50 each."""
    labels = np.repeat([0, 2], 100)
    given = np.repeat([CLASSES.index(name) for name in answers], 50)
    return {seed: observed(labels, given, classes=CLASSES) for seed in range(3)}


GROUPS = (("shirt", "coat"), ("boot", "sandal"))


def test_only_what_is_the_same_test_counts_once() -> None:
    runs = {"a": taken("shirt", "coat", "boot", "boot"), "b": taken("shirt", "coat", "coat", "sandal")}
    apart = (
        (Claim.errs_less("a", "b", by=(25, 35)), Claim.errs_less("b", "a", by=(25, 35))),
        (Claim.trains_within("a", "b", times=2), Claim.trains_within("b", "a", times=2)),
        (Claim.beats("a", "b", by=(0, 1)), Claim.beats("b", "a", by=(0, 1))),
        (Claim.confuses("a", GROUPS[0]), Claim.confuses("a", GROUPS[1])),
        (Claim.reaches("a", 92), Claim.reaches("a", 93)),
    )
    for one, other in apart:
        assert the_evidence(one, runs).key != the_evidence(other, runs).key
    same = Claim.equals("a", "b", within=1), Claim.equals("b", "a", within=1)
    assert the_evidence(same[0], runs).key == the_evidence(same[1], runs).key


ONE_EACH = {
    Claim.beats("a", "b", by=(0.5, 1)): (
        wrong(100),
        wrong(170),
        "a minus b: difference 0.70 points (95 % interval",
    ),
    Claim.errs_less("a", "b", by=(25, 35)): (
        wrong(100),
        wrong(160),
        "37.5 % fewer errors than b (95 %",
    ),
    Claim.scores("a", low=98, high=99): (wrong(150), {}, "98.50 % (95 % interval"),
    Claim.reaches("a", 92): (wrong(100), {}, "99.00 % (95 % interval"),
    Claim.trains_within("a", "b", times=2): (timed(3), timed(2), "a trains 1.50 times as long as b."),
    Claim.confuses("a", *GROUPS): ({0: taken("shirt", "coat", "boot", "coat")[0]}, {}, "50.0 % of a's mistakes"),
}


@pytest.mark.parametrize("claim", ONE_EACH, ids=str)
def test_one_seed_shows_the_number_and_tests_no_claim(claim: ClaimKind) -> None:
    a, b, words = ONE_EACH[claim]
    verdict = the_verdict(claim, {"a": a, "b": b})
    assert verdict.word == "not tested"
    assert words in verdict.sentence and "nan" not in verdict.sentence
    assert verdict.sentence.endswith("With one seed nothing is tested; the numbers are shown. Run at least 3 seeds.")


@pytest.mark.parametrize("claim", ONE_EACH, ids=str)
def test_what_has_no_runs_is_not_tested(claim: ClaimKind) -> None:
    why = "There are no finished runs" if len(claim.labels) > 1 else "There is no finished run of a."
    verdict = the_verdict(claim, {"a": {}, "b": {}})
    assert verdict.word == "not tested" and verdict.sentence.startswith(why)


def test_a_list_of_verdicts_says_once_for_how_many_comparisons_p_values_are_adjusted() -> None:
    runs = {"a": wrong_on(100, 104, 99), "b": wrong_on(101, 100, 102), "c": wrong_on(140, 149, 151)}
    claims = (Claim.best("a"), Claim.beats("a", "b"), Claim.reaches("c", 80))  # a against b is one test
    verdicts = judge(claims, runs)
    assert adjustment_note(verdicts) == "p-values are adjusted for 3 comparisons."
    assert not any("adjusted" in verdict.sentence for verdict in verdicts)


def test_a_study_judged_on_validation_images_shows_validation_accuracies() -> None:
    runs = {"a": wrong_on(100, 104, 99), "b": wrong_on(101, 100, 102)}
    claims = (Claim.beats("a", "b"), Claim.reaches("a", 80))
    one, other = judge(claims, runs, judged_on="validation")
    assert one.sentence.startswith("Validation accuracy, a minus b: ")
    assert other.sentence.startswith("a's validation accuracy is 89.90 %")
    single = judge(claims, {label: {0: seeds[0]} for label, seeds in runs.items()}, judged_on="validation")
    assert all("over validation images" in verdict.sentence for verdict in single)


@pytest.mark.parametrize(
    "lacking, sentence",
    [
        ((1,), "Seed 1 is not compared: one side has no finished run of it."),
        ((0, 2), "Seeds 0, 2 are not compared: one side has no finished runs of them."),
    ],
)
def test_seeds_that_one_side_lacks_are_named(lacking: tuple[int, ...], sentence: str) -> None:
    of_b = {seed: run for seed, run in wrong_on(60, 61, 60, 62).items() if seed not in lacking}
    assert the_verdict(Claim.beats("a", "b"), {"a": wrong_on(50, 51, 52, 50), "b": of_b}).sentence.endswith(sentence)
