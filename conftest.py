"""What holds for every test and every example in a docstring: one thread, no setting or cache of the user's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch


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
    monkeypatch.delenv("SEEDTRIAL_RUNS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # for processes that a test starts
    if request.node.get_closest_marker("real") is None:
        monkeypatch.delenv("SEEDTRIAL_DATA", raising=False)
        monkeypatch.setenv("SEEDTRIAL_CACHE", str(empty_cache))


@pytest.fixture(autouse=True)
def own_folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An example in a docstring writes into an empty folder, not into the one that pytest was started in."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))
