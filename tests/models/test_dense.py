"""The widths of a dense network are listed, or halve; never both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedtrial.errors import Wrong
from seedtrial.models.dense import Dense


def test_widths_halve_from_the_first() -> None:
    assert Dense(first=1024, layers=5).hidden == (1024, 512, 256, 128, 64)
    assert Dense(first=100, layers=3).hidden == (100, 50, 25)


def test_widths_are_taken_as_listed() -> None:
    model = Dense(widths=(5, 70, 5))
    assert model.hidden == (5, 70, 5)
    assert (model.first, model.layers) == (None, None)


@given(st.integers(1, 5000), st.integers(1, 10))
def test_the_narrowest_layer_has_at_least_one_unit_or_is_refused(first: int, layers: int) -> None:
    if first >= 2 ** (layers - 1):
        assert min(Dense(first=first, layers=layers).hidden) >= 1
    else:
        with pytest.raises(Wrong, match="cannot be halved"):
            Dense(first=first, layers=layers)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"widths": (3,), "first": 4}, "give either widths, or first and layers"),
        ({"widths": (3,), "layers": 4}, "give either widths, or first and layers"),
        ({"first": None}, "give either widths, or both first and layers"),
        ({"layers": None}, "give either widths, or both first and layers"),
        ({"widths": ()}, "at least 1 item"),
        ({"widths": (0,)}, "greater than or equal to 1"),
        ({"dropout": 1.0}, "less than 1"),
        ({"l2": -1e-4}, "greater than or equal to 0"),
        ({"activation": "gelu"}, "'relu', 'leaky_relu', 'tanh' or 'sigmoid'"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(Wrong, match=words):
        Dense(**settings)
