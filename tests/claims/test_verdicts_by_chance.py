"""How often a verdict is wrong, or missing, when it is known what is true: simulated classifiers."""

from collections import Counter

import numpy as np
import pytest

from made_up import observed
from seedtrial.claims.claim import Claim
from seedtrial.claims.observed import Observed
from seedtrial.claims.verdicts import judge

TIMES, IMAGES = 1000, 300
TOLERATED = 62  # of 1000: 5 % are 50, and this is the most that chance makes of them in 19 of 20 simulations


def classifier(
    generator: np.random.Generator, *, skill: float, seeds: int, between_seeds: float, difficulty: np.ndarray
) -> dict[int, Observed]:
    """Answers of a made-up classifier, trained with several seeds.

    skill:         log-odds of being right on an image of middling difficulty
    between_seeds: deviation of the skill from training to training
    difficulty:    what each image takes off the log-odds, (IMAGES,)
    """
    runs = {}
    for seed in range(seeds):
        odds = skill + between_seeds * generator.normal() - difficulty
        right = generator.random(IMAGES) < 1 / (1 + np.exp(-odds))
        runs[seed] = observed(np.ones(IMAGES, np.int64), right.astype(np.int64))
    return runs


def words(
    claim: Claim, skills: dict[str, float], *, seeds: int = 3, between_seeds: float, hardness: float
) -> Counter[str]:
    """How often each word is said about classifiers of these skills on fresh images and trainings."""
    generator = np.random.default_rng(1)
    said: Counter[str] = Counter()
    for _ in range(TIMES):
        difficulty = hardness * generator.normal(size=IMAGES)
        observations = {
            label: classifier(generator, skill=skill, seeds=seeds, between_seeds=between_seeds, difficulty=difficulty)
            for label, skill in skills.items()
        }
        said[judge((claim,), observations)[0].word] += 1
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


def accuracy(skill: float, *, between_seeds: float, hardness: float) -> float:
    """Expected accuracy of a made-up classifier, per cent."""
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    odds = skill + np.hypot(between_seeds, hardness) * points
    return float(100 * (weights / (1 + np.exp(-odds))).sum() / weights.sum())


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("between_seeds, hardness", [(0.0, 0.0), (0.0, 3.0), (0.1, 0.0), (0.1, 3.0)])
def test_of_a_number_at_the_bound_of_what_is_claimed_neither_side_is_often_said(
    seeds: int, between_seeds: float, hardness: float
) -> None:
    a, b = (accuracy(skill, between_seeds=between_seeds, hardness=hardness) for skill in (1.5, 0.9))
    fewer = 100 * (a - b) / (100 - b)
    for claim in (
        Claim.reaches("a", a),
        Claim.scores("a", low=a - 20, high=a),
        Claim.beats("a", "b", by=(a - b, a - b + 10)),
        Claim.errs_less("a", "b", by=(fewer, fewer + 30)),
    ):
        said = words(claim, {"a": 1.5, "b": 0.9}, seeds=seeds, between_seeds=between_seeds, hardness=hardness)
        assert max(said["supported"], said["contradicted"]) <= TOLERATED, claim.kind


def test_a_number_well_within_what_is_claimed_is_mostly_seen_to_be() -> None:
    a, b = (accuracy(skill, between_seeds=0.1, hardness=1.0) for skill in (1.5, 0.9))
    for claim in (Claim.reaches("a", a - 15), Claim.beats("a", "b", by=(a - b - 12, a - b + 12))):
        said = words(claim, {"a": 1.5, "b": 0.9}, seeds=5, between_seeds=0.1, hardness=1.0)
        assert said["supported"] > 0.9 * TIMES, claim.kind


def test_of_four_equally_good_classifiers_one_rarely_seems_the_worst() -> None:
    said = words(Claim.worst("a"), dict.fromkeys("abcd", 1.5), between_seeds=0.2, hardness=2.0)
    assert said["supported"] + said["contradicted"] <= TOLERATED


def mistaken(generator: np.random.Generator, *, seeds: int, leaning: np.ndarray) -> dict[int, Observed]:
    """Answers of a made-up classifier of four classes in two groups, of which half of the mistakes stay within.

    leaning: log-odds, of every image, that its mistakes do, (IMAGES,)
    """
    labels = np.arange(IMAGES) % 4
    runs = {}
    for seed in range(seeds):
        wrong = generator.random(IMAGES) < 0.3
        within = generator.random(IMAGES) < 1 / (1 + np.exp(-leaning))
        other = np.where(within, labels ^ 1, labels ^ 2)
        runs[seed] = observed(labels, np.where(wrong, other, labels), classes=tuple("abcd"))
    return runs


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("stubbornness", [0.0, 3.0])
def test_classes_and_groups_that_are_confused_as_often_rarely_seem_otherwise(seeds: int, stubbornness: float) -> None:
    generator = np.random.default_rng(1)
    separates, confuses = Claim.separates("a", "b", classes=("a", "b")), Claim.confuses("a", ("a", "b"), ("c", "d"))
    said: Counter[tuple[str, str]] = Counter()
    for _ in range(TIMES):
        leaning = stubbornness * generator.normal(size=IMAGES)
        observations = {label: mistaken(generator, seeds=seeds, leaning=leaning) for label in "ab"}
        said.update((claim.kind, judge((claim,), observations)[0].word) for claim in (separates, confuses))
    assert said["separates", "supported"] + said["separates", "contradicted"] <= TOLERATED
    assert max(said["confuses", "supported"], said["confuses", "contradicted"]) <= TOLERATED


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_losses_that_rise_alike_and_times_at_the_bound_rarely_seem_otherwise(seeds: int) -> None:
    generator = np.random.default_rng(1)
    labels = np.ones(8, np.int64)
    said: Counter[tuple[str, str]] = Counter()
    for _ in range(TIMES):
        observations = {
            label: {
                seed: observed(
                    labels,
                    labels,
                    val_losses=(0.3, 0.3 + 0.1 * generator.random()),
                    seconds=times * float(np.exp(0.1 * generator.normal())),
                )
                for seed in range(seeds)
            }
            for label, times in (("a", 1.5), ("b", 1.0))
        }
        claims = Claim.overfits_less("a", "b"), Claim.trains_within("a", "b", times=1.5)
        said.update((claim.kind, judge((claim,), observations)[0].word) for claim in claims)
    assert said["overfits_less", "supported"] + said["overfits_less", "contradicted"] <= TOLERATED
    assert max(said["trains_within", "supported"], said["trains_within", "contradicted"]) <= TOLERATED
