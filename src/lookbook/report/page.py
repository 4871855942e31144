"""From a study's results to one HTML page that needs nothing else: no network, no other file."""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from lookbook import __version__
from lookbook.data.dataset import Dataset, load
from lookbook.data.seal import Ledger
from lookbook.errors import LookbookError
from lookbook.evaluation.metrics import per_class_accuracy
from lookbook.evaluation.statistics import wilson
from lookbook.files import make_folder, write_atomic
from lookbook.report import figures, mistakes
from lookbook.report.pictures import Album
from lookbook.spec import Spec
from lookbook.study.estimate import clock
from lookbook.study.results import Results, Row, machines, percent

PER_CELL = 8  # images shown for a cell of the confusion matrix
PER_GALLERY = 24
PER_CLASS = 8  # examples of each class
SKIPPED_SHOWN = 20  # files of a data set that could not be used
MARKED_BELOW = 0.95  # per-class accuracies under this are marked
MOST_CLASSES = 25  # above, a confusion matrix is a list of its largest cells


def write(results: Results, out: Path, *, runs: Path, data_dir: Path | None = None) -> Path:
    """Draw the report into a file and return its path.

    The test part is opened once more for the images of mistakes, and that too is in the ledger.

    Raises LookbookError when no run is finished, the images cannot be had, or the file cannot be written.
    """
    if not any(row.runs for row in results.rows):
        raise LookbookError(
            f"No run of {results.plan.study.name} is finished; `lookbook run` with the same arguments makes them."
        )
    if out.is_dir():  # said before the test part is opened for it
        raise LookbookError(f"Cannot write {out}: it is a folder; --out takes a file.")
    make_folder(out.parent)
    ledger = Ledger(runs / f"{results.plan.study.name}.ledger.jsonl", results.plan.study.name)
    page = _environment().get_template("report.html").render(_context(results, ledger, data_dir))
    try:
        write_atomic(out, page)
    except OSError as error:
        raise LookbookError(f"Cannot write {out}: {error.strerror or error}.") from None
    return out


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lookbook.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "clock": clock, "count": lambda number: f"{number:,}"}
    return environment


def _context(results: Results, ledger: Ledger, data_dir: Path | None) -> dict[str, Any]:
    datasets: dict[str, _Shown] = {}  # by fingerprint: recipes of one study nearly always share theirs
    sections = []
    for row in results.rows:
        if not row.runs:
            continue
        recipe = results.plan.study.recipes[row.label]
        key = next(iter(row.runs.values())).facts.fingerprint
        if key not in datasets:
            dataset = load(recipe.data, data_dir=data_dir)
            test = dataset.test.open(ledger, "draw the report's images")
            datasets[key] = _Shown(dataset, Album(test.images), f"d{len(datasets)}")
        sections.append(_recipe(row, datasets[key]))
    study = results.plan.study
    return {
        "version": __version__,
        "study": study,
        "results": results,
        "answer": results.headline(),
        "accuracies": _accuracies(results),
        "sampling": _sampling(results),
        "grid": _grid(results),
        "recipes": sections,
        "per_class": [
            _per_class(shown, [s for s in sections if s["album"] == shown.key]) for shown in datasets.values()
        ],
        "marked_below": MARKED_BELOW,
        "data": [_data(shown) for shown in datasets.values()],
        "page_recipes": [
            {
                "classes": section["classes"],
                "seeds": section["row"].seeds,
                "cells": section["cells"],
                "largest": "{},{}".format(*section["pairs"][0][:2]) if section["pairs"] else "0,0",
            }
            for section in sections
        ],
        "albums": {shown.key: shown.album.uris for shown in datasets.values()},
        "openings": ledger.entries(),
        "reused": [run for row in results.rows for run in row.runs.values() if run.metrics["opened_by"] != study.name],
        "machines": machines(results),
        "settings": {label: settings(recipe) for label, recipe in study.recipes.items()},
        "networks": results.plan.summaries,
        "css": _asset("report.css"),
        "js": _asset("report.js"),
    }


@dataclass(frozen=True)
class _Shown:
    """A data set of the report, and its test images as far as the page shows them."""

    dataset: Dataset
    album: Album
    key: str


def _asset(name: str) -> str:
    return resources.files("lookbook.report").joinpath("templates", name).read_text(encoding="utf-8")


def _accuracies(results: Results) -> str:
    rows = [row for row in results.rows if row.test is not None]
    values = {row.label: [run.metrics["scores"]["test"]["accuracy"] for run in row.runs.values()] for row in rows}
    spreads = {row.label: row.test for row in rows if row.test is not None}
    return figures.svg(figures.accuracies(values, spreads), title="Test accuracy of each recipe, seed by seed")


