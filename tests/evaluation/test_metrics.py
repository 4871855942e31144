"""Scores: ours equal scikit-learn's."""

import math

import numpy as np
import pytest
import sklearn.metrics

from seedtrial.evaluation.metrics import accuracy, class_scores, confusion, log_loss, per_class_accuracy
from seedtrial.evaluation.predictions import Predictions


def some_predictions(images: int = 200, classes: int = 4, *, seed: int = 0) -> Predictions:
    """Labels and probabilities that agree somewhat more often than by chance."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, images)
    scores = generator.normal(size=(images, classes)) + 1.5 * np.eye(classes)[labels]
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return Predictions(labels, probs.astype(np.float32))


@pytest.mark.parametrize("seed", range(3))
def test_accuracy_equals_scikit_learns(seed: int) -> None:
    predictions = some_predictions(seed=seed)
    expected = sklearn.metrics.accuracy_score(predictions.labels, predictions.probs.argmax(1))
    assert accuracy(predictions) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_log_loss_equals_scikit_learns(seed: int) -> None:
    predictions = some_predictions(seed=seed)
    probs = predictions.probs.astype(np.float64)
    probs /= probs.sum(axis=1, keepdims=True)
    assert log_loss(predictions) == pytest.approx(
        sklearn.metrics.log_loss(predictions.labels, probs, labels=range(4)), rel=1e-6
    )


@pytest.mark.parametrize("seed", range(3))
def test_confusion_equals_scikit_learns(seed: int) -> None:
    predictions = some_predictions(seed=seed)
    assert np.array_equal(
        confusion(predictions), sklearn.metrics.confusion_matrix(predictions.labels, predictions.probs.argmax(1))
    )


def test_a_row_of_the_confusion_is_the_true_class_and_a_column_the_answer() -> None:
    predictions = Predictions(np.array([0, 0, 1]), np.eye(3, dtype=np.float32)[[0, 2, 1]])
    assert confusion(predictions).tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_per_class_accuracy_equals_scikit_learns_recall() -> None:
    predictions = some_predictions()
    expected = sklearn.metrics.recall_score(predictions.labels, predictions.answers, average=None)
    assert per_class_accuracy(confusion(predictions)) == pytest.approx(expected)


def test_a_class_without_images_has_a_row_in_the_confusion_matrix_and_no_accuracy() -> None:
    predictions = Predictions(np.array([0, 0, 2]), np.eye(3, dtype=np.float32)[[0, 1, 2]])
    assert confusion(predictions).shape == (3, 3)
    per_class = per_class_accuracy(confusion(predictions))
    assert math.isnan(per_class[1])
    assert per_class[[0, 2]].tolist() == [0.5, 1.0]


def test_per_class_accuracy_takes_the_mean_of_several_confusions() -> None:
    assert per_class_accuracy(np.array([[1.5, 0.5], [0.0, 2.0]])).tolist() == [0.75, 1.0]


def test_a_right_class_of_probability_zero_costs_no_more_than_the_cut() -> None:
    predictions = Predictions(np.array([0]), np.array([[0.0, 1.0]], np.float32))
    assert log_loss(predictions) == pytest.approx(-math.log(1e-7))


def test_certainty_that_is_right_costs_nearly_nothing_but_never_less() -> None:
    predictions = Predictions(np.array([1]), np.array([[0.0, 1.0]], np.float32))
    assert 0 <= log_loss(predictions) <= 2e-7


def test_class_scores_are_those_of_scikit_learn() -> None:
    predictions = some_predictions()
    theirs = sklearn.metrics.precision_recall_fscore_support(predictions.labels, predictions.answers, labels=range(4))
    ours = class_scores(confusion(predictions))
    for column, name in zip(theirs, ("precision", "recall", "f1", "support"), strict=True):
        assert [getattr(each, name) for each in ours] == pytest.approx(column.tolist())


def test_a_class_that_nobody_predicts_has_no_precision() -> None:
    first, second = class_scores(np.array([[2, 0], [2, 0]]))
    assert np.isnan(second.precision) and second.recall == 0 and second.f1 == 0
    assert first.precision == 0.5
