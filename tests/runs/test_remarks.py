"""What is odd about a network is said when it is trained, and kept with the run."""

from pathlib import Path

import numpy as np
import pytest

from seedtrial.data.dataset import DataSpec
from seedtrial.data.parts import Split
from seedtrial.evaluation.predictions import Predictions
from seedtrial.models.dense import Linear
from seedtrial.models.resnet import ResNet
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.remarks import remarks, sample
from seedtrial.runs.run import run
from seedtrial.runs.trained import open_run
from seedtrial.training.optimiser import SGD
from seedtrial.training.spec import TrainSpec

LABELS = np.arange(300) % 3


def predicted(answers: np.ndarray) -> Predictions:
    return Predictions(LABELS, np.eye(3, dtype=np.float32)[answers])


def test_a_usual_network_has_no_remarks() -> None:
    assert remarks(("a", "b", "c"), predicted(LABELS), predicted(LABELS), 0.97) == ()
    assert remarks(("a", "b", "c"), None, predicted(LABELS), 1.0) == ()


def test_one_answer_for_everything_is_named() -> None:
    words = "It answers 'b' for every validation image."
    assert remarks(("a", "b", "c"), predicted(LABELS * 0 + 1), predicted(LABELS), 0.9) == (words,)


@pytest.mark.parametrize(("accuracy", "odd"), [(0.34, False), (0.45, False), (0.6, True), (1.0, True)])
def test_training_far_above_prediction_is_named(accuracy: float, odd: bool) -> None:
    said = remarks(("a", "b", "c"), None, predicted(LABELS * 0), accuracy)  # a third is right
    assert bool(said) == odd
    assert not odd or f"It classified {accuracy:.0%} of the training images" in said[0] and "33%" in said[0]


def test_images_are_looked_at_evenly_though_they_may_be_sorted_by_class() -> None:
    train = Split("train", np.zeros((300, 1, 1, 1), np.uint8), np.sort(LABELS))
    assert np.bincount(sample(train, 30).labels).tolist() == [10, 10, 10]
    assert len(sample(train, 1000)) == 300


def test_a_remark_is_kept_with_the_run(runs: Path) -> None:
    stuck = TrainSpec(epochs=1, optimiser=SGD(rate=1e-12), batch_size=2000)
    recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=stuck)
    trained = run(recipe, 0, runs=runs)
    answers = np.unique(trained.predictions["validation"].answers)
    assert (trained.metrics.remarks != ()) == (len(answers) == 1)
    forgetful = Recipe(
        data=DataSpec(source="digits"),
        model=ResNet(widths=(8, 16), averages=None),
        training=TrainSpec(epochs=6, batch_size=64, precision="fp32"),
    )
    (remark,) = run(forgetful, 0, runs=runs).metrics.remarks[-1:]
    assert "does not predict as it trained" in remark and "model.averages=measured" in remark
    assert open_run(next(runs.glob("*/metrics.json")).parent).metrics is not None
