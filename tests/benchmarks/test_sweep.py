"""What Keras is asked to do in the comparison of a whole study."""

from pathlib import Path
from typing import Any

import pytest

from seedtrial.data.augment import Augment

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks" / "peers"


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import sweep

    return sweep


def test_keras_moves_images_as_far_as_we_do(sweep: Any) -> None:
    assert sweep.generator(Augment(rotation=40, shift=0.2, shear=0.1, zoom=0.3, flip=True)) == {
        "rotation_range": 40,
        "width_shift_range": 0.2,
        "height_shift_range": 0.2,
        "shear_range": 0.1,
        "zoom_range": 0.3,
        "horizontal_flip": True,
    }
