"""A few images to label, a store, and people who do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from conftest import bright_blocks
from lookbook.human.answers import Mode
from lookbook.human.session import Material, Playing, Rules, Sessions
from lookbook.human.store import Data, Store

CLASSES = ("left", "<script>alert(1)</script>", 'a "quoted" \u200fname')


@pytest.fixture
def material() -> Material:
    """60 grey images of 8x8 pixels, in three classes with awkward names."""
    images, labels = bright_blocks(60, seed=3)
    data = Data("f" * 64, "blocks", CLASSES, len(labels))
    return Material(data, images[:, None], labels.astype(np.int64))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs" / "play.sqlite")
    yield opened
    opened.close()


Begin = Callable[..., tuple[Sessions, Playing]]


@pytest.fixture
def begin(store: Store, material: Material) -> Begin:
    """Opens a session of a player."""

    def opened(name: str = "Ada", *, mode: Mode = "learn", images: int = 5, seed: int = 0) -> tuple[Sessions, Playing]:
        sessions = Sessions(store, material, Rules(mode, seed, images))
        player = store.player(name) or store.add_player(name)
        assert player is not None
        return sessions, sessions.open(player)

    return opened
