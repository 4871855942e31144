"""Figures of people's answers are functions of numbers."""

from xml.etree import ElementTree

import numpy as np
import pytest

from seedtrial.human.outcomes import Times
from seedtrial.report.drawing import BLUE, svg
from seedtrial.report.people import figures as people_figures

CURVES = {"ann": np.array([1, 0.5, 2 / 3]), "_ben": np.array([0, 0.5])}


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def test_cumulative_accuracy_has_a_line_per_player_and_their_mean_dashed() -> None:
    figure = people_figures.cumulative_curves(CURVES, 0.58)
    ann, ben, mean = figure.axes[0].lines
    assert list(ann.get_xdata()) == [1, 2, 3] and list(ann.get_ydata()) == pytest.approx([100, 50, 200 / 3])
    assert list(ben.get_ydata()) == [0, 50]
    assert mean.get_linestyle() == "--" and list(mean.get_ydata()) == pytest.approx([58, 58])
    text = words(svg(figure, title="t"))
    assert " ann" in text and " _ben" in text and "mean of players, 58.0 %" in text


def test_one_player_has_no_mean_and_one_answer_is_a_dot() -> None:
    axis = people_figures.cumulative_curves({"ann": np.array([1.0])}, None).axes[0]
    assert len(axis.lines) == 1 and axis.lines[0].get_marker() == "o"


def test_the_unsteady_beginning_does_not_choose_the_axis() -> None:
    steady = np.r_[np.zeros(20), np.full(50, 0.8)]
    assert people_figures.cumulative_curves({"ann": steady}, None).axes[0].get_ylim()[0] == 70


def test_running_accuracy_has_a_panel_per_window() -> None:
    figure = people_figures.running_curves({50: CURVES, 20: CURVES})
    assert [axis.get_ylabel() for axis in figure.axes] == ["accuracy, %, window 50", "accuracy, %, window 20"]
    assert all(len(axis.lines) == 2 for axis in figure.axes)


def test_twelve_players_have_colours_of_their_own_and_more_are_a_cloud() -> None:
    many = {f"player {number}": np.array([1.0, 0.5]) for number in range(12)}
    figure = people_figures.cumulative_curves(many, 0.5)
    styles = {(line.get_color(), line.get_linestyle(), str(line._dash_pattern)) for line in figure.axes[0].lines[:12]}
    assert len(styles) == 12 and len(figure.legends[0].get_texts()) == 13
    cloud = people_figures.cumulative_curves(many | {"one more": np.array([1.0])}, 0.5)
    assert {line.get_color() for line in cloud.axes[0].lines[:13]} == {BLUE}
    assert [text.get_text() for text in cloud.legends[0].get_texts()] == ["13 players", "mean of players, 50.0 %"]


def test_response_times_are_median_and_quartiles_of_right_and_wrong() -> None:
    rows = {"coat": (Times(9, 1.0, 2.0, 3.0), Times(2, 4.0, 5.0, 6.0)), "bag": (Times(1, 1.5, 1.5, 1.5), None)}
    axis = people_figures.response_times(rows).axes[0]
    marks = {line.get_label(): list(line.get_xdata()) for line in axis.lines if line.get_marker() != "None"}
    assert marks == {"right": [2.0, 1.5], "wrong": [5.0]}
    bars = [list(line.get_xdata()) for line in axis.lines if line.get_marker() == "None"]
    assert bars == [[1.0, 3.0], [1.5, 1.5], [4.0, 6.0]]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["coat", "bag"]


def test_players_of_the_same_name_stay_two() -> None:
    one = np.array([1.0])
    assert list(people_figures.curves_of(["ann", "ben", "ann"], [one, one, one])) == ["ann", "ben", "ann (3)"]


def test_names_are_shown_literally() -> None:
    drawn = svg(people_figures.cumulative_curves({"<b>$x$</b>": np.array([1.0, 0.5])}, None), title="t")
    assert "<b>" not in drawn and " <b>$x$</b>" in words(drawn)
