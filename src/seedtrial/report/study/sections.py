"""The sections of a report: their values and figures, ready for the template.

K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedtrial.claims.observed import JudgedOn
from seedtrial.data.dataset import Dataset
from seedtrial.evaluation.metrics import accuracy, class_scores, per_class_accuracy
from seedtrial.evaluation.statistics import wilson
from seedtrial.report import figures
from seedtrial.report.drawing import svg
from seedtrial.report.pictures import Album
from seedtrial.report.study import mistakes
from seedtrial.report.study.lookalikes import confused_pairs, lookalikes
from seedtrial.report.study.matrix import largest_confusions, matrix_cells
from seedtrial.spec import flattened
from seedtrial.study.published import Published, PublishedMatrix
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import Results

PER_CELL = 8  # images shown per cell of a confusion matrix
PER_GALLERY = 24
IMAGES = 900  # misclassified images and the like per page, all recipes together; 100 of them take 75 kB
PER_CLASS = 8  # examples of each class
PAIRS_OF_CLASSES = 4  # class pairs whose look-alikes are shown
PER_PAIR = 6  # look-alikes shown per class pair
SKIPPED_SHOWN = 20  # unusable files that are named
LEAST_SIZES = 4  # different network sizes that make a figure of accuracy against cost worthwhile
MARKED_BELOW = 0.95  # lower per-class accuracies are marked
MOST_CLASSES = 25  # with more, a confusion matrix becomes a list of its largest cells


@dataclass(frozen=True)
class ReportedDataset:
    """A data set of the report.

    split: the split that the study is judged on
    album: those images of the split that the page shows
    """

    dataset: Dataset
    album: Album
    key: str
    split: JudgedOn = "test"


def accuracy_figure(results: Results) -> str:
    """The figure of every recipe's accuracies, seed by seed."""
    rows = [row for row in results.rows if row.judged is not None]
    values = {
        row.label: [accuracy(part.predictions) for seen in row.observed.values() for part in seen.parts] for row in rows
    }
    spreads = {row.label: row.judged for row in rows if row.judged is not None}
    dots = "folds" if results.plan.study.folds else "seeds"
    return svg(
        figures.accuracies(values, spreads, split=results.split, dots=dots),
        title=f"{results.split.capitalize()} accuracy of each recipe, {dots[:-1]} by {dots[:-1]}",
    )


def sampling(results: Results) -> dict[str, float]:
    """How far another set of images of this size would move the best mean accuracy, in points."""
    scored = [(row.judged.mean, row) for row in results.rows if row.judged is not None]
    mean, best = max(scored, key=lambda pair: pair[0])
    total = len(best.predictions[0])
    low, high = wilson(round(mean * total), total)
    return {"images": total, "points": 100 * (high - low) / 2}


def heat_map_figure(results: Results) -> str | None:
    """The heat map of a study that crosses two settings; the cell is chosen by validation, not by what it shows.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> heat_map_figure(results(plan(load_study("quickstart"), Path("no-such-folder")))) is None
    True
    """
    table = results.plan.study.table
    if table is None:
        return None
    shape = (len(table.row_names), len(table.column_names))
    values, failed, validated = np.full(shape, np.nan), np.zeros(shape, bool), np.full(shape, -np.inf)
    for row in results.rows:
        down, across = table.cells[row.label]
        cell = table.row_names.index(down), table.column_names.index(across)
        failed[cell] = row.diverged == row.planned
        if row.judged is not None:
            values[cell] = row.judged.mean
        if row.validation is not None:
            validated[cell] = row.validation.mean
    best = np.unravel_index(int(validated.argmax()), shape) if np.isfinite(validated).any() else None
    figure = figures.heat_map(
        values,
        rows=(table.rows, table.row_names),
        columns=(table.columns, table.column_names),
        failed=failed,
        chosen=None if best is None else (int(best[0]), int(best[1])),
    )
    return svg(figure, title=f"{results.split.capitalize()} accuracy by {table.rows} and {table.columns}")


def box_plot_figure(results: Results) -> str | None:
    """The recipes' mean accuracies by the setting that the study groups them by.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> box_plot_figure(results(plan(load_study("quickstart"), Path("no-such-folder")))) is None
    True
    """
    setting = results.plan.study.grouped_by
    if setting is None:
        return None
    groups: dict[str, list[float]] = {}
    for row in results.rows:
        value = flattened(results.plan.study.recipes[row.label]).get(setting)
        if value is not None and row.judged is not None:
            groups.setdefault(value, []).append(row.judged.mean)
    if not groups:
        return None
    return svg(
        figures.box_plot(groups, setting=setting, split=results.split),
        title=f"Mean {results.split} accuracies by {setting}",
    )


def cost_figure(results: Results) -> dict[str, Any] | None:
    """Accuracy against size and time; None when fewer than LEAST_SIZES networks differ in size.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> cost_figure(results(plan(load_study("quickstart"), Path("no-such-folder")))) is None
    True
    """
    rows = [row for row in results.rows if row.judged is not None]
    if len({row.multiply_adds for row in rows}) < LEAST_SIZES:
        return None
    kinds: dict[str, list[float]] = {
        "parameters": [row.parameters for row in rows],
        "multiply-adds per image": [row.multiply_adds for row in rows],
        "seconds of training": [row.seconds_training.mean for row in rows if row.seconds_training],
    }
    figure = figures.costs([row.judged.mean for row in rows if row.judged], kinds, split=results.split)
    return {
        "figure": svg(
            figure, title=f"{results.split.capitalize()} accuracy by parameters, multiply-adds and seconds of training"
        ),
        "labels": [row.label for row in rows],
    }


