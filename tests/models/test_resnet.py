"""Residual networks: what a block adds, and what is counted."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from seedtrial.data.dataset import Dataset, DataSpec, facts, load
from seedtrial.errors import SeedtrialError
from seedtrial.models import Conv, Dense, ResNet
from seedtrial.models.fast.norm import measure
from seedtrial.models.resnet import Residual
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder
from seedtrial.seeds import Seeds
from seedtrial.spec import override
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def build(spec: ResNet) -> dict[str, torch.nn.Module]:
    return dict(spec.build((1, 8, 8), 3, torch.Generator().manual_seed(0)).layers.items())


@pytest.mark.parametrize("widths", [(4, 4), (4, 6)])
def test_a_block_whose_second_norm_gives_nothing_passes_its_input_on(widths: tuple[int, int]) -> None:
    block = build(ResNet(widths=widths))["residual2"]
    assert isinstance(block, Residual)
    torch.nn.init.zeros_(block.second_norm.weight)
    x = torch.rand(2, widths[0], 5, 5)
    assert torch.equal(block.eval()(x), block.shortcut(x).relu())


def test_only_a_block_that_changes_channels_has_a_convolution_on_its_way_round() -> None:
    blocks = [layer for layer in build(ResNet(widths=(4, 6), blocks=2)).values() if isinstance(layer, Residual)]
    assert [type(block.shortcut).__name__ for block in blocks] == ["Identity", "Identity", "Conv2d", "Identity"]


def test_parameters_and_multiply_adds_are_those_of_all_convolutions_within() -> None:
    rows = {row.name: row for row in ResNet(widths=(4, 6)).summary((1, 8, 8), 3).layers}
    convolutions = 9 * 4 * 6 + 9 * 6 * 6 + 4 * 6
    assert rows["residual2"].parameters == convolutions + 2 * 4 * 6  # and what two batch norms hold
    assert rows["residual2"].multiply_adds == convolutions * 4 * 4
    assert rows["residual2"].shape == (6, 4, 4)


def test_pooling_after_the_first_convolution_halves_the_side_from_there_on() -> None:
    rows = {row.name: row for row in ResNet(widths=(4, 6), stem_pool=True).summary((1, 8, 8), 3).layers}
    assert rows["residual1"].shape == (4, 4, 4) and rows["residual2"].shape == (6, 2, 2)


def test_stages_that_leave_no_pixel_are_refused() -> None:
    with pytest.raises(SeedtrialError, match="A 2x2 pooling does not fit on 1x1 pixels"):
        ResNet(widths=(4,) * 5).summary((1, 8, 8), 3)


def test_after_few_steps_it_predicts_as_it_trained(digits: Dataset, engine: Engine) -> None:
    few = digits.train.take(slice(800), "train")
    training = TrainSpec(epochs=8, batch_size=64, precision="fp32")  # 104 steps
    scores = {}
    for averages in (None, "measured"):
        learner = prepare(
            ResNet(widths=(8, 16), averages=averages),
            training,
            shape=(1, 8, 8),
            classes=10,
            engine=engine,
            seeds=Seeds(0),
        )
        *_, last = learner.fit(few)
        scores[averages] = (learner.predict(few.images).argmax(1) == few.labels).mean()
        assert last.accuracy > 0.9
    assert scores["measured"] > last.accuracy - 0.03
    assert scores[None] < scores["measured"] - 0.2  # by Keras's averages, which still remember how they began


def test_measured_averages_are_the_means_over_the_images() -> None:
    network = ResNet(widths=(4,)).build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    images = torch.randint(0, 256, (30, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        measure(network, images.split(8))
        inputs = network.layers["conv1"](network.scale(images))
    norm = network.layers["batch_norm1"]
    torch.testing.assert_close(norm.running_mean, inputs.mean((0, 2, 3)))
    assert norm.keep == 0.99 and network.training


def test_training_itself_does_not_depend_on_the_averages(digits: Dataset, engine: Engine) -> None:
    weights = []
    for averages in (None, "measured"):
        model = ResNet(widths=(4,), averages=averages)
        training = TrainSpec(epochs=2, precision="fp32")
        learner = prepare(model, training, shape=(1, 8, 8), classes=10, engine=engine, seeds=Seeds(0))
        list(learner.fit(digits.train))
        weights.append({name: w for name, w in learner.weights().items() if "running" not in name})
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name])


@pytest.mark.parametrize("model", [Dense(widths=(4,)), Conv()])
def test_batch_norm_is_measured_unless_keras_rule_is_asked_for(model: Dense | Conv) -> None:
    assert model.averages is None and "averages" not in model.canonical()
    normed = override(model, ["batch_norm=before"])
    assert normed.averages == "measured" and normed.build((1, 8, 8), 3).measured
    kept = override(model, ["batch_norm=before", "averages=null"])
    assert kept.averages is None and not kept.build((1, 8, 8), 3).measured
    assert override(normed, ["batch_norm=null"]) == model


def test_a_network_recorded_before_the_setting_existed_keeps_keras_rule(tmp_path: Path) -> None:
    recipe = Recipe(data=DataSpec(source="digits"), model=ResNet(widths=(4,), averages=None))
    folder = Folder(tmp_path / "r")
    folder.path.mkdir()
    folder.begin(recipe, 0, facts(recipe.data))
    written = json.loads(folder.recipe.read_text())
    del written["recipe"]["model"]["averages"]
    folder.recipe.write_text(json.dumps(written))
    assert folder.identity()[0] == recipe
