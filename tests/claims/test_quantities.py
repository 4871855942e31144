"""Numbers that are claimed to lie between bounds: inside, outside, or too near to tell."""

import math

import numpy as np
import pytest

from made_up import outcome
from seedtrial.claims.claim import Claim
from seedtrial.claims.outcome import Outcome
from seedtrial.claims.quantities import QUANTITIES, Quantity
from seedtrial.claims.verdicts import Verdict, judge

IMAGES = 10_000
CLASSES = ("shirt", "coat", "boot", "sandal")
Found = dict[str, dict[int, Outcome]]


def wrong_on(*counts: int) -> dict[int, Outcome]:
    """One seed per count: so many of 10,000 images of class 1 of 2 are answered wrongly, the same ones by all."""
    place = np.arange(IMAGES)
    labels = np.ones(IMAGES, np.int64)
    return {seed: outcome(labels, (place >= count).astype(np.int64)) for seed, count in enumerate(counts)}


def timed(*seconds: float, processor: tuple[float, ...] = (), threads: int = 2) -> dict[int, Outcome]:
    """One seed per time."""
    right = np.ones(8, np.int64)
    return {
        seed: outcome(
            right,
            right,
            seconds=time,
            processor_seconds=processor[seed] if processor else None,
            machine=("a processor", None, threads),
        )
        for seed, time in enumerate(seconds)
    }


def taken(*answers: str) -> dict[int, Outcome]:
    """Three seeds that give 100 images each of shirts and of boots these answers, 50 each."""
    labels = np.repeat([0, 2], 100)
    given = np.repeat([CLASSES.index(name) for name in answers], 50)
    return {seed: outcome(labels, given, classes=CLASSES) for seed in range(3)}


def the_verdict(claim: Claim, found: Found) -> Verdict:
    return judge((claim,), found)[0]


def measured(claim: Claim, found: Found) -> Quantity:
    quantity = QUANTITIES[claim.kind](claim, found)
    assert isinstance(quantity, Quantity)
    return quantity


DROPPED: Found = {"dropout": wrong_on(1000, 1004, 997), "plain": wrong_on(1077, 1080, 1074)}


@pytest.mark.parametrize(
    "by, word",
    [((0.2, 1.4), "supported"), ((2, 3), "contradicted"), ((-1, 0), "contradicted"), ((0.7, 1), "not distinguishable")],
)
def test_a_difference_is_found_inside_or_outside_what_is_claimed(by: tuple[float, float], word: str) -> None:
    verdict = the_verdict(Claim.beats("dropout", "plain", by=by), DROPPED)
    assert verdict.word == word
    assert verdict.sentence.startswith("dropout's test accuracy is 0.77 points higher than plain's (95 % interval ")


def test_equality_is_the_claim_that_the_difference_lies_within_the_margin_on_both_sides() -> None:
    equality, claimed = Claim.equals("dropout", "plain", within=1.4), Claim.beats("dropout", "plain", by=(-1.4, 1.4))
    assert measured(equality, DROPPED) == measured(claimed, DROPPED)
    both = judge((equality, claimed), DROPPED)
    assert [verdict.word for verdict in both] == ["supported", "supported"]
    assert "Holm" not in both[0].sentence  # they are one test


@pytest.mark.parametrize(
    "counts, word, told",
    [
        ((650, 640, 655), "supported", "conv makes 34.2 % fewer errors than dense (95 % interval "),
        ((900, 890, 905), "contradicted", "conv makes 8.8 % fewer errors"),
        ((1100, 1090, 1110), "contradicted", "conv makes 11.7 % more errors than dense (95 % interval "),
        ((750, 640, 555), "not distinguishable", "conv makes 34.1 % fewer errors"),
    ],
)
def test_fewer_errors_are_told_in_per_cent_of_the_others(counts: tuple[int, ...], word: str, told: str) -> None:
    found = {"conv": wrong_on(*counts), "dense": wrong_on(985, 975, 995)}
    verdict = the_verdict(Claim.errs_less("conv", "dense", by=(25, 40)), found)
    assert verdict.word == word
    assert verdict.sentence.startswith(told)
    low, high = (float(x) for x in verdict.sentence.split("interval ")[1].split(";")[0].split(" to "))
    assert low < float(told.split()[2]) < high


