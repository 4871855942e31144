"""Claims and verdicts: a difference must outlast another seed and another test set."""

import numpy as np
import pytest
from pydantic import ValidationError

from made_up import outcome
from seedtrial.claims.claim import Claim
from seedtrial.claims.comparisons import Comparison
from seedtrial.claims.comparisons import compare as compare_or_why
from seedtrial.claims.outcome import Outcome
from seedtrial.claims.verdicts import ALPHA, Verdict, judge

IMAGES = 1000
Found = dict[str, dict[int, Outcome]]


def answers(right: np.ndarray) -> Outcome:
    """An outcome that is right where it is told to be, on images of class 1 of 2."""
    return outcome(np.ones(len(right), np.int64), right.astype(np.int64))


def compare(a: str, b: str, found: Found) -> Comparison | None:
    """The comparison, None where there is none."""
    compared = compare_or_why(a, b, found)
    return None if isinstance(compared, str) else compared


def wrong_on(*counts: int, offset: int = 0, images: int = IMAGES) -> dict[int, Outcome]:
    """One seed per count: the first so many images, counted from the offset, are answered wrongly."""
    place = np.arange(images) - offset
    return {seed: answers((place < 0) | (place >= count)) for seed, count in enumerate(counts)}


def the_verdict(claim: Claim, found: Found) -> Verdict:
    return judge((claim,), found)[0]


FAR_APART: Found = {"good": wrong_on(50, 52, 51), "poor": wrong_on(150, 149, 152)}
ALIKE: Found = {"a": wrong_on(100, 103, 99), "b": wrong_on(101, 100, 102, offset=30)}


def test_a_clear_difference_supports_beats() -> None:
    verdict = the_verdict(Claim.beats("good", "poor"), FAR_APART)
    assert verdict.word == "supported"
    assert verdict.sentence.startswith("good's test accuracy is 9.93 points higher than poor's (95 % interval ")
    assert "3 seeds, paired" in verdict.sentence and "p < 0.001" in verdict.sentence


def test_a_clear_difference_the_other_way_contradicts_beats() -> None:
    verdict = the_verdict(Claim.beats("poor", "good"), FAR_APART)
    assert verdict.word == "contradicted"
    assert "9.93 points lower" in verdict.sentence


def test_the_interval_in_the_sentence_belongs_to_the_number_in_it() -> None:
    for a, b in (("good", "poor"), ("poor", "good")):
        sentence = the_verdict(Claim.beats(a, b), FAR_APART).sentence
        low, high = sentence.split("interval ")[1].split(";")[0].split(" to ")
        assert float(low) < 9.93 < float(high)


def test_a_small_difference_is_not_distinguishable() -> None:
    assert the_verdict(Claim.beats("a", "b"), ALIKE).word == "not distinguishable"


def test_a_difference_that_seeds_change_is_not_distinguishable_however_sure_the_images_are() -> None:
    found = {"a": wrong_on(50, 50, 50), "b": wrong_on(80, 200, 400)}
    comparison = compare("a", "b", found)
    assert comparison is not None and comparison.p_seeds is not None
    assert comparison.p_images < ALPHA < comparison.p_seeds == comparison.p
    assert the_verdict(Claim.beats("a", "b"), found).word == "not distinguishable"


def test_a_difference_on_few_images_is_not_distinguishable_however_sure_the_seeds_are() -> None:
    found = {"a": wrong_on(100, 100, 100), "b": wrong_on(104, 104, 104)}
    comparison = compare("a", "b", found)
    assert comparison is not None and comparison.p_seeds is not None
    assert comparison.p_seeds < ALPHA < comparison.p_images == comparison.p
    assert the_verdict(Claim.beats("a", "b"), found).word == "not distinguishable"


def test_one_seed_compares_trained_networks_and_tests_no_claim() -> None:
    found = {"good": wrong_on(50), "poor": wrong_on(150)}
    verdict = the_verdict(Claim.beats("good", "poor"), found)
    assert verdict.word == "not tested"
    (comparison,) = verdict.evidence
    assert isinstance(comparison, Comparison)
    assert comparison.p_seeds is None
    assert comparison.difference.n == 1
    assert "One seed compares two trained networks, not two recipes" in verdict.sentence
    assert "nan" not in verdict.sentence


def test_only_seeds_that_both_have_are_compared() -> None:
    found = {"a": wrong_on(50, 50, 50), "b": {seed: run for seed, run in wrong_on(60, 60, 60).items() if seed}}
    comparison = compare("a", "b", found)
    assert comparison is not None
    assert comparison.difference.n == 2


