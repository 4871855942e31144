"""A module of the user's own is a model like any other."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import execute
from seedtrial.models import OwnModule
from seedtrial.models.chain import Chain
from seedtrial.models.count import summary
from seedtrial.models.inside import inside
from seedtrial.runs import checkpoint
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.runs.trained import open_run
from seedtrial.spec import override
from seedtrial.study.study import Study

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "own_network.py"


def small(shape: tuple[int, ...], classes: int, *, width: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(shape[0], width, 3, padding=1, groups=1),
        nn.LayerNorm([width, *shape[1:]]),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(width * shape[1] * shape[2], classes),
    )


def own(build: Any = small, **settings: Any) -> OwnModule:
    return OwnModule(name="small", version="1", settings=settings, build_module=build)


@pytest.fixture
def recipe(tiny_recipe: Recipe) -> Recipe:
    return tiny_recipe.model_copy(update={"model": own()})


def weights(recipe: Recipe, seed: int, runs: Path) -> bytes:
    return run(recipe, seed, runs=runs, device="cpu").folder.weights.read_bytes()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(recipe: Recipe, tmp_path: Path) -> None:
    first = weights(recipe, 0, tmp_path / "a")
    torch.rand(7)  # whatever else draws from the global generator
    assert weights(recipe, 0, tmp_path / "b") == first
    assert weights(recipe, 1, tmp_path / "a") != first


def test_building_and_training_leave_no_trace_in_first_weights_of_others(recipe: Recipe) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    recipe.model.build((1, 8, 8), 3, torch.Generator().manual_seed(1))
    assert torch.equal(torch.rand(3), expected)


def test_it_goes_on_from_a_checkpoint_to_the_same_bits(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = override(recipe, ["training.epochs=4"])
    whole = weights(recipe, 3, tmp_path / "whole")
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr("seedtrial.runs.run._keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(override(recipe, []), 3, runs=tmp_path / "broken", device="cpu")
    torch.rand(11)
    assert weights(recipe, 3, tmp_path / "broken") == whole


def test_name_version_and_settings_enter_the_digest_and_the_function_does_not(recipe: Recipe, tiny: Any) -> None:
    digest = recipe.digest(tiny.facts)

    def other(shape: tuple[int, ...], classes: int) -> nn.Module:
        return small(shape, classes)

    assert recipe.model_copy(update={"model": own(other)}).digest(tiny.facts) == digest
    for setting in ("model.name=else", 'model.version="2"', 'model.settings={"width": 5}'):
        assert override(recipe, [setting]).digest(tiny.facts) != digest


def test_an_override_keeps_the_function(recipe: Recipe) -> None:
    changed = override(recipe, ["training.epochs=1", 'model.settings={"width": 6}'])
    assert changed.model.summary((1, 8, 8), 3).layers[0].shape == (6, 8, 8)


def test_its_layers_are_counted_one_by_one() -> None:
    counted = own().summary((1, 8, 8), 3)
    rows = [(row.kind, row.shape, row.parameters, row.multiply_adds) for row in counted.layers]
    assert rows[0] == ("Conv2d", (4, 8, 8), 40, 4 * 9 * 64) and rows[-1] == ("Linear", (3,), 771, 768)
    assert counted.parameters == counted.trained == sum(row[2] for row in rows) == 40 + 512 + 771
    assert counted.multiply_adds == 4 * 9 * 64 + 768


def test_it_is_compared_opened_and_looked_into_like_any_other(recipe: Recipe, tiny_recipe: Recipe, runs: Path) -> None:
    recipes = {"own": recipe, "dense": tiny_recipe}
    study = Study(name="both", question="?", recipes=recipes, seeds=1)
    for jobs in (1, 2):
        assert not execute(study, runs=runs / str(jobs), jobs=jobs, device="cpu").failed
    folder = execute(study, runs=runs / "1").plan.of("own")[0].folder
    opened = open_run(folder.path, model=recipe.model)
    images = np.zeros((2, 1, 8, 8), np.uint8)
    assert opened.predict(images).shape == (2, 3)
    look = opened.learner().inside(images)
    assert look.first.weights.shape == (4, 1, 3, 3) and [stage.shape for stage in look.stages] == [(4, 8, 8), (3,)]


def test_a_folder_alone_cannot_build_it_and_says_what_to_do(recipe: Recipe, runs: Path) -> None:
    folder = run(recipe, runs=runs, device="cpu").folder
    with pytest.raises(SeedtrialError, match=r"'small' \(version 1\) is a module of your own; name the study file"):
        open_run(folder.path).learner()
    with pytest.raises(SeedtrialError, match="was trained with another model"):
        open_run(folder.path, model=own(width=9))


class Attention(nn.Module):
    """It has weights that are in no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2)
        self.out = nn.Linear(64, 3)

    def forward(self, x: Tensor) -> Tensor:
        rows = x[:, 0].transpose(0, 1)
        out: Tensor = self.out(self.attention(rows, rows, rows)[0].transpose(0, 1).flatten(1))
        return out


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda *_: 3, "should return a torch.nn.Module, not int"),
        (lambda *_: nn.Flatten(), r"should give logits of shape \(2, 3\) for 2 images, not \(2, 64\)"),
        (lambda *_: nn.Linear(5, 3), "cannot take images of shape .*: RuntimeError"),
        (lambda *_: 1 / 0, "function that builds 'small' failed: ZeroDivisionError"),
        (lambda *_: Attention(), "MultiheadAttention has weights of its own .* give it a method multiply_adds"),
    ],
)
def test_what_is_no_network_for_these_images_is_refused_in_a_sentence(build: Any, words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        own(build).summary((1, 8, 8), 3)


def with_bilinear() -> Chain:
    chain = Chain((1, 8, 8))
    chain.flatten()
    with torch.device("meta"):
        chain.add("bilinear", nn.Bilinear(64, 64, 3), shape=(3,))
    return chain


def test_a_layer_with_unknown_first_weights_is_refused_and_not_left_as_it_is() -> None:
    with pytest.raises(SeedtrialError, match="initial weights of a layer Bilinear are not known"):
        with_bilinear().network(torch.Generator().manual_seed(0))


def test_layer_norm_begins_at_one_and_zero() -> None:
    chain = Chain((1, 8, 8))
    with torch.device("meta"):
        chain.add("layer_norm", nn.LayerNorm([1, 8, 8]))
    network = chain.network(torch.Generator().manual_seed(0))
    layer = network.layers["layer_norm1"]
    assert (layer.weight == 1).all() and (layer.bias == 0).all()


def test_a_layer_whose_multiply_adds_are_not_known_is_refused_and_not_counted_as_none() -> None:
    with pytest.raises(SeedtrialError, match="multiply-adds of a layer Bilinear are not known"):
        summary(with_bilinear().network(None))


def test_the_example_of_the_documents_runs(runs: Path) -> None:
    spec = importlib.util.spec_from_file_location("own_network", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    study = module.study().varied(settings=["training.epochs=1"], seeds=1)
    assert execute(study, runs=runs, device="cpu").trained == 2
    assert inside(study.recipes["separable"].model.build((1, 8, 8), 10), np.zeros((1, 1, 8, 8), np.uint8)).stages
