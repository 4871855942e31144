"""The example of docs/convolution.md: its numbers are right, and its files are what the code draws."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from convolution_example import FILTER, IMAGE, convolved, draw_filter, drawings, dropped, pooled
from seedtrial.report.drawing import svg

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "convolution.md"


def by_hand(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    k = len(weights)
    patches = np.lib.stride_tricks.sliding_window_view(image, (k, k))
    return (patches * weights).sum(axis=(2, 3))


def test_the_filter_gives_sums_of_products() -> None:
    actual = convolved(IMAGE, FILTER, padding="valid")
    assert actual.tolist() == by_hand(IMAGE, FILTER).tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_padding_is_a_border_of_zeros() -> None:
    actual = convolved(IMAGE, FILTER, padding="same")
    assert actual.tolist() == by_hand(np.pad(IMAGE, 1), FILTER).tolist()
    assert actual[1:-1, 1:-1].tolist() == convolved(IMAGE, FILTER, padding="valid").tolist()


def test_pooling_keeps_the_largest_or_the_mean_and_drops_the_rest_at_the_edge() -> None:
    numbers = np.array([[1, 2, 9], [3, 6, 9], [9, 9, 9]], np.float32)
    assert pooled(numbers, "max", 2).tolist() == [[6]]
    assert pooled(numbers, "average", 2).tolist() == [[3]]


def test_dropout_drops_or_doubles_while_training_and_does_nothing_when_predicting() -> None:
    values = np.arange(1, 10, dtype=np.float32)
    first, second = dropped(values, 0.5, batches=2, seed=1)
    for batch in (first, second):
        assert set(batch / values) == {0.0, 2.0}
    assert not np.array_equal(first, second)
    assert dropped(values, 0.5, batches=1, seed=1, training=False)[0].tolist() == values.tolist()


def test_a_step_shows_the_numbers_computed_so_far() -> None:
    result = convolved(IMAGE, FILTER, padding="valid")
    figure = draw_filter(IMAGE, FILTER, result, steps=[(0, 1)])
    words = [text.get_text() for text in figure.axes[0].texts]
    assert "1·1 + 1·0 + 0·1 + 1·0 + 1·1 + 1·0 + 0·1 + 1·0 + 1·1 = 3" in words
    assert len([word for word in words if len(word) == 1 and word.isdigit()]) == 25 + 9 + 2


@pytest.mark.parametrize("name", ["filter", "padding", "pooling", "dropout"])
def test_a_figure_is_whole_readable_on_any_page_and_shown(name: str) -> None:
    figure, title = drawings()[name]
    root = ElementTree.fromstring(svg(figure, title=title))
    assert root.get("aria-label") == title
    background = root.findall(".//{*}path")[1]  # the first one is the figure itself, which is transparent
    assert "fill: #ffffff" in (background.get("style") or "")
    assert f"](images/convolution/{name}.svg)" in PAGE.read_text(encoding="utf-8")


def test_the_figures_and_sizes_of_the_page_are_what_the_code_draws() -> None:
    script = ROOT / "docs" / "draw_convolution.py"
    printed = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr
    drawn = {path.stem for path in (ROOT / "docs" / "images" / "convolution").iterdir()}
    assert drawn == drawings().keys()
