"""Seeds that train stacked train as they would alone."""

from pathlib import Path
from typing import Any

import pytest

from seedtrial.data.augment import Augment
from seedtrial.data.dataset import Dataset
from seedtrial.errors import SeedtrialError
from seedtrial.models import Conv, ResNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.runs.recipe import Recipe
from seedtrial.training.device import Engine
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.spec import TrainSpec

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks" / "own"


@pytest.fixture
def stacked(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import stacked

    return stacked


@pytest.mark.parametrize(
    ("model", "training"),
    [
        (
            ResNet(widths=(4, 6), stem_pool=True, averages=None),
            TrainSpec(
                epochs=1,
                batch_size=16,
                optimiser=SGD(rate=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3),
                augment=Augment(flip=True),
                label_smoothing=0.1,
            ),
        ),
        (Conv(blocks=(ConvBlock(filters=3),), dense=(5,)), TrainSpec(epochs=1, batch_size=16, optimiser=Adam())),
    ],
    ids=["resnet", "conv"],
)
def test_stacked_weights_are_those_of_separate_runs(
    stacked: Any, tiny: Dataset, engine: Engine, model: Any, training: TrainSpec
) -> None:
    assert stacked.apart(Recipe(model=model, training=training), 3, engine, tiny.train) < 1e-9


def test_seeds_of_a_stack_differ(stacked: Any, tiny: Dataset, engine: Engine) -> None:
    recipe = Recipe(model=ResNet(widths=(4,)), training=TrainSpec(epochs=2, batch_size=16))
    losses = list(stacked.Stack(stacked.learners(recipe, 2, engine, tiny.train)).fit(tiny.train))
    assert len(losses) == 2 and all(pair[0] != pair[1] for pair in losses)


def test_dropout_cannot_be_stacked(stacked: Any, tiny: Dataset, engine: Engine) -> None:
    recipe = Recipe(model=ResNet(widths=(4,), dropout=0.5), training=TrainSpec(epochs=1))
    with pytest.raises(SeedtrialError, match="would share their dropout masks"):
        stacked.Stack(stacked.learners(recipe, 2, engine, tiny.train))
