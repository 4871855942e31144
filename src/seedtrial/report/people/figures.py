"""Figures of people's answers: numbers in, matplotlib Figure out, in the style of all figures of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from seedtrial.human.outcomes import Times
from seedtrial.report.figures import BLUE, GREEN, INK, ORANGE, PINK, STYLE, blank, short

COLOURS = (BLUE, ORANGE, GREEN, PINK)
DASHES: tuple[Any, ...] = ("-", (0, (6, 1.5)), (0, (3, 1, 1, 1)))  # four players each: twelve are told apart
SETTLED = 20  # answers after which a cumulative accuracy is steady enough to choose the axis by


def cumulative(curves: Mapping[str, np.ndarray], mean: float | None) -> Figure:
    """Cumulative accuracy by number of answers, a line per player, the players' mean dashed.

    curves: player -> (n,) shares in [0, 1]
    mean:   of the players' accuracies; None for no line

    Source: Thingwall, Lunde and Borg 2019, figure 14.
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


def running(curves: Mapping[int, Mapping[str, np.ndarray]]) -> Figure:
    """Accuracy around each answer, a panel per window, a line per player.

    curves: window in answers -> player -> (n,) shares in [0, 1]

    Source: Thingwall, Lunde and Borg 2019, figure 17.
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
    """Seconds to an answer, median and quartiles: right answers above, wrong ones below, a row per class.

    rows: name -> times of right and of wrong answers, None where there are none
    """
    figure, (axis,) = blank(8.4, 1.3 + 0.42 * len(rows))
    with rc_context(STYLE):
        marks = (("right", BLUE, "o", -0.16), ("wrong", ORANGE, "s", 0.16))
        for side, (told, colour, marker, offset) in enumerate(marks):
            known = [(place, times[side]) for place, times in enumerate(rows.values()) if times[side] is not None]
            for place, times in known:
                assert times is not None
                axis.plot([times.lower, times.upper], [place + offset] * 2, color=colour, linewidth=2, alpha=0.7)
            medians = [times.median for _, times in known if times]
            places = [place + offset for place, _ in known]
            axis.plot(medians, places, marker, color=colour, markersize=6, label=told)
        axis.set_yticks(range(len(rows)), labels=[short(name, 24) for name in rows])
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_xlim(left=0)
        axis.set_xlabel("seconds to the answer (mark: median; bar: quartiles)")
        axis.grid(axis="y", visible=False)
        axis.legend(ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    return figure


def _lines(axis: Any, curves: Mapping[str, np.ndarray]) -> list[tuple[str, Any]]:
    """The players' lines with the name that the legend shows; more than can be told apart are one cloud."""
    if len(curves) > len(COLOURS) * len(DASHES):
        for curve in curves.values():
            places = np.arange(1, len(curve) + 1)
            (line,) = axis.plot(places, 100 * curve, color=BLUE, linewidth=0.7, alpha=0.5)
        return [(f"{len(curves)} players", line)]
    lines = []
    for number, (player, curve) in enumerate(curves.items()):
        style = DASHES[number // len(COLOURS) % len(DASHES)]
        colour = COLOURS[number % len(COLOURS)]
        marker = "o" if len(curve) == 1 else None
        (line,) = axis.plot(
            np.arange(1, len(curve) + 1), 100 * curve, ls=style, color=colour, linewidth=1.5, marker=marker
        )
        lines.append((f" {short(player, 24)}", line))  # a space: matplotlib hides names that begin with _
    return lines


def _legend(figure: Figure, lines: Sequence[tuple[str, Any]]) -> None:
    """Above the panels."""
    names, handles = zip(*lines, strict=True)
    columns = min(4 if max(map(len, names)) < 24 else 2, len(names))
    figure.legend(handles, names, loc="outside upper left", ncols=columns)


def curves_of(players: Sequence[str], curves: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Curves by player; two of the same name stay two."""
    named: dict[str, np.ndarray] = {}
    for player, curve in zip(players, curves, strict=True):
        named[player if player not in named else f"{player} ({len(named) + 1})"] = curve
    return named