def test_answers_on_other_images_are_not_compared() -> None:
    other = {seed: outcome(np.zeros(IMAGES, np.int64), np.ones(IMAGES, np.int64)) for seed in range(2)}
    assert compare("a", "b", {"a": wrong_on(5, 5), "b": other}) is None


@pytest.mark.parametrize("b", [{}, {7: wrong_on(5)[0]}], ids=["no runs", "other seeds"])
@pytest.mark.parametrize(
    "claim", [Claim.beats("a", "b"), Claim.equals("a", "b", within=1), Claim.best("a")], ids=lambda c: c.kind
)
def test_what_has_no_runs_to_compare_is_not_tested(claim: Claim, b: dict[int, Outcome]) -> None:
    assert the_verdict(claim, {"a": wrong_on(5, 5, 5), "b": b}).word == "not tested"


def test_the_best_beats_all_others() -> None:
    found = {"a": wrong_on(20, 21, 22), "b": wrong_on(120, 119, 118), "c": wrong_on(220, 222, 221)}
    assert the_verdict(Claim.best("a"), found).word == "supported"
    assert the_verdict(Claim.best("b"), found).word == "contradicted"


def test_who_does_not_surely_beat_one_other_is_not_the_best() -> None:
    found = {"a": wrong_on(100, 103, 99), "b": wrong_on(101, 100, 102, offset=30), "c": wrong_on(400, 402, 401)}
    verdict = the_verdict(Claim.best("a"), found)
    assert verdict.word == "not distinguishable"
    assert "b's" in verdict.sentence  # the one that decides


@pytest.mark.parametrize("claim", [Claim.best("a"), Claim.worst("a")], ids=str)
def test_a_best_or_a_worst_among_one_is_not_tested(claim: Claim) -> None:
    assert the_verdict(claim, {"a": wrong_on(5, 5)}).word == "not tested"


def test_the_worst_is_the_mirror_of_the_best() -> None:
    found = {"a": wrong_on(20, 21, 22), "b": wrong_on(120, 119, 118), "c": wrong_on(220, 222, 221)}
    assert the_verdict(Claim.worst("c"), found).word == "supported"
    assert "b's" in the_verdict(Claim.worst("c"), found).sentence  # the closest decides
    assert the_verdict(Claim.worst("b"), found).word == "contradicted"
    assert the_verdict(Claim.worst("b"), ALIKE).word == "not distinguishable"


def test_best_and_worst_of_two_test_the_same_thing_once() -> None:
    best, worst = judge((Claim.best("good"), Claim.worst("poor")), FAR_APART)
    assert best.word == worst.word == "supported"
    assert best.p == worst.p and "Holm" not in best.sentence


@pytest.mark.parametrize(
    "within, word", [(5, "supported"), (0.5, "not distinguishable")], ids=["wide margin", "narrow margin"]
)
def test_equality_holds_within_a_margin_wider_than_the_doubt(within: float, word: str) -> None:
    assert the_verdict(Claim.equals("a", "b", within=within), ALIKE).word == word


def test_equality_is_contradicted_when_the_difference_surely_exceeds_the_margin() -> None:
    for a, b in (("good", "poor"), ("poor", "good")):
        assert the_verdict(Claim.equals(a, b, within=2), FAR_APART).word == "contradicted"


def test_the_bound_of_equality_is_schuirmanns() -> None:
    found = {"a": wrong_on(100, 104, 99), "b": wrong_on(101, 100, 102)}  # same images: the seeds decide
    differences = np.array([0.1, -0.4, 0.3])
    error = differences.std(ddof=1) / np.sqrt(3)
    margin = abs(differences.mean()) + 2.919986 * error  # t(0.95; 2) from a printed table
    assert the_verdict(Claim.equals("a", "b", within=1.001 * margin), found).word == "supported"
    assert the_verdict(Claim.equals("a", "b", within=0.999 * margin), found).word == "not distinguishable"


def test_equality_names_its_margin() -> None:
    assert the_verdict(Claim.equals("a", "b", within=0.5), ALIKE).sentence.endswith("Margin: 0.5 points.")


def differing_by(p_least: float, p_most: float) -> Found:
    """Two recipes whose comparison, over identical seeds, has a p-value in this range."""
    for more in range(1, 40):
        found = {"a": wrong_on(100, 100, 100), "b": wrong_on(100 + more, 100 + more, 100 + more)}
        comparison = compare("a", "b", found)
        if comparison is not None and p_least < comparison.p < p_most:
            return found
    raise AssertionError("no such difference")


def test_every_comparison_of_all_claims_counts_as_a_test() -> None:
    found = differing_by(ALPHA / 2, ALPHA) | {"c": wrong_on(100, 100, 100)}
    alone, *_ = judge((Claim.beats("a", "b"),), found)
    among, *others = judge((Claim.beats("a", "b"), Claim.beats("a", "c")), found)
    assert (alone.word, among.word) == ("supported", "not distinguishable")
    assert [verdict.word for verdict in others] == ["not distinguishable"]


