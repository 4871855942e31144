"""Measures are scikit-learn's, weights stand for repeated images, and resampling gives the error it should."""

import math

import numpy as np
import pytest
from sklearn import metrics

from seedtrial.evaluation.measures import MEASURES, MeasureName, error_by_resampling, measured
from seedtrial.evaluation.predictions import Predictions


def made_up(images: int = 200, classes: int = 4, seed: int = 0) -> Predictions:
    """Predictions that are often right; probabilities have one digit, so that many are equal."""
    chance = np.random.default_rng(seed)
    labels = chance.choice(classes, images, p=np.arange(classes, 0, -1) / (classes * (classes + 1) / 2))
    probs = chance.random((images, classes)) + 0.6 * np.eye(classes)[labels]
    return Predictions(labels, np.round(probs / probs.sum(1, keepdims=True), 1))


def theirs(name: str, predictions: Predictions) -> float:
    labels, answers = predictions.labels, predictions.answers
    if name == "auroc":
        every = range(predictions.classes)
        return float(np.mean([metrics.roc_auc_score(labels == k, predictions.probs[:, k]) for k in every]))
    functions = {
        "accuracy": metrics.accuracy_score,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "macro_f1": lambda labels, answers: metrics.f1_score(labels, answers, average="macro"),
    }
    return float(functions[name](labels, answers))


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("classes", [2, 5])
def test_measures_are_those_of_scikit_learn(name: MeasureName, classes: int) -> None:
    predictions = made_up(classes=classes)
    assert measured(name, predictions) == pytest.approx(theirs(name, predictions), abs=1e-12)


@pytest.mark.parametrize("name", MEASURES)
def test_a_weight_is_a_repeated_image(name: MeasureName) -> None:
    predictions = made_up(60)
    times = np.random.default_rng(1).integers(0, 3, 60)
    rows = np.repeat(np.arange(60), times)
    repeated = Predictions(predictions.labels[rows], predictions.probs[rows])
    weighted = MEASURES[name](predictions, np.stack([times, np.ones(60)]).astype(float))
    assert weighted.tolist() == pytest.approx([measured(name, repeated), measured(name, predictions)])


def test_classes_without_images_are_left_out() -> None:
    predictions = Predictions(np.array([0, 0, 1]), np.eye(3)[[0, 1, 1]])
    assert measured("balanced_accuracy", predictions) == pytest.approx((1 / 2 + 1) / 2)
    assert measured("auroc", predictions) == pytest.approx(0.75)
    assert math.isnan(measured("auroc", Predictions(np.zeros(3, int), np.eye(3))))


def test_the_resampled_error_of_an_accuracy_is_the_binomial_one() -> None:
    predictions = made_up(400)
    share = measured("accuracy", predictions)
    assert error_by_resampling("accuracy", [predictions]) == pytest.approx(
        math.sqrt(share * (1 - share) / 400), rel=0.1
    )


def test_what_two_networks_have_in_common_leaves_their_difference() -> None:
    one, other = made_up(seed=1), made_up(seed=2)
    other = Predictions(one.labels, np.where(np.arange(200)[:, None] < 190, one.probs, other.probs))
    assert error_by_resampling("macro_f1", [one], [other]) < 0.5 * error_by_resampling("macro_f1", [one])
