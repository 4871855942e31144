"""Fewer errors than another recipe makes."""

from functools import partial

import numpy as np
import pytest

from made_up import observed, the_evidence, the_verdict, wrong_on
from seedtrial.claims.claim import Claim

IMAGES = 10_000
wrong_of_many = partial(wrong_on, images=IMAGES)


@pytest.mark.parametrize(
    "counts, word, words",
    [
        ((650, 640, 655), "supported", "conv makes 34.2 % fewer errors than dense (95 % interval "),
        ((900, 890, 905), "contradicted", "conv makes 8.8 % fewer errors"),
        ((1100, 1090, 1110), "contradicted", "conv makes 11.7 % more errors than dense (95 % interval "),
        ((750, 640, 555), "not distinguishable", "conv makes 34.1 % fewer errors"),
    ],
)
def test_fewer_errors_are_shown_in_per_cent_of_the_others(counts: tuple[int, ...], word: str, words: str) -> None:
    runs = {"conv": wrong_of_many(*counts), "dense": wrong_of_many(985, 975, 995)}
    verdict = the_verdict(Claim.errs_less("conv", "dense", by=(25, 40)), runs)
    assert verdict.word == word
    assert verdict.sentence.startswith(words)
    low, high = (float(x) for x in verdict.sentence.split("interval ")[1].split(";")[0].split(" to "))
    assert low < float(words.split()[2]) < high


def test_the_error_over_images_of_fewer_errors_is_that_of_drawing_the_images_again() -> None:
    generator = np.random.default_rng(0)
    right = [(generator.random(400) < share).astype(np.int64) for share in (0.8, 0.7)]
    labels = np.ones(400, np.int64)
    runs = {label: {0: observed(labels, answers)} for label, answers in zip("ab", right, strict=True)}
    drawn = [generator.integers(0, 400, 400) for _ in range(4000)]
    again = [100 * (1 - (1 - right[0][images]).mean() / (1 - right[1][images]).mean()) for images in drawn]
    claimed = the_evidence(Claim.errs_less("a", "b", by=(25, 35)), runs)
    assert claimed.image_error == pytest.approx(np.std(again), rel=0.05)


def test_a_network_without_errors_leaves_no_share_of_them() -> None:
    verdict = the_verdict(
        Claim.errs_less("a", "b", by=(25, 35)), {"a": wrong_of_many(5, 5, 5), "b": wrong_of_many(3, 0, 4)}
    )
    assert (verdict.word, verdict.sentence) == (
        "not tested",
        "b makes no error with at least one seed, so a share of its errors is not defined.",
    )