def test_the_error_over_images_of_fewer_errors_is_that_of_drawing_the_images_again() -> None:
    generator = np.random.default_rng(0)
    right = [(generator.random(400) < share).astype(np.int64) for share in (0.8, 0.7)]
    labels = np.ones(400, np.int64)
    found = {label: {0: outcome(labels, answers)} for label, answers in zip("ab", right, strict=True)}
    drawn = [generator.integers(0, 400, 400) for _ in range(4000)]
    again = [100 * (1 - (1 - right[0][images]).mean() / (1 - right[1][images]).mean()) for images in drawn]
    claimed = measured(Claim.errs_less("a", "b", by=(25, 35)), found)
    assert claimed.image_error == pytest.approx(np.std(again), rel=0.05)


def test_a_network_without_errors_leaves_no_share_of_them_to_tell() -> None:
    verdict = the_verdict(Claim.errs_less("a", "b", by=(25, 35)), {"a": wrong_on(5, 5, 5), "b": wrong_on(3, 0, 4)})
    assert (verdict.word, verdict.sentence) == (
        "not tested",
        "With some seed b makes no error, so there is nothing to make fewer of.",
    )


@pytest.mark.parametrize(
    "claim, word",
    [
        (Claim.scores("dense", low=88, high=91), "supported"),
        (Claim.scores("dense", low=91, high=93), "contradicted"),
        (Claim.scores("dense", low=89, high=90), "not distinguishable"),
        (Claim.reaches("dense", 88), "supported"),
        (Claim.reaches("dense", 92), "contradicted"),
        (Claim.reaches("dense", 89.5), "not distinguishable"),
    ],
    ids=str,
)
def test_an_accuracy_lies_between_two_numbers_or_reaches_one(claim: Claim, word: str) -> None:
    verdict = the_verdict(claim, {"dense": wrong_on(1050, 1055, 1048)})
    assert verdict.word == word
    assert verdict.sentence.startswith("dense's test accuracy is 89.49 % (95 % interval ")
    assert "; 3 seeds; p " in verdict.sentence


def test_an_accuracy_is_as_uncertain_as_the_test_images_leave_it() -> None:
    quantity = measured(Claim.reaches("dense", 89), {"dense": wrong_on(1000, 1000, 1000)})
    assert quantity.image_error == pytest.approx(100 * math.sqrt(0.9 * 0.1 / IMAGES), rel=1e-3)


@pytest.mark.parametrize("times, word", [(1.6, "supported"), (1.4, "contradicted"), (1.51, "not distinguishable")])
def test_a_training_takes_at_most_so_many_times_as_long(times: float, word: str) -> None:
    found = {"a": timed(15, 15.1, 15.2), "b": timed(10, 10.2, 10.1)}
    verdict = the_verdict(Claim.trains_within("a", "b", times=times), found)
    assert verdict.word == word
    assert verdict.sentence.startswith("a trains 1.50 times as long as b (95 % interval 1.4")
    assert "3 seeds, paired" in verdict.sentence


def test_times_are_the_processors_where_both_have_them() -> None:
    claim = Claim.trains_within("a", "b", times=2)
    whole = {"a": timed(9, 9, processor=(3, 3)), "b": timed(1, 1, processor=(2, 2))}
    half = {"a": timed(9, 9, processor=(3, 3)), "b": timed(1, 1)}
    assert measured(claim, whole).value.mean == pytest.approx(1.5)
    assert measured(claim, half).value.mean == pytest.approx(9)


def test_times_of_different_machines_are_not_compared() -> None:
    found = {"a": timed(15, 15, 15), "b": timed(10, 10, 10, threads=1)}
    verdict = the_verdict(Claim.trains_within("a", "b", times=2), found)
    assert verdict.word == "not tested"
    assert verdict.sentence.startswith("The runs were made on different machines or with different numbers of threads")