def _grid(results: Results) -> str | None:
    """The heat map of a study that crosses two settings; the cell is chosen by validation, not by what it shows."""
    grid = results.plan.study.grid
    if grid is None:
        return None
    shape = (len(grid.row_names), len(grid.column_names))
    values, failed, validated = np.full(shape, np.nan), np.zeros(shape, bool), np.full(shape, -np.inf)
    for row in results.rows:
        place = grid.row_names.index(grid.cells[row.label][0]), grid.column_names.index(grid.cells[row.label][1])
        failed[place] = row.diverged == row.planned
        if row.test is not None:
            values[place] = row.test.mean
        if row.validation is not None:
            validated[place] = row.validation.mean
    best = np.unravel_index(int(validated.argmax()), shape) if np.isfinite(validated).any() else None
    figure = figures.heat_map(
        values,
        rows=(grid.rows, grid.row_names),
        columns=(grid.columns, grid.column_names),
        failed=failed,
        chosen=None if best is None else (int(best[0]), int(best[1])),
    )
    return figures.svg(figure, title=f"Test accuracy by {grid.rows} and {grid.columns}")


def _sampling(results: Results) -> dict[str, float]:
    """What one test set of this size leaves open, for the best mean accuracy."""
    best = max((row for row in results.rows if row.test is not None), key=lambda row: row.test.mean if row.test else 0)
    assert best.test is not None
    total = len(next(iter(best.runs.values())).predictions["test"])
    low, high = wilson(round(best.test.mean * total), total)
    return {"images": total, "points": 100 * (high - low) / 2}


def _recipe(row: Row, shown: _Shown) -> dict[str, Any]:
    seeds = [run.predictions["test"] for run in row.runs.values()]
    curves = [run.epochs for run in row.runs.values()]
    cells = mistakes.answers(seeds)
    matrix = mistakes.mean_confusion(seeds)
    album, classes = shown.album, shown.dataset.classes
    return {
        "row": row,
        "album": shown.key,
        "classes": classes,
        "curves": figures.svg(figures.learning_curves(curves), title=f"Learning curves of {row.label}"),
        "kept": _kept(row),
        "matrix": _matrix(matrix),
        "pairs": _largest(matrix, most=12),
        "as_list": len(classes) > MOST_CLASSES,
        "cells": {
            f"{label},{answer}": [[album.add(a.index), a.seeds, round(100 * a.confidence)] for a in found[:PER_CELL]]
            for (label, answer), found in cells.items()
        },
        "by_class": per_class_accuracy(matrix),
        "gallery": [(album.uris[album.add(a.index)], a) for a in mistakes.gallery(cells, most=PER_GALLERY)],
    }


def _kept(row: Row) -> str:
    """Which epoch's weights were scored, in words."""
    told = [run.metrics for run in row.runs.values()]
    epochs = ", ".join(str(m["kept_epoch"]) for m in told)
    which = "best" if told[0]["kept"] == "best" else "last"
    early = sum(m["stopped_early"] for m in told)
    stopped = f"; {early} of {len(told)} runs stopped early" if early else ""
    return f"Weights of the {which} epoch were scored (epoch {epochs}, seed by seed){stopped}."


def _matrix(matrix: np.ndarray) -> list[list[dict[str, Any]]]:
    """Numbers and shades of the cells; a shade grows with the root of the row's share, so that small errors show."""
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return [
        [
            {"text": _mean_count(matrix[i, j]), "shade": round(100 * float(np.sqrt(share[i, j]))), "right": i == j}
            for j in range(len(matrix))
        ]
        for i in range(len(matrix))
    ]


def _mean_count(value: float) -> str:
    if value == 0:
        return ""
    return f"{value:.0f}" if value >= 9.95 or value == int(value) else f"{value:.1f}"


def _largest(matrix: np.ndarray, *, most: int) -> list[tuple[int, int, str]]:
    """The confusions that happen most, (label, answer, mean count)."""
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)]
    return [(i, j, _mean_count(wrong[i, j])) for i, j in cells if wrong[i, j] > 0]


def _per_class(shown: _Shown, sections: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "dataset": shown.dataset.name,
        "labels": [section["row"].label for section in sections],
        "rows": [
            (name, [float(section["by_class"][number]) for section in sections])
            for number, name in enumerate(shown.dataset.classes)
        ],
    }


def _data(shown: _Shown) -> dict[str, Any]:
    dataset = shown.dataset
    album = Album(dataset.train.images)
    examples = []
    for number, name in enumerate(dataset.classes):
        indices = np.flatnonzero(dataset.train.labels == number)[:PER_CLASS]
        examples.append((name, [album.uris[album.add(int(index))] for index in indices]))
    counts = figures.label_counts(dataset.counts(), dataset.classes)
    return {
        "dataset": dataset,
        "counts": figures.svg(counts, title=f"Images per class in each split of {dataset.name}"),
        "examples": examples,
        "numbers": list(zip(dataset.classes, *dataset.counts().values(), strict=True)),
        "splits": list(dataset.counts()),
        "skipped": dataset.skipped[:SKIPPED_SHOWN],
    }


def settings(spec: Spec) -> dict[str, str]:
    """Every setting of a specification by its path, as --set would write it."""
    flat: dict[str, str] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for number, item in enumerate(value):
                walk(item, f"{path}.{number}")
        else:
            flat[path] = value if isinstance(value, str) else json.dumps(value)

    walk(spec.model_dump(mode="json"), "")
    return flat
