"""Draws figures of people's answers: numbers in, matplotlib Figure out, in the style of all reports."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from seedtrial.human.outcomes import Times
from seedtrial.report.drawing import BLUE, GREEN, INK, ORANGE, PINK, STYLE, blank, short

COLOURS = (BLUE, ORANGE, GREEN, PINK)
DASHES: tuple[Any, ...] = (
    "-",
    (0, (6, 1.5)),
    (0, (3, 1, 1, 1)),
)  # times four colours: twelve players
SETTLED = 20  # answers; a cumulative accuracy swings before that, so the axis is chosen from the rest


def cumulative_curves(curves: Mapping[str, np.ndarray], mean: float | None) -> Figure:
    """Cumulative accuracy by number of answers: a line per player, and the mean of the players dashed.

    curves: player -> (n,) accuracies in [0, 1]
    mean:   mean accuracy of the players; None draws no line

    Source: Thingwall, Lunde and Borg 2019, figure 14.

    >>> cumulative_curves({"Ada": np.array([1.0, 0.5, 2 / 3])}, mean=None).axes[0].get_xlabel()
    'answers'
    """
    figure, (axis,) = blank(8.4, 3.4)
    with rc_context(STYLE):
        lines = _lines(axis, curves)
        if mean is not None:
            line = axis.axhline(100 * mean, color=INK, ls="--", linewidth=1.3)
            lines.append((f"{'mean of players' if len(curves) > 1 else 'all answers'}, {100 * mean:.1f} %", line))
        lowest = min((float(curve[SETTLED:].min()) for curve in curves.values() if len(curve) > SETTLED), default=0)
        axis.set_ylim(max(0, 10 * np.floor(10 * lowest - 0.5)), 101)
        axis.set_ylabel("cumulative accuracy, %")
        axis.set_xlabel("answers")
        _legend(figure, lines)
    return figure


def running_curves(curves: Mapping[int, Mapping[str, np.ndarray]]) -> Figure:
    """Accuracy around each answer: a panel per window, a line per player.

    curves: window in answers -> player -> (n,) accuracies in [0, 1]

    Source: Thingwall, Lunde and Borg 2019, figure 17.

    >>> running_curves({50: {"Ada": np.array([0.9, 0.8, 0.85])}}).axes[0].get_ylabel()
    'accuracy, %, window 50'
    """
    figure, axes = blank(8.4, 0.8 + 2.3 * len(curves), rows=len(curves))
    with rc_context(STYLE):
        lines: list[tuple[str, Any]] = []
        lowest = min((float(curve.min()) for of in curves.values() for curve in of.values()), default=0)
        for axis, (window, of) in zip(axes, curves.items(), strict=True):
            lines = _lines(axis, of)
            axis.set_ylim(max(0, 10 * np.floor(10 * lowest)), 101)
            axis.set_ylabel(f"accuracy, %, window {window}")
        axes[-1].set_xlabel("answers")
        _legend(figure, lines)
    return figure


def response_times(rows: Mapping[str, tuple[Times | None, Times | None]]) -> Figure:
    """Median and quartiles of response times: a row per class, right answers above wrong ones.

    rows: class name -> times of right and of wrong answers; None if there are none

    >>> len(response_times({"boot": (Times(3, 0.8, 1.0, 1.5), None)}).axes)
    1
    """
    figure, (axis,) = blank(8.4, 1.3 + 0.42 * len(rows))
    with rc_context(STYLE):
        marks = (("right", BLUE, "o", -0.16), ("wrong", ORANGE, "s", 0.16))
        for side, (kind, colour, marker, offset) in enumerate(marks):
            known = [(row, times[side]) for row, times in enumerate(rows.values()) if times[side] is not None]
            for row, times in known:
                assert times is not None
                axis.plot([times.lower, times.upper], [row + offset] * 2, color=colour, linewidth=2, alpha=0.7)
            medians = [times.median for _, times in known if times]
            heights = [row + offset for row, _ in known]
            axis.plot(medians, heights, marker, color=colour, markersize=6, label=kind)
        axis.set_yticks(range(len(rows)), labels=[short(name, 24) for name in rows])
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_xlim(left=0)
        axis.set_xlabel("seconds to the answer (mark: median; bar: quartiles)")
        axis.grid(axis="y", visible=False)
        axis.legend(ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    return figure


def _lines(axis: Any, curves: Mapping[str, np.ndarray]) -> list[tuple[str, Any]]:
    """Draws a line per player; returns the legend's entries. Too many players to distinguish share one thin style."""
    if len(curves) > len(COLOURS) * len(DASHES):
        for curve in curves.values():
            (line,) = axis.plot(np.arange(1, len(curve) + 1), 100 * curve, color=BLUE, linewidth=0.7, alpha=0.5)
        return [(f"{len(curves)} players", line)]
    lines = []
    for number, (player, curve) in enumerate(curves.items()):
        style = DASHES[number // len(COLOURS) % len(DASHES)]
        colour = COLOURS[number % len(COLOURS)]
        marker = "o" if len(curve) == 1 else None
        (line,) = axis.plot(
            np.arange(1, len(curve) + 1), 100 * curve, ls=style, color=colour, linewidth=1.5, marker=marker
        )
        # The space is for matplotlib, which leaves labels that begin with _ out of the legend.
        lines.append((f" {short(player, 24)}", line))
    return lines


def _legend(figure: Figure, lines: Sequence[tuple[str, Any]]) -> None:
    """Puts the legend above the panels."""
    names, handles = zip(*lines, strict=True)
    columns = min(4 if max(map(len, names)) < 24 else 2, len(names))
    figure.legend(handles, names, loc="outside upper left", ncols=columns)


def curves_of(players: Sequence[str], curves: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Curves by player; a repeated name gets a number.

    >>> list(curves_of(["Ada", "Ada"], [np.ones(2), np.zeros(2)]))
    ['Ada', 'Ada (2)']
    """
    named: dict[str, np.ndarray] = {}
    for player, curve in zip(players, curves, strict=True):
        named[player if player not in named else f"{player} ({len(named) + 1})"] = curve
    return named
