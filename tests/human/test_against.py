"""One person or several compared with a network on the images that they saw."""

import math

import numpy as np
import pytest
from scipy import stats

from players import answers, network
from seedtrial.human.against import PeopleAgainstNetwork, agreement, compare_one, compare_several, verdicts
from seedtrial.human.answers import CANNOT_TELL, Answers

LABELS = np.arange(60) % 3


def person(right: np.ndarray, images: np.ndarray, *, player: str = "ann") -> Answers:
    """Who says "can't tell" where not right."""
    return answers(LABELS[images], np.where(right, LABELS[images], CANNOT_TELL), images=images, player=player)


def test_one_person_is_compared_on_the_images_seen_by_mcnemars_exact_test() -> None:
    images = np.arange(59, 29, -1)
    net_right = np.ones(60, bool)
    net_right[[30, 31]] = False  # wrong on two of the images, and on those alone that the person did not see
    net_right[:5] = False
    right = np.ones(30, bool)
    right[:9] = False
    compared = compare_one(person(right, images), "net", [network(LABELS, net_right)])
    assert (compared.images, compared.people, compared.network_accuracy) == (30, 0.7, pytest.approx(28 / 30))
    assert compared.p == pytest.approx(stats.binomtest(2, 11, 0.5).pvalue)  # 2 only the person, 9 only the network
    assert compared.difference == pytest.approx(100 * 7 / 30)
    each = np.array([1] * 9 + [-1] * 2 + [0] * 19)
    half = 196 * each.std(ddof=1) / math.sqrt(30)
    assert (compared.low, compared.high) == (
        pytest.approx(compared.difference - half),
        pytest.approx(compared.difference + half),
    )


def test_seeds_of_a_network_count_by_their_mean_and_twice_the_median_p() -> None:
    images = np.arange(60)
    right = np.arange(60) >= 20
    seeds = [network(LABELS, np.arange(60) >= wrong) for wrong in (2, 4, 6)]
    compared = compare_one(person(right, images), "net", seeds)
    assert compared.network_accuracy == pytest.approx(56 / 60)
    assert compared.p == pytest.approx(2 * stats.binomtest(0, 16, 0.5).pvalue)


def test_one_answer_has_no_interval() -> None:
    compared = compare_one(person(np.array([True]), np.array([3])), "net", [network(LABELS, np.zeros(60, bool))])
    assert compared.difference == -100 and math.isnan(compared.low) and compared.p == 1


def test_a_player_of_other_images_is_refused() -> None:
    stranger = answers([2], [2], images=[0])
    with pytest.raises(ValueError, match="ann saw other images than the network was tested on"):
        compare_one(stranger, "net", [network(LABELS, np.ones(60, bool))])
    with pytest.raises(ValueError, match="ann saw other images"):
        compare_one(answers([0], [0], images=[60]), "net", [network(LABELS, np.ones(60, bool))])


def test_several_need_two_players() -> None:
    with pytest.raises(ValueError, match="at least two players"):
        compare_several([person(np.ones(60, bool), np.arange(60))], "net", [], generator=np.random.default_rng(0))


def test_players_without_an_image_in_common_are_compared_too() -> None:
    half = np.arange(30)
    players = [person(half >= 10, half), person(half >= 12, half + 30, player="ben")]
    net = [network(LABELS, np.ones(60, bool))]
    compared = compare_several(players, "net", net, generator=np.random.default_rng(0))
    assert (compared.images, compared.players) == (60, ("ann", "ben"))
    assert compared.difference == pytest.approx(100 * 11 / 30)
    assert compared.low < compared.difference < compared.high


def test_a_player_with_one_answer_is_compared_too() -> None:
    players = [person(np.arange(60) >= 10, np.arange(60)), person(np.array([True]), np.array([5]), player="ben")]
    compared = compare_several(players, "net", [network(LABELS, np.ones(60, bool))], generator=np.random.default_rng(0))
    assert math.isfinite(compared.low) and math.isfinite(compared.p)


def test_players_who_are_right_where_the_network_is_do_not_differ_from_it() -> None:
    right = np.arange(60) >= 10
    players = [person(right, np.arange(60), player=name) for name in ("ann", "ben")]
    compared = compare_several(players, "net", [network(LABELS, right)], generator=np.random.default_rng(0))
    assert (compared.difference, compared.low, compared.high, compared.p) == (0, 0, 0, 1)


def coverage(*, deviation: float, players: int, images: int, simulations: int) -> float:
    """How often the interval of several players covers the true difference of the simulated world.

    Images differ in difficulty for people and network alike (logits with deviation 1.5), all players see the same
    ones, and people differ by `deviation` logits. Drawn with seed 1; the truth is the mean of 2,000,000 draws.
    """

    def logistic(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    world, generator, hits = np.random.default_rng(99), np.random.default_rng(1), 0
    ease, skill = world.normal(0, 1.5, 2_000_000), world.normal(2.2, deviation, 2_000_000)
    truth = 100 * float((logistic(3.2 + ease) - logistic(skill + ease)).mean())
    labels = np.zeros(images, int)
    for _ in range(simulations):
        easy = generator.normal(0, 1.5, images)
        net = network(labels, generator.random(images) < logistic(3.2 + easy))
        people = []
        for number in range(players):
            right = generator.random(images) < logistic(generator.normal(2.2, deviation) + easy)
            people.append(answers(labels, np.where(right, 0, 1), player=str(number)))
        compared = compare_several(people, "net", [net], generator=generator)
        hits += compared.low <= truth <= compared.high
    return hits / simulations


@pytest.mark.slow
@pytest.mark.parametrize("deviation, players", [(0.0, 8), (0.3, 3), (0.3, 8)])
def test_the_interval_of_several_covers_the_difference_at_least_as_often_as_it_says(
    deviation: float, players: int
) -> None:
    """At least 92 of 100 by 200 simulations of 200 images; few players and unlike images make it cover more."""
    assert coverage(deviation=deviation, players=players, images=200, simulations=200) >= 0.92


def comparison(difference: float, p: float) -> PeopleAgainstNetwork:
    return PeopleAgainstNetwork("net", ("ann",), 0.8, 0.8 + difference / 100, difference, 0.0, 0.0, p, 100)


def test_verdicts_are_those_of_claims_and_p_is_adjusted_by_holm() -> None:
    judged = verdicts([comparison(3, 0.001), comparison(-3, 0.02), comparison(1, 0.2), comparison(2, 0.03)])
    assert [word for _, word, _ in judged] == [
        "supported",
        "not distinguishable",
        "not distinguishable",
        "not distinguishable",
    ]
    assert [p for _, _, p in judged] == [0.004, 0.06, 0.2, 0.06]
    assert verdicts([comparison(-3, 0.02)])[0][1] == "contradicted"


def test_agreement_with_a_network_uses_one_of_its_seeds() -> None:
    images = np.arange(6)
    player = answers(LABELS[images], LABELS[images], images=images)
    seeds = [network(LABELS, np.ones(60, bool)), network(LABELS, np.zeros(60, bool))]
    kappa = agreement(player, seeds, generator=np.random.default_rng(0))
    assert (kappa.images, kappa.observed) == (6, 0.5)
    assert kappa.value == pytest.approx((0.5 - 1 / 3) / (1 - 1 / 3))