def test_the_sentence_shows_the_adjusted_p_value() -> None:
    found = differing_by(ALPHA / 4, ALPHA) | {"c": wrong_on(100, 100, 100)}
    comparison = compare("a", "b", found)
    assert comparison is not None
    verdict, _ = judge((Claim.beats("a", "b"), Claim.beats("a", "c")), found)
    assert f"p = {2 * comparison.p:.3f}" in verdict.sentence


def test_a_claim_of_equality_counts_and_is_adjusted_like_the_others() -> None:
    found = {"a": wrong_on(100, 104, 99), "b": wrong_on(101, 100, 102)}
    claim = Claim.equals("a", "b", within=0.65)  # just supported, by the bound above
    others = {f"c{number}": wrong_on(100, 104, 99) for number in range(9)}
    alone, *_ = judge((claim,), found | others)
    among, *_ = judge((claim, *(Claim.beats("a", label) for label in others)), found | others)
    assert (alone.word, among.word) == ("supported", "not distinguishable")


def test_verdicts_come_in_the_order_of_the_claims() -> None:
    claims = (Claim.best("good"), Claim.beats("poor", "good"), Claim.equals("good", "poor", within=1))
    assert [verdict.claim for verdict in judge(claims, FAR_APART)] == list(claims)


@pytest.mark.parametrize(
    "claim, text",
    [
        (Claim.beats("a", "b"), "a beats b"),
        (Claim.equals("a", "b", within=0.5), "a equals b within 0.5 points"),
        (Claim.best("a"), "a is the best"),
        (Claim.worst("a"), "a is the worst"),
        (Claim.beats("a", "b", by=(0.5, 1)), "a beats b by 0.5 to 1 points"),
        (Claim.scores("a", low=88, high=89), "a scores 88 to 89 %"),
        (Claim.reaches("a", 92), "a reaches 92 %"),
        (Claim.errs_less("a", "b", by=(25, 35)), "a makes 25 to 35 % fewer errors than b"),
        (Claim.overfits_less("a", "b"), "a overfits less than b"),
        (Claim.trains_within("a", "b", times=1.5), "a trains at most 1.5 times as long as b"),
        (Claim.separates("a", "b", classes=("x", "y")), "a separates x and y better than b"),
        (Claim.confuses("a", ("x", "y"), ("v", "w")), "most of a's mistakes lie within {x, y} or {v, w}"),
    ],
    ids=lambda value: str(value),
)
def test_a_claim_reads_as_a_sentence(claim: Claim, text: str) -> None:
    assert str(claim) == text


@pytest.mark.parametrize(
    "values, match",
    [
        ({"kind": "beats", "a": "a"}, "'beats' needs a and b; it has a alone"),
        ({"kind": "best", "a": "a", "b": "b"}, "'best' needs a alone; it has a and b"),
        ({"kind": "equals", "a": "a", "b": "b"}, "'equals' needs a, b and within; it has a and b"),
        ({"kind": "beats", "a": "a", "b": "b", "within": 1}, "needs a and b; it has a, b and within"),
        ({"kind": "equals", "a": "a", "b": "b", "within": 0}, "greater than 0"),
        ({"kind": "beats", "a": "a", "b": "a"}, "compared with itself"),
        ({"kind": "worse", "a": "a", "b": "b"}, "'beats', 'beats_by', 'equals'"),
        ({"kind": "scores", "a": "a", "low": 89, "high": 88}, "should be below the most, not 89 and 88"),
        ({"kind": "trains_within", "a": "a", "b": "b", "high": 0}, "should be above 0 times the other's, not 0"),
        ({"kind": "separates", "a": "a", "b": "b", "classes": ("x", "x")}, "a class is named twice in x, x"),
        ({"kind": "confuses", "a": "a", "groups": (("x", "y"), ("y", "z"))}, "named twice in x, y, y, z"),
        ({"kind": "confuses", "a": "a", "groups": (("x",),)}, "at least 2 items"),
        ({"kind": "confuses", "a": "a", "groups": ()}, "at least 1 item"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_claim_that_says_too_little_or_too_much_is_refused(values: dict[str, object], match: str) -> None:
    with pytest.raises(ValidationError, match=match):
        Claim.model_validate(values)


def test_a_supported_equality_tells_the_p_value_that_supports_it() -> None:
    verdict = the_verdict(Claim.equals("a", "b", within=50), ALIKE)
    assert verdict.word == "supported" and "p < 0.001" in verdict.sentence
