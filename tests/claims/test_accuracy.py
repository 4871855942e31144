"""An accuracy between two numbers, or above one."""

import math
from functools import partial

import pytest

from made_up import the_evidence, the_verdict, wrong_on
from seedtrial.claims.claim import Claim
from seedtrial.claims.contract import ClaimKind

IMAGES = 10_000
wrong_of_many = partial(wrong_on, images=IMAGES)


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
def test_an_accuracy_lies_between_two_numbers_or_reaches_one(claim: ClaimKind, word: str) -> None:
    verdict = the_verdict(claim, {"dense": wrong_of_many(1050, 1055, 1048)})
    assert verdict.word == word
    assert verdict.sentence.startswith("dense's test accuracy is 89.49 % (95 % interval ")
    assert "; 3 seeds; p " in verdict.sentence


def test_an_accuracy_is_as_uncertain_as_the_test_images_leave_it() -> None:
    quantity = the_evidence(Claim.reaches("dense", 89), {"dense": wrong_of_many(1000, 1000, 1000)})
    assert quantity.image_error == pytest.approx(100 * math.sqrt(0.9 * 0.1 / IMAGES), rel=1e-3)
