"""The page of one trained network: its first weights, and the output of every layer for some images.

F channels of a convolution or units of a dense layer, H x W pixels.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial import __version__
from seedtrial.files import check_output
from seedtrial.models.inside import Stage
from seedtrial.report import html
from seedtrial.report.explain.explanation import Explanation
from seedtrial.report.explain.feature_images import (
    Colours,
    colour_filter,
    picture,
    shrink_factor,
    shrunk,
    strip,
    strongest,
)
from seedtrial.spec import flattened

FILTERS = 64  # filters shown of the first layer
CHANNELS = 16  # channels shown per stage
UNITS = 4096  # units shown of a dense layer
ANSWERS = 5  # classes shown per image, most likely first
MOST_CLASSES = 25  # with more, the logits are a strip without names
WEIGHTS_WITHIN, MAPS_WITHIN = 0.98, 0.99  # share of the numbers that a shared colour scale covers
SIDES = (64, 32, 16)  # longest side of a map, pixels; a page that gets too heavy uses the next
MOST_BYTES = 1_500_000


def write_explanation(explanation: Explanation, out: Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """Draw the page into a file and return its path. Maps get smaller until the page has at most most_bytes.

    Raises SeedtrialError when the file cannot be written.
    """
    check_output(out, "--out", *html.PAGES)
    for side in SIDES:
        page = html.render("report/explain/templates/explain.html", _context(explanation, side))
        if len(page.encode()) <= most_bytes:
            break
    return html.save(page, out)


def _context(explanation: Explanation, side: int) -> dict[str, Any]:
    run = explanation.run
    return {
        "version": __version__,
        "run": run,
        "name": explanation.name,
        "kind": run.recipe.model.title,
        "source": Path(run.recipe.data.source).name,
        "validation": run.metrics.validation,
        "test": run.test.scores if run.test else None,
        "precision": run.machine.engine.precision,
        "first": _first(explanation, side),
        "images": [_image(explanation, number, side) for number in range(len(explanation.images))],
        "summary": run.recipe.model.summary(run.facts.shape, len(run.facts.classes)),
        "settings": flattened(run.recipe),
    }


def _first(explanation: Explanation, side: int) -> dict[str, Any]:
    """The first layer's filters, or its units' weights as images."""
    first = explanation.first
    weights, classes = first.weights, explanation.run.facts.classes
    chosen = sorted(strongest(weights, FILTERS))
    in_colour = weights.shape[1] == 3
    colours = Colours.of(weights[chosen], within=WEIGHTS_WITHIN)
    factor = shrink_factor(weights.shape[2:], side)
    of_classes = len(explanation.stages) == 1 and len(weights) == len(classes)  # the first layer is the last one too
    return {
        "layer": first.name,
        "slides": first.slides,
        "of_classes": of_classes,
        "all": len(weights),
        "size": weights.shape[2:],
        "colour": in_colour,
        "colours": colours,
        "tiles": [
            (
                classes[number] if of_classes else str(number),
                colour_filter(weights[number], side)
                if in_colour
                else colours.uri(shrunk(weights[number].mean(axis=0), factor)),
            )
            for number in chosen
        ],
    }


def _image(explanation: Explanation, number: int, side: int) -> dict[str, Any]:
    """An image, its most likely classes, and its maps stage by stage."""
    image, probs, classes = explanation.images[number], explanation.probs[number], explanation.run.facts.classes
    order = [int(answer) for answer in np.argsort(-probs, kind="stable")[:ANSWERS]]
    if image.label is not None and image.label not in order:
        order.append(image.label)
    drawn: list[dict[str, Any]] = []
    for stage in explanation.stages:
        values = stage.values[number]
        if values.ndim == 1:
            drawn.append(_units(stage, values))
        elif drawn and "_pool" in stage.layers[0]:  # same channels and colours as above, so that the two compare
            above = drawn[-1]
            drawn.append(_maps(stage, values, above["chosen"], above["colours"], side) | {"pools": True})
        else:
            colours = Colours.of(values, within=MAPS_WITHIN)
            drawn.append(_maps(stage, values, strongest(values, CHANNELS), colours, side))
    return {
        "name": image.name,
        "seen": image.seen,
        "uri": picture(image.pixels, 4 * side),
        "label": None if image.label is None else classes[image.label],
        "answers": [(classes[answer], 100 * float(probs[answer]), answer == image.label) for answer in order],
        "right": image.label == order[0],
        "stages": drawn,
        "logits": _logits(explanation.stages[-1].values[number], classes),
    }


def _maps(stage: Stage, values: np.ndarray, chosen: list[int], colours: Colours, side: int) -> dict[str, Any]:
    """A stage's feature maps (F, H, W): the chosen channels, all on one colour scale."""
    factor = shrink_factor(values.shape[1:], side)
    return {
        "layers": stage.layers,
        "shape": values.shape,
        "pools": False,
        "chosen": chosen,
        "colours": colours,
        "factor": factor,
        "silent": int((values == 0).all(axis=(1, 2)).sum()),
        "tiles": [(channel, colours.uri(shrunk(values[channel], factor))) for channel in chosen],
    }


def _units(stage: Stage, values: np.ndarray) -> dict[str, Any]:
    """A stage's units (F,) as a strip."""
    colours, cells = Colours.of(values), strip(values[:UNITS])
    return {
        "layers": stage.layers,
        "shape": values.shape,
        "colours": colours,
        "left_out": max(0, len(values) - UNITS),
        "columns": cells.shape[1],
        "silent": int((values == 0).sum()),
        "strip": colours.uri(cells),
        "units": len(values),
    }


def _logits(values: np.ndarray, classes: Sequence[str]) -> list[tuple[str, float, str]]:
    """Every class with its logit and a cell in its colour; empty for more than MOST_CLASSES."""
    if len(classes) > MOST_CLASSES:
        return []
    colours = Colours.of(values)
    return [(name, float(value), colours.uri(value[None, None])) for name, value in zip(classes, values, strict=True)]