def recipe_section(
    row: RecipeResult, shown: ReportedDataset, *, published: Published | None, recipes: int
) -> dict[str, Any]:
    """Learning curves, confusion matrix and mistakes of one recipe.

    recipes: how many recipes share the space for images
    """
    seeds = row.predictions
    curves = [[line.plain() for line in run.epochs] for run in row.runs.values()]
    cells = mistakes.answers(seeds)
    matrix = mistakes.mean_confusion(seeds)
    album, classes = shown.album, shown.dataset.classes
    room = IMAGES // recipes
    gallery = mistakes.gallery(cells, most=min(PER_GALLERY, max(8, room // 4)))
    printed = published.matrix if published else None
    if printed and printed.classes is None and len(printed.counts) != len(classes):
        printed = None
    return {
        "row": row,
        "album": shown.key,
        "classes": classes,
        "curves": svg(figures.learning_curves(curves), title=f"Learning curves of {row.label}"),
        "kept": _kept(row),
        "skips": next(iter(row.runs.values())).recipe.training.skip is not None,
        "counts": matrix,
        "matrix": matrix_cells(matrix),
        "printed": _printed(printed, classes) if printed else None,
        "pairs": largest_confusions(matrix, most=12),
        "as_list": len(classes) > MOST_CLASSES,
        "cells": {
            f"{label},{answer}": [[album.add(a.index), a.seeds, round(100 * a.confidence)] for a in images]
            for (label, answer), images in mistakes.tiles(cells, per_cell=PER_CELL, most=room - len(gallery)).items()
        },
        "by_class": per_class_accuracy(matrix),
        "class_scores": list(zip(classes, class_scores(matrix), strict=True)),
        "published_by_class": published.per_class
        if published and len(published.per_class or ()) == len(classes)
        else None,
        "gallery": [(album.uris[album.add(a.index)], a) for a in gallery],
    }


def _printed(printed: PublishedMatrix, classes: Sequence[str]) -> dict[str, Any]:
    """A published matrix, with its own class names if it has any."""
    return {
        "cells": matrix_cells(np.array(printed.counts)),
        "caption": printed.caption,
        "classes": printed.classes or classes,
    }


def _kept(row: RecipeResult) -> str:
    """One sentence on which epoch's weights were scored."""
    metrics = [run.metrics for run in row.runs.values()]
    kept = [str(m.kept_epoch) for m in metrics]
    same = len(set(kept)) == 1
    which = "best" if metrics[0].kept == "best" else "last"
    early = sum(m.stopped_early for m in metrics)
    stopped = f"; {early} of {len(metrics)} runs stopped early" if early else ""
    whose = "the" if same else "each seed's" if len(metrics) == row.seeds else "each fold's"
    return f"Test scores use {whose} {which} epoch ({kept[0] if same else ', '.join(kept)}){stopped}."


def per_class(shown: ReportedDataset, sections: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracies per class: one column per recipe, followed by one for its published values."""
    columns: list[tuple[str, bool, Any]] = []
    for section in sections:
        columns.append((section["row"].label, False, section["by_class"]))
        if section["published_by_class"] is not None:
            columns.append((section["row"].label, True, section["published_by_class"]))
    return {
        "dataset": shown.dataset.name,
        "columns": [(label, published) for label, published, _ in columns],
        "rows": [
            (name, [None if values[number] is None else float(values[number]) for _, _, values in columns])
            for number, name in enumerate(shown.dataset.classes)
        ],
    }


def data_section(shown: ReportedDataset, sections: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Examples, counts and look-alikes from the training images of a data set."""
    dataset = shown.dataset
    album = Album(dataset.train.images)
    examples = []
    for number, name in enumerate(dataset.classes):
        indices = np.flatnonzero(dataset.train.labels == number)[:PER_CLASS]
        examples.append((name, [album.uris[album.add(int(index))] for index in indices]))
    counts = figures.label_counts(dataset.counts(), dataset.classes)
    alike = []
    for classes in confused_pairs([section["counts"] for section in sections], most=PAIRS_OF_CLASSES):
        pairs = lookalikes(dataset.train.images, dataset.train.labels, classes, most=PER_PAIR)
        images = [[album.uris[album.add(index)] for index in (pair.first, pair.second)] for pair in pairs]
        names = [dataset.classes[number] for number in classes]
        alike.append((names, list(zip(images, (pair.difference for pair in pairs), strict=True))))
    return {
        "dataset": dataset,
        "counts": svg(counts, title=f"Images per class in each split of {dataset.name}"),
        "examples": examples,
        "lookalikes": alike,
        "numbers": list(zip(dataset.classes, *dataset.counts().values(), strict=True)),
        "splits": list(dataset.counts()),
        "skipped": dataset.skipped[:SKIPPED_SHOWN],
    }
