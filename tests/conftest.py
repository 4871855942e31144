"""The tiny world of the tests: 64 + 24 images of 8x8 pixels in 3 classes that are easy to tell apart."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from lookbook.data import idx
from lookbook.data.dataset import Dataset, DataSpec, Validation, load
from lookbook.models.dense import Dense
from lookbook.study.recipe import Recipe
from lookbook.training.device import Engine, choose
from lookbook.training.spec import TrainSpec

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Tiny networks gain nothing from threads, and several test processes would fight for the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def empty_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_places(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    """No test depends on the user's settings; only those of Fashion-MNIST itself use the user's cache."""
    monkeypatch.delenv("LOOKBOOK_RUNS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # for processes that a test starts
    if request.node.get_closest_marker("real") is None:
        monkeypatch.delenv("LOOKBOOK_DATA", raising=False)
        monkeypatch.setenv("LOOKBOOK_CACHE", str(empty_cache))


def bright_blocks(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise (count, 8, 8) with a bright block whose place is the class, and the labels (count,), all of 3 classes."""
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
        idx.write(folder / f"{part}-images-idx3-ubyte", images)
        idx.write(folder / f"{part}-labels-idx1-ubyte", labels)
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
    return choose("cpu", "fp32")
