"""The report of a study: one page drawn from its results."""

from pathlib import Path
from typing import Any

from seedtrial import __version__
from seedtrial.data.dataset import load
from seedtrial.data.seal import Ledger
from seedtrial.errors import SeedtrialError
from seedtrial.report import html
from seedtrial.report.people import page as people
from seedtrial.report.pictures import Album
from seedtrial.report.study import sections
from seedtrial.report.study.sections import ReportedDataset
from seedtrial.spec import flattened
from seedtrial.study.results import Results, machines


def write(results: Results, out: Path, *, runs: Path, data_dir: Path | None = None) -> Path:
    """Draw the report into a file and return its path.

    The page shows misclassified test images, so it opens the test set once more; the ledger lists that too.

    Raises SeedtrialError when no run is finished, the images cannot be had, or the file cannot be written.
    """
    if not any(row.runs for row in results.rows):
        raise SeedtrialError(
            f"No run of {results.plan.study.name} is finished; run it with `seedtrial run` and the same arguments."
        )
    html.prepare(out)  # fails before the test set is opened for nothing
    ledger = Ledger(runs / f"{results.plan.study.name}.ledger.jsonl", results.plan.study.name)
    return html.save(html.render("study/templates/report.html", _context(results, ledger, runs, data_dir)), out)


def _context(results: Results, ledger: Ledger, runs: Path, data_dir: Path | None) -> dict[str, Any]:
    study = results.plan.study
    scored = [row for row in results.rows if row.runs]
    datasets: dict[str, ReportedDataset] = {}  # by fingerprint: recipes of one study nearly always share theirs
    recipes = []
    for row in scored:
        key = next(iter(row.runs.values())).facts.fingerprint
        if key not in datasets:
            dataset = load(study.recipes[row.label].data, data_dir=data_dir)
            test = dataset.test.open(ledger, "draw the report's images")
            datasets[key] = ReportedDataset(dataset, Album(test.images), f"d{len(datasets)}")
        published = study.published.get(row.label)
        recipes.append(sections.recipe(row, datasets[key], published=published, recipes=len(scored)))
    played = [people.section(scored, shown, runs=runs) for shown in datasets.values()]
    of = {shown.key: [section for section in recipes if section["album"] == shown.key] for shown in datasets.values()}
    return {
        "version": __version__,
        "study": study,
        "results": results,
        "answer": results.headline(),
        "accuracies": sections.accuracies(results),
        "sampling": sections.sampling(results),
        "costs": sections.costs(results),
        "heat_map": sections.heat_map(results),
        "box_plot": sections.box_plot(results),
        "recipes": recipes,
        "people": [section for section in played if section],
        "per_class": [sections.per_class(shown, of[shown.key]) for shown in datasets.values()],
        "marked_below": sections.MARKED_BELOW,
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
    }


def _for_script(section: dict[str, Any]) -> dict[str, Any]:
    """What report.js needs to show the images of a confusion matrix."""
    return {
        "classes": section["classes"],
        "seeds": section["row"].seeds,
        "cells": section["cells"],
        "largest": "{},{}".format(*section["pairs"][0][:2]) if section["pairs"] else "0,0",
    }
