"""Convolution, padding, pooling and dropout on one small example: numbers by seedtrial's own layers, and their figures.

H x W numbers, a filter of k x k weights. Figures are laid out in cells of one number each; nothing depends on the size
that a font happens to have, so that the same numbers give the same bytes.

Source: Thingwall, Lunde and Borg 2019, Image Classification with Neural Networks, equation 1 and figures 1 to 3. The
image of figure 1 is not legible in the report's text; IMAGE is the one that this example usually has.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import nn

from seedtrial.models.chain import Chain
from seedtrial.report.drawing import BLUE, GREEN, INK, ORANGE, PINK, STYLE

IMAGE = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], np.float32)
FILTER = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float32)
DRAW = 5  # a seed whose first two batches drop about half of nine units
CELL = 0.42  # inches
Padding = Literal["same", "valid"]
Pool = Literal["max", "average"]


@torch.inference_mode()
def convolved(image: np.ndarray, weights: np.ndarray, *, padding: Padding) -> np.ndarray:
    """What a convolution with this filter (k, k) and no bias gives: (H, W) -> (H', W')."""
    chain = Chain((1, *image.shape))
    chain.conv(1, len(weights), padding=padding)
    network = chain.network(torch.Generator())
    network.layers["conv1"].get_parameter("weight").copy_(torch.from_numpy(weights))
    return _through(network.layers, image[None, None])[0, 0]


@torch.inference_mode()
def pooled(numbers: np.ndarray, kind: Pool, size: int) -> np.ndarray:
    """What pooling gives: (H, W) -> (H // size, W // size)."""
    chain = Chain((1, *numbers.shape))
    chain.pool(kind, size)
    return _through(chain.network(torch.Generator()).layers, numbers[None, None])[0, 0]


@torch.inference_mode()
def dropped(values: np.ndarray, rate: float, *, batches: int, seed: int, training: bool = True) -> np.ndarray:
    """What dropout makes of the same numbers (F,) in one batch after the other, (batches, F)."""
    chain = Chain(values.shape)
    chain.dropout(rate)
    network = chain.network(torch.Generator()).train(training)
    generator = torch.Generator().manual_seed(seed)
    for layer in network.dropouts():
        layer.generator = generator
    return np.concatenate([_through(network.layers, values[None]) for _ in range(batches)])


def _through(layers: nn.ModuleDict, numbers: np.ndarray) -> np.ndarray:
    x = torch.from_numpy(np.ascontiguousarray(numbers, np.float32))
    for layer in layers.values():
        x = layer(x)
    return x.numpy()


def draw_filter(
    image: np.ndarray, weights: np.ndarray, result: np.ndarray, *, steps: Sequence[tuple[int, int]]
) -> Figure:
    """A filter sliding over an image: a row of the figure for each step (y, x), with the numbers found so far.

    image: (H, W); weights: (k, k); result: (H - k + 1, W - k + 1)
    """
    (height, width), k = image.shape, len(weights)
    right, row_height = width + k + 4.5, height + 2.3
    figure, axis = _canvas(right + result.shape[1] + 0.5, len(steps) * row_height + 0.2)
    for row, (y, x) in enumerate(steps):
        top = 1.2 + row * row_height
        titles = ("", "", "") if row else ("image", "filter", "feature map")
        middle = top + (height - k) / 2
        _numbers(axis, image, (0.5, top), title=titles[0])
        _window(axis, (0.5 + x, top + y), k, ORANGE)
        for dy, dx in np.ndindex(weights.shape):
            corner = (0.5 + x + dx + 0.88, top + y + dy + 0.86)
            axis.text(*corner, f"×{weights[dy, dx]:g}", ha="right", fontsize=7, color=ORANGE)
        if row and (y, x - 1) == steps[row - 1]:  # one stride to the right
            _window(axis, (0.5 + x - 1, top + y), k, INK, dashed=True)
            _arrow(axis, (0.5 + x - 1 + k / 2, top - 0.25), (0.5 + x + k / 2, top - 0.25))
            axis.text(0.7 + x + k / 2, top - 0.25, "stride 1", va="center", fontsize=9)
        _sign(axis, width + 1.25, top + height / 2, "∗")
        _numbers(axis, weights, (width + 2, middle), title=titles[1], tint=ORANGE)
        _sign(axis, width + k + 3.25, top + height / 2, "=")
        found = [place for place in np.ndindex(result.shape) if place <= (y, x)]
        _numbers(axis, result, (right, middle), title=titles[2], tint=BLUE, only=found)
        _window(axis, (right + x, middle + y), 1, ORANGE)
        patch = image[y : y + k, x : x + k]
        sums = " + ".join(f"{a:g}·{b:g}" for a, b in zip(patch.ravel(), weights.ravel(), strict=True))
        axis.text(0.5, top + height + 0.5, f"{sums} = {result[y, x]:g}", fontsize=9, va="center")
    return figure


def draw_padding(image: np.ndarray, weights: np.ndarray, result: np.ndarray) -> Figure:
    """An image with a border of zeros, the filter in its first place, and a result as large as the image.

    image: (H, W); weights: (k, k) with k odd; result: (H, W)
    """
    around, k, top = len(weights) // 2, len(weights), 1.2
    padded = np.pad(image, around)
    (height, width), right = padded.shape, padded.shape[1] + k + 4.5
    figure, axis = _canvas(right + result.shape[1] + 0.5, height + 1.7)
    _numbers(axis, padded, (0.5, top), title="image with a border of zeros")
    for place in np.ndindex(padded.shape):
        if not all(around <= p < size - around for p, size in zip(place, padded.shape, strict=True)):
            _fill(axis, (0.5 + place[1], top + place[0]), INK, 0.12)
    _window(axis, (0.5, top), k, ORANGE)
    _sign(axis, width + 1.25, top + height / 2, "∗")
    _numbers(axis, weights, (width + 2, top + (height - k) / 2), title="filter", tint=ORANGE)
    _sign(axis, width + k + 3.25, top + height / 2, "=")
    _numbers(axis, result, (right, top + around), title="feature map", tint=BLUE)
    _window(axis, (right, top + around), 1, ORANGE)
    return figure


def draw_pooling(numbers: np.ndarray, results: dict[Pool, np.ndarray], size: int) -> Figure:
    """Squares of a feature map in four colours, and the number that each kind of pooling makes of each.

    numbers: (H, W); results: kind -> (H // size, W // size)
    """
    (height, width), top = numbers.shape, 1.2
    rows, columns = next(iter(results.values())).shape
    apart = columns + 2.2
    figure, axis = _canvas(width + 2.7 + len(results) * apart, height + 1.7)
    colours = (BLUE, ORANGE, GREEN, PINK)
    _numbers(axis, numbers, (0.5, top), title="feature map")
    for y, x in np.ndindex(numbers.shape):
        if y < rows * size and x < columns * size:
            _fill(axis, (0.5 + x, top + y), colours[(y // size * columns + x // size) % 4], 0.3)
        else:  # the rest at the edge
            _fill(axis, (0.5 + x, top + y), INK, 0.12)
    _arrow(axis, (width + 1, top + height / 2), (width + 2.2, top + height / 2))
    for place, (kind, result) in enumerate(results.items()):
        start = (width + 3 + place * apart, top + (height - rows) / 2)
        _numbers(axis, result, start, title=f"{kind} pooling")
        for y, x in np.ndindex(result.shape):
            _fill(axis, (start[0] + x, start[1] + y), colours[(y * columns + x) % 4], 0.3)
    return figure


def draw_dropout(values: np.ndarray, batches: np.ndarray, predicting: np.ndarray) -> Figure:
    """The units of a layer in several batches of training, the dropped ones crossed out, and when predicting.

    values: (F,); batches: (B, F); predicting: (F,)
    """
    rows = [("activations", values), *((f"training, batch {n}", row) for n, row in enumerate(batches, 1))]
    rows.append(("predicting", predicting))
    figure, axis = _canvas(5.7 + len(values), 1.4 * len(rows) + 0.4)
    for number, (name, row) in enumerate(rows):
        top = 0.4 + 1.4 * number
        axis.text(4.9, top + 0.5, name, ha="right", va="center", fontsize=10)
        kept = [(0, place) for place in range(len(row)) if row[place] or not values[place]]
        _numbers(axis, row[None], (5.2, top), tint=BLUE, only=kept)
        for place in set(range(len(row))) - {column for _, column in kept}:
            _fill(axis, (5.2 + place, top), INK, 0.12)
            for ends in ((top, top + 1), (top + 1, top)):
                axis.plot([5.2 + place, 6.2 + place], ends, color=ORANGE, linewidth=1.5)
    return figure


def drawings() -> dict[str, tuple[Figure, str]]:
    """The figures of docs/convolution.md by the name of their file, each with its title."""
    valid, same = (convolved(IMAGE, FILTER, padding=padding) for padding in ("valid", "same"))
    pools: dict[Pool, np.ndarray] = {kind: pooled(same, kind, 2) for kind in ("max", "average")}
    values = valid.ravel()
    batches = dropped(values, 0.5, batches=2, seed=DRAW)
    predicting = dropped(values, 0.5, batches=1, seed=DRAW, training=False)[0]
    last = (valid.shape[0] - 1, valid.shape[1] - 1)
    return {
        "filter": (
            draw_filter(IMAGE, FILTER, valid, steps=[(0, 0), (0, 1), last]),
            "A 3x3 filter slides over a 5x5 image and gives a 3x3 feature map",
        ),
        "padding": (
            draw_padding(IMAGE, FILTER, same),
            "With a border of zeros the feature map is as large as the image",
        ),
        "pooling": (draw_pooling(same, pools, 2), "Max and average pooling of 2x2 squares"),
        "dropout": (draw_dropout(values, batches, predicting), "Dropout of half the units in two batches"),
    }


def _canvas(width: float, height: float) -> tuple[Figure, Any]:
    """A white figure of width x height cells, y downwards; white, so that it can be read on any page."""
    with rc_context(STYLE):
        figure = Figure(figsize=(width * CELL, height * CELL))
        axis = figure.add_axes((0, 0, 1, 1))
    axis.set_xlim(0, width)
    axis.set_ylim(height, 0)
    axis.axis("off")
    axis.add_patch(Rectangle((0, 0), width, height, facecolor="white", zorder=-1))
    return figure, axis


def _numbers(
    axis: Any,
    numbers: np.ndarray,
    start: tuple[float, float],
    *,
    title: str = "",
    tint: str | None = None,
    only: Sequence[tuple[int, int]] | None = None,
) -> None:
    """A grid of numbers (H, W) with its upper left corner at start (x, y); `only` some of them are filled in."""
    x, y = start
    for row, column in np.ndindex(numbers.shape):
        shown = only is None or (row, column) in only
        if tint and shown:
            _fill(axis, (x + column, y + row), tint, 0.15)
        axis.add_patch(Rectangle((x + column, y + row), 1, 1, fill=False, edgecolor=INK, linewidth=0.8))
        if shown:
            number = f"{numbers[row, column]:g}"
            middle = (x + column + 0.5, y + row + 0.5)
            axis.text(*middle, number, ha="center", va="center", fontsize=12 if len(number) < 3 else 9)
    axis.text(x, y - 0.35, title, fontsize=10)


def _fill(axis: Any, start: tuple[float, float], colour: str, alpha: float) -> None:
    axis.add_patch(Rectangle(start, 1, 1, facecolor=colour, alpha=alpha, linewidth=0))


def _window(axis: Any, start: tuple[float, float], size: int, colour: str, *, dashed: bool = False) -> None:
    style: dict[str, Any] = {"linestyle": (0, (3, 2)), "linewidth": 1.2} if dashed else {"linewidth": 3}
    axis.add_patch(Rectangle(start, size, size, fill=False, edgecolor=colour, zorder=3, **style))


def _sign(axis: Any, x: float, y: float, sign: str) -> None:
    axis.text(x, y, sign, ha="center", va="center", fontsize=16)


def _arrow(axis: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    arrow = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=INK, shrinkA=0, shrinkB=0)
    axis.add_patch(arrow)
