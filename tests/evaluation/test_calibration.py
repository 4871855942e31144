"""Probabilities are corrected as Guo et al. do, and scores are compared as scikit-learn compares them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from seedtrial.evaluation.calibration import at_temperature, auroc, calibration_error, temperature


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_the_temperature_that_the_answers_were_drawn_with_is_found(truth: float) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, (20_000, 5))
    labels = (softmax(logits / truth, axis=1).cumsum(axis=1) < generator.random((20_000, 1))).sum(axis=1)
    assert temperature(softmax(logits, axis=1), labels) == pytest.approx(truth, rel=0.05)


def test_correcting_makes_confidence_agree_with_accuracy() -> None:
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, (10_000, 4))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < generator.random((10_000, 1))).sum(axis=1)
    sure = softmax(3 * logits, axis=1)
    corrected = at_temperature(np.log(sure), temperature(sure, labels))
    assert calibration_error(corrected, labels) < 0.02 < 0.15 < calibration_error(sure, labels)


def test_a_few_images_that_are_all_right_prove_no_certainty() -> None:
    probs = np.tile([0.9, 0.05, 0.05], (40, 1))
    corrected = at_temperature(np.log(probs), temperature(probs, np.zeros(40, int)))
    assert 0.95 < corrected[0, 0] < 0.99


def test_the_answer_stays_whatever_the_temperature() -> None:
    logits = np.random.default_rng(2).normal(size=(100, 7))
    for each in (0.1, 1.0, 10.0):
        assert (at_temperature(logits, each).argmax(axis=1) == logits.argmax(axis=1)).all()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_the_area_under_the_curve_is_scikit_learns(inside: list[int], outside: list[int]) -> None:
    truth = [1] * len(inside) + [0] * len(outside)
    assert auroc(np.array(inside), np.array(outside)) == pytest.approx(roc_auc_score(truth, inside + outside))
