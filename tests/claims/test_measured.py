"""A study is judged by the measure that it names: verdicts can turn, with tests over seeds and over images."""

from dataclasses import replace

import numpy as np
import pytest

from made_up import observed, the_verdict
from seedtrial.claims.claim import Claim
from seedtrial.claims.measured import compare_measures, measure_spread
from seedtrial.claims.observed import NotTested, Observed
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.measures import MeasureName
from seedtrial.runs.recipe import Recipe
from seedtrial.study.study import Study

LABELS = (np.arange(600) % 20 == 0).astype(np.int64)  # 30 of 600 are rare


def careful(seed: int, measure: MeasureName) -> Observed:
    """Misses few of the rare images and takes some common ones for rare."""
    chance = np.random.default_rng(seed)
    answers = np.where(LABELS == 1, chance.random(600) < 0.9, chance.random(600) < 0.15).astype(np.int64)
    return replace(observed(LABELS, answers), measure=measure)


def blind(seed: int, measure: MeasureName) -> Observed:
    """Answers nearly always the common class."""
    return replace(
        observed(LABELS, (np.random.default_rng(9 + seed).random(600) < 0.01).astype(np.int64)), measure=measure
    )


def sides(measure: MeasureName) -> dict[str, dict[int, Observed]]:
    return {name: {seed: side(seed, measure) for seed in range(4)} for name, side in (("a", careful), ("b", blind))}


def test_the_verdict_follows_the_measure() -> None:
    by_accuracy, balanced = (the_verdict(Claim.beats("a", "b"), sides(m)) for m in ("accuracy", "balanced_accuracy"))
    assert (by_accuracy.word, balanced.word) == ("contradicted", "supported")
    assert balanced.sentence.startswith("Test balanced accuracy, a minus b: difference 39.")
    assert "(95 % interval" in balanced.sentence and "4 seeds, paired; p < 0.001)" in balanced.sentence


@pytest.mark.parametrize("measure", ["balanced_accuracy", "macro_f1", "auroc"])
def test_levels_are_judged_and_stand_beside_a_guess(measure: MeasureName) -> None:
    verdict = the_verdict(Claim.reaches("a", 55), sides(measure))
    assert verdict.word == "supported", verdict.sentence
    guess = {"balanced_accuracy": 50, "macro_f1": 48.72, "auroc": 50}[measure]
    assert f"Always answering the largest class gives {guess:.2f} %." in verdict.sentence


def test_one_seed_has_an_interval_over_images_and_no_verdict() -> None:
    runs = {name: {0: each[0]} for name, each in sides("macro_f1").items()}
    verdict = the_verdict(Claim.beats("a", "b"), runs)
    assert verdict.word == "not tested" and "over test images" in verdict.sentence
    spread = measure_spread([runs["a"][0]])
    assert 0 < spread.low < spread.mean < spread.high < 1


def test_a_class_that_is_missing_is_said() -> None:
    nothing = replace(observed(np.zeros(20, np.int64), np.zeros(20, np.int64)), measure="auroc")
    compared = compare_measures("a", "b", [(nothing, nothing)])
    assert isinstance(compared, NotTested) and compared.reason.startswith("AUROC is not defined on these images")


def test_equal_networks_are_rarely_told_apart_by_other_images() -> None:
    """p over images alone: at most 0.05 in about a twentieth of the pairs that differ by chance."""
    found = 0
    for seed in range(40):
        pair = [(careful(1000 + seed, "balanced_accuracy"), careful(2000 + seed, "balanced_accuracy"))]
        compared = compare_measures("a", "b", pair)
        assert not isinstance(compared, NotTested) and compared.p_images is not None
        found += compared.p_images < 0.05
    assert found <= 7  # of 40; 2 are expected, and 8 or more have a probability of 0.001


def test_log_loss_is_refused_in_a_sentence(tiny_recipe: Recipe) -> None:
    with pytest.raises(SeedtrialError, match="cannot be judged by log_loss, of which less is better; auroc"):
        Study(name="s", question="?", recipes={"a": tiny_recipe}, measure="log_loss")
