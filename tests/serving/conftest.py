"""A trained network on tiny pictures, and its bundle."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromium import browse  # noqa: F401  a fixture
from conftest import bright_blocks
from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.models.dense import Dense
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.runs.trained import Run
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.export import Chosen, export
from seedtrial.training.spec import TrainSpec
from serving.offline_pages import opened  # noqa: F401  a fixture
from serving.served import Served


@pytest.fixture(scope="session")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of grey pictures in three classes that are easy to tell apart."""
    folder = tmp_path_factory.mktemp("blocks")
    images, labels = bright_blocks(240, seed=1)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        target = folder / ("left", "middle", "right")[label]
        target.mkdir(exist_ok=True)
        Image.fromarray(image).save(target / f"{number:03}.png")
    return folder


@pytest.fixture(scope="session")
def trained(blocks: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network that has learnt them, examined."""
    data = DataSpec(source=str(blocks), channels=1, validation=Validation(size=40))
    training = TrainSpec(epochs=4, batch_size=16, optimiser={"kind": "adam", "rate": 0.01}, precision="fp32")
    recipe = Recipe(data=data, model=Dense(widths=(32,)), training=training)
    return examine(run(recipe, 0, runs=tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="session")
def folder(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its bundle."""
    out = tmp_path_factory.mktemp("bundles") / "blocks"
    export(Chosen((trained,), "blocks", "This is a test."), out)
    return out


@pytest.fixture(scope="session")
def bundle(folder: Path) -> Bundle:
    """Its bundle."""
    return Bundle.load(folder, threads=1)


@pytest.fixture(scope="session")
def picture(folder: Path) -> bytes:
    """A picture that the network classifies correctly, as a PNG file."""
    return (folder / "sample.png").read_bytes()


@pytest.fixture
def noise() -> np.ndarray:
    """Images that look like no class, (20, 1, 8, 8)."""
    return np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def served(bundle: Bundle) -> Iterator[Served]:
    """A server of the bundle in this process."""
    server = Served(bundle)
    yield server
    server.close()


@pytest.fixture
def goes_on(served: Served, picture: bytes) -> Iterator[None]:
    """Whatever a test sends, the next request is answered."""
    yield
    assert served.ask("/predict", picture)[0] == 200
