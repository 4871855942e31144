"""A folder of pictures to read."""

from pathlib import Path

import pytest

from fruit import fill


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    """train with 10 pictures per class, val with 2, test with 3, all 12 x 9 pixels."""
    for seed, (part, count) in enumerate({"train": 10, "val": 2, "test": 3}.items()):
        fill(tmp_path / "fruit" / part, count, seed=seed)
    return tmp_path / "fruit"
