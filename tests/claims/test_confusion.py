"""Confusions of two classes, and within groups of classes."""

import numpy as np
import pytest

from made_up import observed, the_verdict
from seedtrial.claims.claim import Claim
from seedtrial.claims.differences import compare_recipes
from seedtrial.claims.evidence import Comparison
from seedtrial.claims.observed import Observed

CLASSES = ("Trouser", "Pullover", "Coat")


def coats_for_pullovers(*counts: int, trousers: int = 0) -> dict[int, Observed]:
    """One seed per count: of 300 images of each class, so many coats are taken for pullovers."""
    labels = np.repeat([0, 1, 2], 300)
    runs = {}
    for seed, count in enumerate(counts):
        answers = labels.copy()
        answers[600 : 600 + count] = 1
        answers[:trousers] = 2  # these are mistakes of other kinds
        answers[300 : 300 + trousers] = 0
        runs[seed] = observed(labels, answers, classes=CLASSES)
    return runs


SEPARATES = Claim.separates("conv", "dense", classes=("Coat", "Pullover"))


def test_fewer_images_of_two_classes_taken_for_the_other_support_that_it_separates_them() -> None:
    runs = {"conv": coats_for_pullovers(20, 22, 21), "dense": coats_for_pullovers(80, 79, 82)}
    verdict = the_verdict(SEPARATES, runs)
    assert verdict.word == "supported"
    assert verdict.sentence.startswith(
        "conv confuses Coat and Pullover on 9.89 points fewer of their images than dense does (95 % interval "
    )
    assert the_verdict(Claim.separates("dense", "conv", classes=("Coat", "Pullover")), runs).word == "contradicted"


def test_mistakes_of_other_kinds_do_not_say_whether_two_classes_are_separated() -> None:
    runs = {"conv": coats_for_pullovers(20, 20, 20), "dense": coats_for_pullovers(20, 20, 20, trousers=200)}
    compared = compare_recipes("conv", "dense", runs, classes=("Pullover", "Coat"))
    assert isinstance(compared, Comparison)
    assert (compared.difference.mean, compared.p) == (0, 1)


def test_classes_without_test_images_are_not_tested() -> None:
    runs = {
        label: {seed: observed(np.zeros(4, np.int64), np.zeros(4, np.int64), classes=CLASSES) for seed in range(3)}
        for label in ("conv", "dense")
    }
    verdict = the_verdict(SEPARATES, runs)
    assert (verdict.word, verdict.sentence) == ("not tested", "None of the images is of the class Coat or Pullover.")


CLOTHES = ("shirt", "coat", "boot", "sandal")


def taken(*answers: str) -> dict[int, Observed]:
    """Three seeds that give 100 images each of shirts and of boots these answers, 50 each."""
    labels = np.repeat([0, 2], 100)
    given = np.repeat([CLOTHES.index(name) for name in answers], 50)
    return {seed: observed(labels, given, classes=CLOTHES) for seed in range(3)}


GROUPS = (("shirt", "coat"), ("boot", "sandal"))


@pytest.mark.parametrize(
    "answers, word, words",
    [
        (("shirt", "coat", "boot", "sandal"), "supported", "100.0 % of a's mistakes confuse a class with another"),
        (("shirt", "boot", "shirt", "boot"), "contradicted", "0.0 % of a's mistakes"),
        (("shirt", "coat", "boot", "coat"), "not distinguishable", "50.0 % of a's mistakes"),
    ],
)
def test_most_mistakes_are_within_groups_or_they_are_not(answers: tuple[str, ...], word: str, words: str) -> None:
    verdict = the_verdict(Claim.confuses("a", *GROUPS), {"a": taken(*answers)})
    assert verdict.word == word
    assert verdict.sentence.startswith(words)


def test_right_answers_are_no_mistakes_of_any_group() -> None:
    verdict = the_verdict(Claim.confuses("a", *GROUPS), {"a": taken("shirt", "shirt", "boot", "boot")})
    assert (verdict.word, verdict.sentence) == ("not tested", "a makes no mistake with at least one seed.")
