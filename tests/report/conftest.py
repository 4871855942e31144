"""What the tests of pages need."""

from pathlib import Path

import numpy as np
import pytest

from chromium import browse
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.seal import Ledger

__all__ = ["browse"]


@pytest.fixture
def labels(idx_folder: Path, tmp_path: Path) -> np.ndarray:
    return load(DataSpec(source=str(idx_folder))).test.open(Ledger(tmp_path, "t"), "test").labels
