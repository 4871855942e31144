"""Figures of a report: numbers in, matplotlib Figure out. `drawing.svg` turns a Figure into a part of a page."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import EngFormatter, MaxNLocator, NullFormatter

from seedtrial.evaluation.statistics import Spread
from seedtrial.report.drawing import BLUE, GREEN, ORANGE, STYLE, blank, short


def learning_curves(curves: Sequence[Sequence[Mapping[str, float]]]) -> Figure:
    """Loss and accuracy by epoch: thin lines for seeds, thick lines for the mean; training dashed, validation solid.

    Rings mark the ten best epochs by mean validation, or the best one of ten or fewer.

    curves: one list of epochs per seed, each with epoch, loss, accuracy and, if validated, val_loss, val_accuracy

    >>> epochs = [{"epoch": 1, "loss": 0.7, "accuracy": 0.6}, {"epoch": 2, "loss": 0.5, "accuracy": 0.8}]
    >>> len(learning_curves([epochs]).axes)
    2
    """
    figure, axes = blank(8.4, 2.9, columns=2)
    with rc_context(STYLE):
        for axis, quantity, factor in zip(axes, ("loss", "accuracy"), (1, 100), strict=True):
            for prefix, name, colour, dash in (("", "training", BLUE, "--"), ("val_", "validation", ORANGE, "-")):
                lines = [[factor * e[prefix + quantity] for e in curve if prefix + quantity in e] for curve in curves]
                lines = [line for line in lines if line]
                if not lines:
                    continue
                for line in lines if len(lines) > 1 else ():
                    axis.plot(range(1, len(line) + 1), line, dash, color=colour, linewidth=0.7, alpha=0.6)
                longest = max(map(len, lines))
                mean = [float(np.mean([line[i] for line in lines if len(line) > i])) for i in range(longest)]
                marker = "o" if longest == 1 else None
                axis.plot(range(1, longest + 1), mean, dash, color=colour, linewidth=2.4, label=name, marker=marker)
                if prefix == "val_":
                    best = best_epochs(mean, largest=quantity == "accuracy")
                    name = f"best {len(best)} epochs" if len(best) > 1 else "best epoch"
                    ring = {"markersize": 7, "markerfacecolor": "none", "markeredgecolor": GREEN}
                    axis.plot(best, [mean[epoch - 1] for epoch in best], "o", label=name, **ring)
            axis.set_xlabel("epoch")
            axis.set_ylabel("loss" if quantity == "loss" else "accuracy, %")
            axis.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            axis.legend()
    return figure


def more_images(points: Sequence[tuple[int, float]]) -> Figure:
    """Accuracy by the number of training images, on a logarithmic axis.

    points: (images, accuracy in [0, 1]), the fewest images first

    >>> more_images([(100, 0.7), (1000, 0.9)]).axes[0].get_xscale()
    'log'
    """
    figure, (axis,) = blank(5.2, 2.9)
    images = [count for count, _ in points]
    with rc_context(STYLE):
        axis.plot(images, [100 * accuracy for _, accuracy in points], "o-", color=BLUE)
        axis.set_xscale("log")
        axis.set_xticks(images, [f"{count:,}" for count in images])
        axis.minorticks_off()
        axis.set_xlabel("training images")
        axis.set_ylabel("validation accuracy, %")
    return figure


def best_epochs(values: Sequence[float], *, largest: bool) -> list[int]:
    """The ten best epochs, counted from 1, in order; only the best one of ten or fewer.

    >>> best_epochs([0.5, 0.9, 0.8], largest=True)
    [2]
    """
    most = 10 if len(values) > 10 else 1
    order = np.argsort(-np.asarray(values) if largest else np.asarray(values), kind="stable")
    return sorted(int(index) + 1 for index in order[:most])


def accuracies(
    values: Mapping[str, Sequence[float]], spreads: Mapping[str, Spread], *, split: str = "test", dots: str = "seeds"
) -> Figure:
    """Accuracy of each recipe on a split: a dot per seed, or fold, the mean as a bar with its 95 % interval.

    values:  label -> accuracies in [0, 1], one per dot
    spreads: label -> their Spread
    dots:    what they are

    >>> accuracies({"conv": [0.89, 0.91]}, {"conv": Spread(2, 0.9, 0.014, 0.77, 1.0)}).axes[0].get_xlabel()[:16]
    'test accuracy, %'
    """
    figure, (axis,) = blank(8.4, 0.9 + 0.45 * len(values))
    with rc_context(STYLE):
        for row, (label, seeds) in enumerate(values.items()):
            known = spreads[label]
            if known.n > 1:
                axis.plot([100 * known.low, 100 * known.high], [row, row], color=BLUE, linewidth=2)
            axis.plot([100 * known.mean], [row], "|", color=BLUE, markersize=18, markeredgewidth=2.5)
            axis.plot([100 * v for v in seeds], [row] * len(seeds), "o", color=ORANGE, markersize=5, alpha=0.8)
        axis.set_yticks(range(len(values)), labels=[short(label) for label in values])
        axis.set_ylim(len(values) - 0.5, -0.5)
        axis.set_xlabel(f"{split} accuracy, % (dots: {dots}; bar: mean and 95 % interval)")
        axis.grid(axis="y", visible=False)
    return figure


def costs(accuracies: Sequence[float], costs: Mapping[str, Sequence[float]], *, split: str = "test") -> Figure:
    """Accuracy against cost, one panel per kind of cost; the numbers count the recipes from 1.

    The line joins the Pareto front.

    accuracies: one per recipe, in [0, 1]
    costs:      kind -> one positive number per recipe

    >>> costs([0.88, 0.9], {"parameters": [1_500_000, 100_000]}).axes[0].get_xlabel()
    'parameters'
    """
    figure, axes = blank(8.4, 3.4, columns=len(costs))
    percent = 100 * np.asarray(accuracies)
    with rc_context(STYLE):
        for axis, (kind, values) in zip(axes, costs.items(), strict=True):
            best = frontier(values, percent)
            axis.plot([values[i] for i in best], percent[best], "-", color=BLUE, linewidth=1.5)
            for i, (x, y) in enumerate(zip(values, percent, strict=True)):
                colour = BLUE if i in best else ORANGE
                axis.plot([x], [y], "o" if i in best else "s", color=colour, markersize=5)
                axis.annotate(str(i + 1), (x, y), (4, 3), textcoords="offset points", fontsize=8)
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter(EngFormatter(sep=""))  # 10k, 1M: the usual powers of ten would be mathtext
            axis.xaxis.set_minor_formatter(NullFormatter())
            if max(values) < 10 * min(values):  # powers of ten would leave one tick or none
                axis.xaxis.set_major_locator(MaxNLocator(4))
            axis.margins(x=0.12, y=0.08)
            axis.set_xlabel(kind)
        axes[0].set_ylabel(f"mean {split} accuracy, %")
    return figure


def frontier(costs: Sequence[float], values: Sequence[float] | np.ndarray) -> list[int]:
    """The Pareto front: indices whose value exceeds that of everything as cheap or cheaper, cheapest first.

    >>> frontier([1, 2, 3], [0.8, 0.7, 0.9])
    [0, 2]
    """
    front: list[int] = []
    for i in sorted(range(len(costs)), key=lambda i: (costs[i], -values[i])):
        if not front or values[i] > values[front[-1]]:
            front.append(i)
    return front


def label_counts(counts: Mapping[str, Sequence[int]], classes: Sequence[str]) -> Figure:
    """Images per class in each split, as a share of the split, so that splits of different size compare.

    counts: split -> images per class

    >>> label_counts({"train": [3, 4], "test": [1, 1]}, ["left", "right"]).axes[0].get_ylabel()
    'share of the split, %'
    """
    figure, (axis,) = blank(8.4, 3.0)
    width = 0.8 / len(counts)
    with rc_context(STYLE):
        for position, ((split, numbers), colour) in enumerate(zip(counts.items(), (BLUE, ORANGE, GREEN), strict=False)):
            share = 100 * np.asarray(numbers) / max(1, sum(numbers))
            x = np.arange(len(classes)) + (position - (len(counts) - 1) / 2) * width
            axis.bar(x, share, width, color=colour, label=f"{split} ({sum(numbers):,})")
        if len(classes) <= 25:
            axis.set_xticks(range(len(classes)), labels=[short(c) for c in classes], rotation=30, ha="right")
        axis.set_ylabel("share of the split, %")
        axis.grid(axis="x", visible=False)
        axis.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def heat_map(
    values: np.ndarray,
    *,
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
    failed: np.ndarray,
    chosen: tuple[int, int] | None,
) -> Figure:
    """Accuracy over two settings: a frame around the chosen cell, "diverged" in failed cells, missing cells empty.

    values: (R, C) accuracies in [0, 1], nan where there is none
    rows:   what differs from row to row, and the names of the R rows; columns likewise
    failed: (R, C) bool, cells whose runs all diverged

    >>> names = ["0.1", "0.01"]
    >>> none = np.zeros((2, 2), bool)
    >>> values, rows, columns = np.full((2, 2), 0.9), ("rate", names), ("decay", names)
    >>> heat_map(values, rows=rows, columns=columns, failed=none, chosen=(0, 1)).axes[0].get_ylabel()
    'rate'
    """
    height = 1.3 + 0.45 * len(rows[1])
    figure, (axis,) = blank(min(8.4, 2.6 + 0.95 * len(columns[1])), height)
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    with rc_context(STYLE):
        # Good cells lie close together next to one that failed to learn; the square spreads them.
        shade = np.clip((values - low) / max(high - low, 1e-9), 0, 1) ** 2
        axis.imshow(shade, cmap="Blues", vmin=0, vmax=1.35, aspect="auto")
        for r, c in np.ndindex(values.shape):
            if failed[r, c]:
                axis.text(c, r, "diverged", ha="center", va="center", fontsize=8, style="italic")
            elif not np.isnan(values[r, c]):
                ink = "white" if shade[r, c] > 0.75 else "black"
                axis.text(c, r, f"{100 * values[r, c]:.2f}", ha="center", va="center", color=ink)
        if chosen is not None:
            frame = Rectangle((chosen[1] - 0.5, chosen[0] - 0.5), 1, 1, fill=False, edgecolor=ORANGE, linewidth=3)
            axis.add_patch(frame)
        axis.set_xticks(range(len(columns[1])), labels=[short(name, 14) for name in columns[1]])
        axis.set_yticks(range(len(rows[1])), labels=[short(name, 18) for name in rows[1]])
        axis.set_xlabel(columns[0])
        axis.set_ylabel(rows[0])
        axis.grid(visible=False)
    return figure


def box_plot(groups: Mapping[str, Sequence[float]], *, setting: str, split: str = "test") -> Figure:
    """Accuracies of recipes, grouped by the value of a setting: quartiles, whiskers to the ends, and every point.

    groups:  value of the setting -> accuracies in [0, 1], one per recipe
    setting: what the groups differ in

    >>> box_plot({"adam": [0.88, 0.9], "sgd": [0.85]}, setting="training.optimiser.kind").axes[0].get_xlabel()
    'training.optimiser.kind'
    """
    figure, (axis,) = blank(min(8.4, 2.4 + 1.1 * len(groups)), 3.2)
    with rc_context(STYLE):
        for position, values in enumerate(groups.values()):
            points = 100 * np.asarray(values)
            lines = {"color": BLUE, "linewidth": 1.5}
            axis.boxplot(
                points, positions=[position], widths=0.5, whis=(0, 100), showfliers=False,
                boxprops=lines, whiskerprops=lines, capprops=lines, medianprops=lines | {"linewidth": 3},
            )  # fmt: skip
            spread_out = position + np.linspace(-0.12, 0.12, len(points)) if len(points) > 1 else [position]
            axis.plot(spread_out, points, "o", color=ORANGE, markersize=5, alpha=0.8)
        names = [f"{short(name, 18)}\n({len(values)})" for name, values in groups.items()]
        axis.set_xticks(range(len(groups)), labels=names)
        axis.set_xlim(-0.6, len(groups) - 0.4)
        axis.set_xlabel(setting)
        axis.set_ylabel(f"mean {split} accuracy, %")
        axis.grid(axis="x", visible=False)
    return figure