GROUPS = (("shirt", "coat"), ("boot", "sandal"))


@pytest.mark.parametrize(
    "answers, word, told",
    [
        (("shirt", "coat", "boot", "sandal"), "supported", "100.0 % of a's mistakes take a class for another"),
        (("shirt", "boot", "shirt", "boot"), "contradicted", "0.0 % of a's mistakes"),
        (("shirt", "coat", "boot", "coat"), "not distinguishable", "50.0 % of a's mistakes"),
    ],
)
def test_most_mistakes_are_within_groups_or_they_are_not(answers: tuple[str, ...], word: str, told: str) -> None:
    verdict = the_verdict(Claim.confuses("a", *GROUPS), {"a": taken(*answers)})
    assert verdict.word == word
    assert verdict.sentence.startswith(told)


def test_right_answers_are_no_mistakes_of_any_group() -> None:
    verdict = the_verdict(Claim.confuses("a", *GROUPS), {"a": taken("shirt", "shirt", "boot", "boot")})
    assert (verdict.word, verdict.sentence) == ("not tested", "With some seed a makes no mistake.")


def test_only_what_is_the_same_test_counts_once() -> None:
    found = {"a": taken("shirt", "coat", "boot", "boot"), "b": taken("shirt", "coat", "coat", "sandal")}
    apart = (
        (Claim.errs_less("a", "b", by=(25, 35)), Claim.errs_less("b", "a", by=(25, 35))),
        (Claim.trains_within("a", "b", times=2), Claim.trains_within("b", "a", times=2)),
        (Claim.beats("a", "b", by=(0, 1)), Claim.beats("b", "a", by=(0, 1))),
        (Claim.confuses("a", GROUPS[0]), Claim.confuses("a", GROUPS[1])),
        (Claim.reaches("a", 92), Claim.reaches("a", 93)),
    )
    for one, other in apart:
        assert measured(one, found).key != measured(other, found).key
    same = Claim.equals("a", "b", within=1), Claim.equals("b", "a", within=1)
    assert measured(same[0], found).key == measured(same[1], found).key


ONE_EACH = {
    Claim.beats("a", "b", by=(0.5, 1)): (wrong_on(100), wrong_on(170), "0.70 points higher than b's (95 % interval"),
    Claim.errs_less("a", "b", by=(25, 35)): (wrong_on(100), wrong_on(160), "37.5 % fewer errors than b (95 %"),
    Claim.scores("a", low=98, high=99): (wrong_on(150), {}, "98.50 % (95 % interval"),
    Claim.reaches("a", 92): (wrong_on(100), {}, "99.00 % (95 % interval"),
    Claim.trains_within("a", "b", times=2): (timed(3), timed(2), "a trains 1.50 times as long as b."),
    Claim.confuses("a", *GROUPS): ({0: taken("shirt", "coat", "boot", "coat")[0]}, {}, "50.0 % of a's mistakes"),
}


@pytest.mark.parametrize("claim", ONE_EACH, ids=str)
def test_one_seed_tells_the_number_and_tests_no_claim(claim: Claim) -> None:
    a, b, told = ONE_EACH[claim]
    verdict = the_verdict(claim, {"a": a, "b": b})
    assert verdict.word == "not tested"
    assert told in verdict.sentence and "nan" not in verdict.sentence
    of_both = "One seed compares two trained networks, not two recipes: run at least 3."
    of_one = "One seed is one trained network, not a recipe: run at least 3."
    assert verdict.sentence.endswith(of_one if claim.b is None else of_both)


@pytest.mark.parametrize("claim", ONE_EACH, ids=str)
def test_what_has_no_runs_is_not_tested(claim: Claim) -> None:
    why = "There are no finished runs" if claim.b else "There is no finished run of a."
    verdict = the_verdict(claim, {"a": {}, "b": {}})
    assert verdict.word == "not tested" and verdict.sentence.startswith(why)
