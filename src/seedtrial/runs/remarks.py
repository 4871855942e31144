"""What is odd about a network that has just been trained, a sentence each, for the user and for the record."""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from seedtrial.data.parts import Split
from seedtrial.evaluation.metrics import balanced_accuracy
from seedtrial.evaluation.predictions import Predictions

GAP = 0.1  # between accuracies on the training images, while training and when predicting


def remarks(
    classes: tuple[str, ...],
    validation: Predictions | None,
    training: Predictions,
    accuracy: float,
    *,
    sampled: bool = False,
) -> tuple[str, ...]:
    """What is odd, if anything.

    validation: predictions for the validation images, if there are any
    training:   predictions for some of the training images
    accuracy:   on the training images while the network learnt them, in [0, 1]
    sampled:    whether it learnt as many images of each class, so that `accuracy` is a balanced one

    >>> labels, probs = np.array([0, 1] * 50), np.tile([0.9, 0.1], (100, 1))
    >>> same = Predictions(labels, probs)
    >>> print(*remarks(("cat", "dog"), same, same, accuracy=0.52), sep="\\n")
    It answers 'cat' for every validation image.
    """
    return (*_one_answer(classes, validation), *_mode_gap(training, accuracy, sampled))


def _one_answer(classes: tuple[str, ...], validation: Predictions | None) -> Iterator[str]:
    if validation is not None and len(validation) > 1:
        answers = np.unique(validation.answers)
        if len(answers) == 1:
            yield f"It answers '{classes[int(answers[0])]}' for every validation image."


def _mode_gap(training: Predictions, accuracy: float, sampled: bool) -> Iterator[str]:
    """Training far above what the same network answers on the same images, whatever the cause."""
    predicted = balanced_accuracy(training) if sampled else float(training.right.mean())
    noise = 2 * sqrt(0.25 / len(training))  # of a share of so few images
    if predicted < accuracy - GAP - noise:
        yield (
            f"It classified {accuracy:.0%} of the training images correctly while it learnt them, but {predicted:.0%} "
            "when it predicts: this network does not predict as it trained. With batch normalisation, try "
            "model.averages=measured."
        )


def sample(train: Split, most: int) -> Split:
    """Some training images, spread evenly over the part, which may be sorted by class.

    >>> split = Split("train", np.zeros((10, 1, 2, 2), np.uint8), np.arange(10))
    >>> sample(split, 5).labels.tolist()
    [0, 2, 4, 6, 8]
    """
    return train.take(slice(None, None, max(1, len(train) // most)), "train")
