"""Agreement of several people and images that all misclassify, on small cases by hand."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from players import answers
from seedtrial.human import together
from seedtrial.human.answers import CANNOT_TELL, Answers
from seedtrial.human.together import MissedImage

LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def player(name: str, images: list[int], choices: list[int]) -> Answers:
    return answers(LABELS[images], choices, player=name, images=images)


ANN = player("ann", [4, 0, 2, 6], [0, 0, 1, CANNOT_TELL])
BEN = player("ben", [6, 2, 4, 1], [CANNOT_TELL, 1, 1, 1])
EVE = player("eve", [2, 6, 4, 3], [0, 1, 1, 0])


def chance() -> np.random.Generator:
    return np.random.default_rng(0)


def test_shared_images_are_those_that_all_saw_whatever_the_order() -> None:
    assert together.shared_images([ANN, BEN, EVE]).tolist() == [2, 4, 6]
    assert together.positions(BEN, np.array([2, 4, 6])).tolist() == [1, 2, 0]


def test_every_two_players_are_compared_on_the_images_that_both_saw() -> None:
    pairs = together.pairwise([ANN, BEN, EVE], 3, generator=chance())
    assert [(a, b, kappa.images) for a, b, kappa in pairs] == [("ann", "ben", 3), ("ann", "eve", 3), ("ben", "eve", 3)]
    ann_ben = pairs[0][2]  # images 2, 4, 6: ann said 1, 0, can't tell, ben 1, 1, can't tell
    assert ann_ben.observed == pytest.approx(2 / 3)
    assert ann_ben.value == pytest.approx(cohen_kappa_score([1, 0, 3], [1, 1, 3]))


def test_players_with_no_image_in_common_have_no_kappa() -> None:
    (pair,) = together.pairwise([player("ann", [0], [0]), player("ben", [1], [0])], 3, generator=chance())
    assert pair[2].images == 0 and math.isnan(pair[2].value)


def test_all_together_is_fleiss_kappa_on_the_images_that_all_saw() -> None:
    assert together.counts([ANN, BEN, EVE], np.array([2, 4, 6]), 3).tolist() == [
        [1, 2, 0, 0],
        [1, 2, 0, 0],
        [0, 1, 0, 2],
    ]
    kappa = together.all_together([ANN, BEN, EVE], 3, generator=chance())
    assert kappa is not None and (kappa.images, kappa.observed) == (3, pytest.approx(1 / 3))
    chance_alone = (2 / 9) ** 2 + (5 / 9) ** 2 + (2 / 9) ** 2
    assert kappa.value == pytest.approx((1 / 3 - chance_alone) / (1 - chance_alone))
    assert together.all_together([ANN], 3, generator=chance()) is None
    assert together.all_together([ANN, player("zoe", [7], [1])], 3, generator=chance()) is None


def test_missed_are_the_images_that_at_least_two_saw_and_all_got_wrong() -> None:
    assert together.missed([ANN, BEN, EVE], 3) == [
        MissedImage(2, 2, 3, ((1, 2), (0, 1))),
        MissedImage(6, 0, 3, ((3, 2), (1, 1))),
    ]
    assert together.missed([player("ann", [0], [1])], 3) == []


def test_missed_images_on_which_more_agree_stand_first() -> None:
    three = [player(name, [0, 3], choices) for name, choices in (("a", [1, 1]), ("b", [2, 1]), ("c", [CANNOT_TELL, 1]))]
    assert [image.index for image in together.missed(three, 3)] == [3, 0]


def test_missed_by_chance_is_the_product_of_the_players_mistakes_in_each_class() -> None:
    images = np.arange(6)
    first = player("a", list(range(6)), [0, 1, 2, 1, 0, 2])  # half of the zeros wrong, half of the ones
    second = player("b", list(range(6)), [1, 1, 2, 0, 1, 0])  # half of the zeros, none of the ones, half of the twos
    assert together.missed_by_chance([first, second], images) == pytest.approx(2 * 0.5 * 0.5)
