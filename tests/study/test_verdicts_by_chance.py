"""How often a verdict is wrong, or missing, when it is known what is true: simulated classifiers."""

from collections import Counter

import numpy as np
import pytest

from lookbook.evaluation.predictions import Predictions
from lookbook.study.claims import Claim, judge

TIMES, IMAGES = 1000, 300
TOLERATED = 62  # of 1000: 5 % are 50, and this is the most that chance makes of them in 19 of 20 simulations


def classifier(
    generator: np.random.Generator, *, skill: float, seeds: int, between_seeds: float, difficulty: np.ndarray
) -> dict[int, Predictions]:
    """Answers of a made-up classifier, trained with several seeds.

    skill:         log-odds of being right on an image of middling difficulty
    between_seeds: deviation of the skill from training to training
    difficulty:    what each image takes off the log-odds, (IMAGES,)
    """
    runs = {}
    for seed in range(seeds):
        odds = skill + between_seeds * generator.normal() - difficulty
        right = generator.random(IMAGES) < 1 / (1 + np.exp(-odds))
        probs = np.stack([~right, right], axis=1).astype(np.float32)
        runs[seed] = Predictions(np.ones(IMAGES, np.int64), probs)
    return runs


def words(
    claim: Claim, skills: dict[str, float], *, seeds: int = 3, between_seeds: float, hardness: float
) -> Counter[str]:
    """How often each word is said about classifiers of these skills on fresh images and trainings."""
    generator = np.random.default_rng(1)
    said: Counter[str] = Counter()
    for _ in range(TIMES):
        difficulty = hardness * generator.normal(size=IMAGES)
        found = {
            label: classifier(generator, skill=skill, seeds=seeds, between_seeds=between_seeds, difficulty=difficulty)
            for label, skill in skills.items()
        }
        said[judge((claim,), found)[0].word] += 1
    return said


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(
    "between_seeds, hardness",
    [(0.0, 0.0), (0.0, 3.0), (0.3, 0.0), (0.3, 3.0)],
    ids=["chance alone", "hard images", "uneven trainings", "both"],
)
def test_of_two_equally_good_classifiers_one_rarely_seems_better(
    seeds: int, between_seeds: float, hardness: float
) -> None:
    claim = Claim.beats("a", "b")
    said = words(claim, {"a": 1.5, "b": 1.5}, seeds=seeds, between_seeds=between_seeds, hardness=hardness)
    assert said["supported"] + said["contradicted"] <= TOLERATED
    assert said["not tested"] == 0


@pytest.mark.parametrize("hardness", [0.0, 3.0])
def test_one_seed_of_equally_good_trainings_rarely_seems_better_than_another(hardness: float) -> None:
    said = words(Claim.beats("a", "b"), {"a": 1.5, "b": 1.5}, seeds=1, between_seeds=0.0, hardness=hardness)
    assert said["supported"] + said["contradicted"] <= TOLERATED


def test_of_four_equally_good_classifiers_one_rarely_seems_the_best_or_beaten() -> None:
    said = words(Claim.best("a"), dict.fromkeys("abcd", 1.5), between_seeds=0.2, hardness=2.0)
    assert said["supported"] + said["contradicted"] <= TOLERATED


def test_a_much_better_classifier_is_mostly_seen_to_be_better() -> None:
    said = words(Claim.beats("a", "b"), {"a": 3.0, "b": 1.0}, between_seeds=0.1, hardness=1.0)
    assert said["supported"] > 0.9 * TIMES


@pytest.mark.parametrize("seeds, between_seeds", [(1, 0.0), (3, 0.3), (5, 0.3)])
def test_a_difference_at_the_margin_rarely_seems_none(seeds: int, between_seeds: float) -> None:
    claim = Claim.equals("a", "b", within=10.66)  # log-odds of 1.5 and 0.9 are 81.76 % and 71.09 %
    said = words(claim, {"a": 1.5, "b": 0.9}, seeds=seeds, between_seeds=between_seeds, hardness=0.0)
    assert said["supported"] <= TOLERATED


@pytest.mark.parametrize("within", [0.01, 0.5, 2])
@pytest.mark.parametrize("seeds, between_seeds", [(1, 0.0), (3, 0.3), (5, 0.3)])
def test_equality_of_equally_good_classifiers_is_rarely_contradicted(
    seeds: int, between_seeds: float, within: float
) -> None:
    claim = Claim.equals("a", "b", within=within)
    said = words(claim, {"a": 1.5, "b": 1.5}, seeds=seeds, between_seeds=between_seeds, hardness=0.0)
    assert said["contradicted"] <= TOLERATED
