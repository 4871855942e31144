"""Figures are functions of numbers; their SVG belongs to any page."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from seedtrial.evaluation.statistics import spread
from seedtrial.report import figures
from seedtrial.report.drawing import INK, svg

CURVE = [
    {"epoch": 1, "loss": 0.9, "accuracy": 0.6, "val_loss": 0.8, "val_accuracy": 0.7},
    {"epoch": 2, "loss": 0.5, "accuracy": 0.8, "val_loss": 0.6, "val_accuracy": 0.75},
]


def drawn(figure: Figure, title: str = "t") -> ElementTree.Element:
    return ElementTree.fromstring(svg(figure, title=title))


def test_learning_curves_draw_every_seed_thin_and_the_mean_thick() -> None:
    figure = figures.learning_curves([CURVE, CURVE[:1]])  # the second seed stopped early
    for axis in figure.axes:
        widths = sorted(line.get_linewidth() for line in axis.lines if line.get_marker() != "o")
        assert widths == [0.7, 0.7, 0.7, 0.7, 2.4, 2.4]
    loss, accuracy = figure.axes
    assert list(loss.lines[2].get_ydata()) == [0.9, 0.5]
    assert list(accuracy.lines[5].get_ydata()) == [70, 75]  # per cent, mean over the seeds that got so far


def test_learning_curves_without_validation_show_training_alone() -> None:
    bare = [{key: value for key, value in epoch.items() if not key.startswith("val_")} for epoch in CURVE]
    for axis in figures.learning_curves([bare]).axes:
        assert [text.get_text() for text in axis.get_legend().get_texts()] == ["training"]


def test_learning_curves_ring_the_ten_best_epochs_or_the_best_of_few() -> None:
    assert figures.best_epochs([0.5, 0.9, 0.7], largest=True) == [2]
    values = [1.0, 0.9, 0.1, 0.8, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.15, 0.25]
    assert figures.best_epochs(values, largest=False) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    loss, accuracy = figures.learning_curves([CURVE]).axes
    assert [list(axis.lines[-1].get_xdata()) for axis in (loss, accuracy)] == [[2], [2]]
    assert [list(axis.lines[-1].get_ydata()) for axis in (loss, accuracy)] == [[0.6], [75]]


def test_a_box_plot_has_every_point() -> None:
    axis = figures.box_plot({"0.0": [0.5, 0.6, 0.9], "0.2": [0.7]}, setting="model.dropout").axes[0]
    points = [sorted(line.get_ydata()) for line in axis.lines if line.get_marker() == "o"]
    assert points == [[50, 60, 90], [70]]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0.0\n(3)", "0.2\n(1)"]


def test_only_coordinates_are_rounded() -> None:
    text = svg(figures.accuracies({"rate 0.0001234": [0.5]}, {"rate 0.0001234": spread([0.5])}), title="0.98765")
    assert "rate 0.0001234" in text and 'aria-label="0.98765"' in text
    assert not any(
        len(digits) > 2 for path in re.findall(r' d="([^"]*)"', text) for digits in re.findall(r"\.(\d+)", path)
    )


def test_a_single_seed_has_a_dot_but_no_interval() -> None:
    figure = figures.accuracies({"one": [0.5]}, {"one": spread([0.5])})
    marks = [line.get_marker() for line in figure.axes[0].lines]
    assert marks == ["|", "o"]
    assert not any(math.isnan(x) for line in figure.axes[0].lines for x in line.get_xdata())


def test_label_counts_are_shares_of_their_split() -> None:
    figure = figures.label_counts({"train": [30, 10], "test": [1, 1]}, ["a", "b"])
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [75, 25, 50, 50]


def test_names_are_literal_text_in_the_svg() -> None:
    name = '<script>alert(1)</script> $x^2$ & "q"'
    figure = figures.accuracies({name: [0.5, 0.6]}, {name: spread([0.5, 0.6])})
    text = svg(figure, title=name)
    assert "<script" not in text
    root = ElementTree.fromstring(text)  # well-formed
    assert root.get("aria-label") == name
    shown = "".join(root.itertext())
    assert "<script>alert(1)</script> $x" in shown


def test_svg_takes_its_ink_from_the_page_and_is_the_same_each_time() -> None:
    first = svg(figures.learning_curves([CURVE]), title="t")
    assert "currentColor" in first and INK not in first
    assert "<metadata>" not in first and "<?xml" not in first
    assert first == svg(figures.learning_curves([CURVE]), title="t")


def test_a_heat_map_frames_the_chosen_cell_and_names_failed_ones() -> None:
    values = np.array([[0.9, np.nan], [0.85, np.nan]])
    failed = np.array([[False, True], [False, False]])
    figure = figures.heat_map(
        values, rows=("rate", ["a", "b"]), columns=("batch", ["8", "64"]), failed=failed, chosen=(1, 0)
    )
    axis = figure.axes[0]
    assert sorted(text.get_text() for text in axis.texts) == ["85.00", "90.00", "diverged"]
    (frame,) = axis.patches
    assert frame.get_xy() == (-0.5, 0.5)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("batch", "rate")


def test_costs_number_the_recipes_and_join_those_that_no_cheaper_one_reaches() -> None:
    figure = figures.costs([0.9, 0.85, 0.95, 0.9], {"parameters": [100, 10, 1000, 50], "seconds": [1, 2, 3, 4]})
    first, second = figure.axes
    assert [text.get_text() for text in first.texts] == ["1", "2", "3", "4"]
    assert list(first.lines[0].get_xdata()) == [10, 50, 1000]  # 90 % can be had for 50
    assert list(second.lines[0].get_ydata()) == [90, 95]
    assert first.get_xscale() == "log"


@pytest.mark.parametrize(
    ("costs", "values", "expected"),
    [
        ([1.0, 2.0, 3.0], [0.5, 0.4, 0.6], [0, 2]),
        ([1.0, 1.0], [0.5, 0.6], [1]),  # as dear, and better
        ([2.0, 1.0], [0.5, 0.5], [1]),  # as good, and cheaper
        ([7.0], [0.1], [0]),
    ],
)
def test_on_the_frontier_nothing_cheaper_is_as_good(
    costs: list[float], values: list[float], expected: list[int]
) -> None:
    assert figures.frontier(costs, values) == expected


def test_names_in_any_script_are_drawn_without_a_warning() -> None:
    assert "日本語" in svg(figures.label_counts({"train": [1, 2]}, ["日本語", "b"]), title="t")
