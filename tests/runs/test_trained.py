"""A recorded run can be asked: its network predicts what was recorded, also of a user's picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedtrial.data.dataset import Dataset
from seedtrial.errors import SeedtrialError
from seedtrial.models import ARCHITECTURES
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.runs.trained import Run, open_run
from tiny_models import MODELS, one_pass


def test_every_architecture_is_tried() -> None:
    assert MODELS.keys() == ARCHITECTURES.keys()


@pytest.mark.parametrize("kind", MODELS)
def test_a_recorded_network_predicts_what_was_recorded(
    kind: str, tiny_recipe: Recipe, tiny: Dataset, runs: Path
) -> None:
    training = one_pass(MODELS[kind])
    recipe = Recipe(data=tiny_recipe.data, model=MODELS[kind], training=training)
    opened = open_run(run(recipe, runs=runs).folder.path)
    assert tiny.validation is not None
    probs = opened.predict(tiny.validation.images)
    np.testing.assert_allclose(probs, opened.predictions["validation"].probs, rtol=1e-5)
    assert np.array_equal(probs, opened.learner().predict(tiny.validation.images))


def test_a_picture_is_brought_to_the_form_of_the_run(examined: Run, tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.fromarray(np.full((40, 90, 3), (255, 0, 0), np.uint8)).save(path)
    pixels = examined.pixels(path)
    assert pixels.shape == (1, 8, 8) and pixels.dtype == np.uint8 and (pixels == 76).all()  # ITU-R 601 of red
    assert examined.predict(pixels[None]).shape == (1, 3)


def test_pictures_that_cannot_be_used_are_named(examined: Run, tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match="There is no picture .*nothing.png"):
        examined.pixels(tmp_path / "nothing.png")
    (tmp_path / "text.png").write_text("hello", encoding="utf-8")
    with pytest.raises(SeedtrialError, match="Cannot use the picture .*text.png: not a known picture format"):
        examined.pixels(tmp_path / "text.png")


def test_images_of_another_shape_are_refused(examined: Run) -> None:
    with pytest.raises(SeedtrialError, match=r"takes images of shape \(1, 8, 8\), not \(3, 8, 8\)"):
        examined.predict(np.zeros((2, 3, 8, 8), np.uint8))


def test_a_diverged_run_has_no_network(diverging: Recipe, runs: Path) -> None:
    with pytest.raises(SeedtrialError, match="has no weights: it diverged in epoch 1, step"):
        run(diverging, runs=runs).learner()
