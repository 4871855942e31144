"""Predictions: what somebody said about the images of a split."""

import numpy as np
import pytest

from seedtrial.evaluation.predictions import Predictions

LABELS = np.array([0, 2, 1])
PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.4, 0.2, 0.4]], np.float32)


def test_the_answer_is_the_likeliest_class_and_of_equals_the_first() -> None:
    assert Predictions(LABELS, PROBS).answers.tolist() == [0, 2, 0]


def test_right_is_where_the_answer_is_the_label() -> None:
    assert Predictions(LABELS, PROBS).right.tolist() == [True, True, False]


def test_confidence_is_the_probability_of_the_answer() -> None:
    assert Predictions(LABELS, PROBS).confidence.tolist() == pytest.approx([0.7, 0.6, 0.4])


def test_predictions_know_their_number_of_images_and_of_classes() -> None:
    predictions = Predictions(LABELS[:2], PROBS[:2])
    assert (len(predictions), predictions.classes) == (2, 3)


@pytest.mark.parametrize("probs", [PROBS[:2], PROBS[0]], ids=["fewer rows", "one dimension"])
def test_probabilities_that_do_not_match_the_labels_are_refused(probs: np.ndarray) -> None:
    with pytest.raises(ValueError, match="do not match"):
        Predictions(LABELS, probs)
