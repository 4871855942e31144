"""What the reports' printed numbers say by themselves."""

import numpy as np
import pytest

from seedtrial.studies import boetticher2020, korssjoen2020, thingwall2019
from seedtrial.study.load import load_study


def test_korssjoens_figure_2_has_the_accuracy_of_the_convolutional_network() -> None:
    printed = korssjoen2020.matrix(korssjoen2020.FIGURE_2)
    assert printed.shape == (10, 10)
    assert printed.sum(axis=1).tolist() == [1000] * 10
    conv = korssjoen2020.study().published["conv"].accuracy
    assert np.trace(printed) / printed.sum() == pytest.approx(conv)


def test_korssjoens_figure_4_has_the_class_counts_of_mnist() -> None:
    printed = korssjoen2020.matrix(korssjoen2020.FIGURE_4)
    assert tuple(printed.sum(axis=1)) == korssjoen2020.MNIST_TEST_COUNTS
    assert np.trace(printed) / printed.sum() == pytest.approx(0.9699)
    assert "which are the class counts of MNIST's digits" in korssjoen2020.observations()[1]


def test_mlpcnns_gain_is_three_and_a_half_points() -> None:
    published = load_study("mlpcnn2021").published
    dense = max(published[label].accuracy for label in ("baseline", "1 hidden", "3 hidden, dropout"))
    assert 100 * (published["2 conv, 1 hidden"].accuracy - dense) == pytest.approx(3.54)


def test_thingwalls_table_3_is_at_the_edge_of_what_rounding_allows() -> None:
    assert np.mean(thingwall2019.TABLE_3) == 93.0
    assert np.mean(thingwall2019.TABLE_3) + 0.5 == pytest.approx(93.5)


def test_thingwalls_default_dense_network_is_not_the_one_that_30_per_cent_refer_to() -> None:
    observation = thingwall2019.study().observations[2]
    assert "makes 28 % fewer errors than its best dense one, and 36 % fewer than its default" in observation


def test_boettichers_own_table_shows_dropout_raising_accuracy() -> None:
    plain, dropped = boetticher2020.VAL_ACC[:7], boetticher2020.VAL_ACC[7:]
    assert (dropped[2] > plain[2]) and (dropped[5] > plain[5])
    assert max(boetticher2020.VAL_ACC) == dropped[5]
    raised, best = boetticher2020.observations()
    assert (
        "3 of 7 networks: CNN 3a (from 91.02 to 91.98 %), CNN 3c (from 72.22 to 72.26 %), CNN 4a (from 91.50" in raised
    )
    assert "CNN 4a has the highest validation accuracy without dropout, 91.50 against 91.02 %, and CNN 4a" in best
