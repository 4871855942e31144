"""A tiny study: two recipes on the tiny images, two seeds each."""

from pathlib import Path

import pytest

from lookbook.models.dense import Dense, Linear
from lookbook.study.claims import Claim
from lookbook.study.recipe import Recipe
from lookbook.study.record import Run
from lookbook.study.run import run
from lookbook.study.study import Study
from lookbook.training.optimiser import SGD
from lookbook.training.spec import TrainSpec


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder for run folders that does not exist yet."""
    return tmp_path / "runs"


@pytest.fixture
def made(tiny_recipe: Recipe, runs: Path) -> Run:
    """A finished run of the tiny recipe with seed 0."""
    return run(tiny_recipe, 0, runs=runs)


@pytest.fixture
def tiny_study(tiny_recipe: Recipe) -> Study:
    """Linear against dense, two seeds each."""
    linear = Recipe(data=tiny_recipe.data, model=Linear(), training=tiny_recipe.training)
    return Study(
        name="tiny",
        question="Is a hidden layer worth it?",
        recipes={"linear": linear, "dense": tiny_recipe},
        seeds=2,
        claims=(Claim.beats("dense", "linear"),),
    )


@pytest.fixture
def diverging(tiny_recipe: Recipe) -> Recipe:
    """A recipe whose rate is so high that its loss is not finite within the first epoch."""
    training = TrainSpec(epochs=2, batch_size=4, optimiser=SGD(rate=1e30), precision="fp32")
    return Recipe(data=tiny_recipe.data, model=Dense(widths=(16, 16)), training=training)
