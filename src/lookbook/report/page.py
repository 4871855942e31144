"""From a study's results to one HTML page that needs nothing else: no network, no other file."""

from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from lookbook import __version__
from lookbook.data.dataset import load
from lookbook.data.seal import Ledger
from lookbook.errors import LookbookError
from lookbook.files import make_folder, write_atomic
from lookbook.report import sections
from lookbook.report.pictures import Album
from lookbook.report.sections import Shown
from lookbook.spec import flattened
from lookbook.study.estimate import clock
from lookbook.study.results import Results, machines, percent

MARKED_BELOW = 0.95  # per-class accuracies under this are marked


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
    study = results.plan.study
    scored = [row for row in results.rows if row.runs]
    datasets: dict[str, Shown] = {}  # by fingerprint: recipes of one study nearly always share theirs
    recipes = []
    for row in scored:
        key = next(iter(row.runs.values())).facts.fingerprint
        if key not in datasets:
            dataset = load(study.recipes[row.label].data, data_dir=data_dir)
            test = dataset.test.open(ledger, "draw the report's images")
            datasets[key] = Shown(dataset, Album(test.images), f"d{len(datasets)}")
        published = study.published.get(row.label)
        recipes.append(sections.recipe(row, datasets[key], published=published, recipes=len(scored)))
    of = {shown.key: [section for section in recipes if section["album"] == shown.key] for shown in datasets.values()}
    return {
        "version": __version__,
        "study": study,
        "results": results,
        "answer": results.headline(),
        "accuracies": sections.accuracies(results),
        "sampling": sections.sampling(results),
        "grid": sections.grid(results),
        "box_plot": sections.box_plot(results),
        "recipes": recipes,
        "per_class": [sections.per_class(shown, of[shown.key]) for shown in datasets.values()],
        "marked_below": MARKED_BELOW,
        "data": [sections.data(shown, of[shown.key]) for shown in datasets.values()],
        "page_data": {
            "albums": {shown.key: shown.album.uris for shown in datasets.values()},
            "recipes": [_for_script(section) for section in recipes],
        },
        "openings": ledger.entries(),
        "reused": [run for row in results.rows for run in row.runs.values() if run.metrics["opened_by"] != study.name],
        "machines": machines(results),
        "settings": {label: flattened(recipe) for label, recipe in study.recipes.items()},
        "networks": results.plan.summaries,
        "css": _asset("report.css"),
        "js": _asset("report.js"),
    }


def _for_script(section: dict[str, Any]) -> dict[str, Any]:
    """What report.js needs to show the images of a recipe's confusions."""
    return {
        "classes": section["classes"],
        "seeds": section["row"].seeds,
        "cells": section["cells"],
        "largest": "{},{}".format(*section["pairs"][0][:2]) if section["pairs"] else "0,0",
    }


def _asset(name: str) -> str:
    return resources.files("lookbook.report").joinpath("templates", name).read_text(encoding="utf-8")
