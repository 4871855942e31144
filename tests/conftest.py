"""The tiny world of the tests: 64 + 24 images of 8x8 pixels in 3 classes that are easy to tell apart; a tiny study."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from command_line import Shell
from seedtrial.claims.claim import Claim
from seedtrial.data import idx
from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.data.splits import Validation
from seedtrial.models.dense import Dense, Linear
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.runs.trained import Run
from seedtrial.study.study import Study
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.optimiser import SGD
from seedtrial.training.spec import TrainSpec

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("steady")


def bright_blocks(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise (count, 8, 8) with a bright block at a position that is the class, and labels (count,) of 3 classes."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(count) % 3).astype(np.uint8)
    images = generator.integers(0, 100, (count, 8, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2:6, 2 * label : 2 * label + 3] += 120
    return images, labels


@pytest.fixture
def idx_folder(tmp_path: Path) -> Path:
    """A folder of four IDX files: 64 training and 24 test images."""
    folder = tmp_path / "blocks"
    folder.mkdir()
    for part, count, seed in (("train", 64, 1), ("t10k", 24, 2)):
        images, labels = bright_blocks(count, seed)
        idx.write_idx(folder / f"{part}-images-idx3-ubyte", images)
        idx.write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return folder


@pytest.fixture
def tiny(idx_folder: Path) -> Dataset:
    """48 training, 16 validation and 24 test images."""
    return load(DataSpec(source=str(idx_folder), validation=Validation(take="last", size=16)))


@pytest.fixture
def tiny_recipe(idx_folder: Path) -> Recipe:
    """One hidden layer on the tiny images, two epochs."""
    return Recipe(
        data=DataSpec(source=str(idx_folder), validation=Validation(take="last", size=16)),
        model=Dense(widths=(16,)),
        training=TrainSpec(epochs=2, batch_size=16, optimiser={"kind": "adam", "rate": 0.01}, precision="fp32"),
    )


@pytest.fixture
def engine() -> Engine:
    """The CPU in float32, whatever the machine could do."""
    return choose_engine("cpu", "fp32")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder for run folders that does not exist yet."""
    return tmp_path / "runs"


@pytest.fixture
def examined(tiny_recipe: Recipe, runs: Path) -> Run:
    """A trained and examined run of the tiny recipe with seed 0."""
    return examine(run(tiny_recipe, 0, runs=runs))


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


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line in this process."""
    return Shell(capsys, monkeypatch)
