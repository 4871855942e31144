"""Differences of accuracies: a difference must outlast another seed and another test set."""

from functools import partial

import numpy as np
import pytest

from made_up import Observations, the_evidence, the_verdict, wrong_on
from seedtrial.claims.claim import Claim
from seedtrial.claims.contract import ClaimKind
from seedtrial.claims.differences import compare_recipes
from seedtrial.claims.evidence import Comparison
from seedtrial.claims.verdicts import ALPHA, adjustment_note, judge

IMAGES = 10_000
wrong_of_many = partial(wrong_on, images=IMAGES)


FAR_APART: Observations = {"good": wrong_on(50, 52, 51), "poor": wrong_on(150, 149, 152)}


ALIKE: Observations = {"a": wrong_on(100, 103, 99), "b": wrong_on(101, 100, 102, offset=30)}


def test_a_clear_difference_supports_beats() -> None:
    verdict = the_verdict(Claim.beats("good", "poor"), FAR_APART)
    assert verdict.word == "supported"
    assert verdict.sentence.startswith("Test accuracy, good minus poor: difference 9.93 points (95 % interval ")
    assert "3 seeds, paired" in verdict.sentence and "p < 0.001" in verdict.sentence


def test_a_clear_difference_the_other_way_contradicts_beats() -> None:
    verdict = the_verdict(Claim.beats("poor", "good"), FAR_APART)
    assert verdict.word == "contradicted"
    assert "difference -9.93 points" in verdict.sentence


def test_the_interval_in_the_sentence_belongs_to_the_number_in_it() -> None:
    for a, b in (("good", "poor"), ("poor", "good")):
        sentence = the_verdict(Claim.beats(a, b), FAR_APART).sentence
        low, high = sentence.split("interval ")[1].split(";")[0].split(" to ")
        assert float(low) < (9.93 if a == "good" else -9.93) < float(high)


def test_a_small_difference_is_not_distinguishable() -> None:
    assert the_verdict(Claim.beats("a", "b"), ALIKE).word == "not distinguishable"


def test_a_difference_that_seeds_change_is_not_distinguishable_however_sure_the_images_are() -> None:
    runs = {"a": wrong_on(50, 50, 50), "b": wrong_on(80, 200, 400)}
    comparison = compare_recipes("a", "b", runs)
    assert isinstance(comparison, Comparison) and comparison.p_seeds is not None
    assert comparison.p_images < ALPHA < comparison.p_seeds == comparison.p
    assert the_verdict(Claim.beats("a", "b"), runs).word == "not distinguishable"


def test_a_difference_on_few_images_is_not_distinguishable_however_sure_the_seeds_are() -> None:
    runs = {"a": wrong_on(100, 100, 100), "b": wrong_on(104, 104, 104)}
    comparison = compare_recipes("a", "b", runs)
    assert isinstance(comparison, Comparison) and comparison.p_seeds is not None
    assert comparison.p_seeds < ALPHA < comparison.p_images == comparison.p
    assert the_verdict(Claim.beats("a", "b"), runs).word == "not distinguishable"


def test_the_best_beats_all_others() -> None:
    runs = {"a": wrong_on(20, 21, 22), "b": wrong_on(120, 119, 118), "c": wrong_on(220, 222, 221)}
    assert the_verdict(Claim.best("a"), runs).word == "supported"
    assert the_verdict(Claim.best("b"), runs).word == "contradicted"


def test_who_does_not_surely_beat_one_other_is_not_the_best() -> None:
    runs = {"a": wrong_on(100, 103, 99), "b": wrong_on(101, 100, 102, offset=30), "c": wrong_on(400, 402, 401)}
    verdict = the_verdict(Claim.best("a"), runs)
    assert verdict.word == "not distinguishable"
    assert "minus b:" in verdict.sentence  # the one that decides


@pytest.mark.parametrize("claim", [Claim.best("a"), Claim.worst("a")], ids=str)
def test_a_best_or_a_worst_among_one_is_not_tested(claim: ClaimKind) -> None:
    assert the_verdict(claim, {"a": wrong_on(5, 5)}).word == "not tested"


def test_the_worst_is_the_mirror_of_the_best() -> None:
    runs = {"a": wrong_on(20, 21, 22), "b": wrong_on(120, 119, 118), "c": wrong_on(220, 222, 221)}
    assert the_verdict(Claim.worst("c"), runs).word == "supported"
    assert "minus b:" in the_verdict(Claim.worst("c"), runs).sentence  # the closest decides
    assert the_verdict(Claim.worst("b"), runs).word == "contradicted"
    assert the_verdict(Claim.worst("b"), ALIKE).word == "not distinguishable"


@pytest.mark.parametrize(
    "within, word", [(5, "supported"), (0.5, "not distinguishable")], ids=["wide margin", "narrow margin"]
)
def test_equality_holds_within_a_margin_wider_than_the_doubt(within: float, word: str) -> None:
    assert the_verdict(Claim.equals("a", "b", within=within), ALIKE).word == word


def test_equality_is_contradicted_when_the_difference_surely_exceeds_the_margin() -> None:
    for a, b in (("good", "poor"), ("poor", "good")):
        assert the_verdict(Claim.equals(a, b, within=2), FAR_APART).word == "contradicted"


def test_the_bound_of_equality_is_schuirmanns() -> None:
    runs = {"a": wrong_on(100, 104, 99), "b": wrong_on(101, 100, 102)}  # same images: the seeds decide
    differences = np.array([0.1, -0.4, 0.3])
    error = differences.std(ddof=1) / np.sqrt(3)
    margin = abs(differences.mean()) + 2.919986 * error  # t(0.95; 2) from a printed table
    assert the_verdict(Claim.equals("a", "b", within=1.001 * margin), runs).word == "supported"
    assert the_verdict(Claim.equals("a", "b", within=0.999 * margin), runs).word == "not distinguishable"


def test_equality_names_its_margin() -> None:
    assert the_verdict(Claim.equals("a", "b", within=0.5), ALIKE).sentence.endswith("Margin: 0.5 points.")


def test_a_supported_equality_shows_the_p_value_that_supports_it() -> None:
    verdict = the_verdict(Claim.equals("a", "b", within=50), ALIKE)
    assert verdict.word == "supported" and "p < 0.001" in verdict.sentence


DROPPED: Observations = {"dropout": wrong_of_many(1000, 1004, 997), "plain": wrong_of_many(1077, 1080, 1074)}


@pytest.mark.parametrize(
    "by, word",
    [((0.2, 1.4), "supported"), ((2, 3), "contradicted"), ((-1, 0), "contradicted"), ((0.7, 1), "not distinguishable")],
)
def test_a_difference_lies_inside_or_outside_what_is_claimed(by: tuple[float, float], word: str) -> None:
    verdict = the_verdict(Claim.beats("dropout", "plain", by=by), DROPPED)
    assert verdict.word == word
    assert verdict.sentence.startswith("Test accuracy, dropout minus plain: difference 0.77 points (95 % interval ")


def test_equality_is_the_claim_that_the_difference_lies_within_the_margin_on_both_sides() -> None:
    equality, claimed = Claim.equals("dropout", "plain", within=1.4), Claim.beats("dropout", "plain", by=(-1.4, 1.4))
    assert the_evidence(equality, DROPPED) == the_evidence(claimed, DROPPED)
    both = judge((equality, claimed), DROPPED)
    assert [verdict.word for verdict in both] == ["supported", "supported"]
    assert adjustment_note(both) == ""  # they are one test
