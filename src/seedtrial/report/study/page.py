"""The report of a study: one page drawn from its results."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial import __version__
from seedtrial.claims.observed import order_of
from seedtrial.data.dataset import Dataset, DataSpec, Source
from seedtrial.data.parts import joined
from seedtrial.data.reader import Facts
from seedtrial.data.seal import Ledger
from seedtrial.report import html
from seedtrial.report.citation import citations
from seedtrial.report.people import page as people
from seedtrial.report.pictures import Album
from seedtrial.report.study import files, sections
from seedtrial.report.study.sections import ReportedDataset
from seedtrial.report.study.selection import Lead, more_images_figure
from seedtrial.spec import flattened
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import Results
from seedtrial.study.results_json import machines
from seedtrial.study.study import Study


def write_report(
    results: Results, out: Path, *, runs: Path, data_dir: Path | None = None, lead: Lead | None = None
) -> Path:
    """Draw the report into a file and return its path; a file named .csv, .md or .tex gets the table of results alone.

    lead: how the recipes were chosen, which the page then begins with

    The page shows misclassified images. Where they are test images it opens the test set once more; the ledger lists
    that too.

    Raises SeedtrialError when no run is finished, the images cannot be had, or the file cannot be written.
    """
    files.check_finished(results)
    table = files.writer_for(files.check_report(out))  # fails before the test set is opened for nothing
    if table is not None:
        return html.save(table(results), out)
    # Where the runs lie on a disk that cannot be written to, the opening is written down beside the page.
    ledger = Ledger(runs if os.access(runs, os.W_OK) else out.parent, results.plan.study.name, also=runs)
    return html.save(
        html.render(
            "report/study/templates/report.html",
            _context(results, ledger, runs, data_dir) | {"lead": lead, "lead_curve": more_images_figure(lead)},
        ),
        out,
    )


def _context(results: Results, ledger: Ledger, runs: Path, data_dir: Path | None) -> dict[str, Any]:
    study = results.plan.study
    scored = [row for row in results.rows if row.runs]
    datasets: dict[str, ReportedDataset] = {}  # by fingerprint: recipes of one study nearly always share theirs
    recipes = []
    for row in scored:
        key = _facts(row).fingerprint
        if key not in datasets:
            dataset, images = _judged(study, study.recipes[row.label].data, ledger, data_dir)
            datasets[key] = ReportedDataset(dataset, Album(images), f"d{len(datasets)}", study.judged_on)
        published = study.published.get(row.label)
        recipes.append(sections.recipe_section(row, datasets[key], published=published, recipes=len(scored)))
    # People label test images, so networks that are judged on others are not set beside them.
    on_test = datasets.values() if study.judged_on == "test" and study.folds is None else ()
    played = [people.section(scored, shown, runs=runs) for shown in on_test]
    of = {shown.key: [section for section in recipes if section["album"] == shown.key] for shown in datasets.values()}
    return {
        "version": __version__,
        "study": study,
        "results": results,
        "split": study.judged_on,
        "answer": results.headline(),
        "accuracies": sections.accuracy_figure(results),
        "sampling": sections.sampling(results),
        "costs": sections.cost_figure(results),
        "heat_map": sections.heat_map_figure(results),
        "box_plot": sections.box_plot_figure(results),
        "recipes": recipes,
        "people": [section for section in played if section],
        "per_class": [sections.per_class(shown, of[shown.key]) for shown in datasets.values()],
        "marked_below": sections.MARKED_BELOW,
        "data": [sections.data_section(shown, of[shown.key]) for shown in datasets.values()],
        "page_data": {
            "albums": {shown.key: shown.album.uris for shown in datasets.values()},
            "recipes": [_for_script(section) for section in recipes],
        },
        "openings": ledger.entries(*datasets) if study.judged_on == "test" else [],
        "reused": _opened_by_others(results),
        "machines": machines(results),
        "citations": citations((study.recipes[row.label], _facts(row)) for row in scored),
        "settings": {label: flattened(recipe) for label, recipe in study.recipes.items()},
        "networks": results.plan.summaries,
    }


def _facts(row: RecipeResult) -> Facts:
    """What identifies the data of a recipe's runs."""
    return next(iter(row.runs.values())).facts


def _judged(study: Study, data: DataSpec, ledger: Ledger, data_dir: Path | None) -> tuple[Dataset, np.ndarray]:
    """A data set, and the images that the study is judged on; the test set is opened only if these are its images.

    With folds the data set is that of the first fold, and the images are those of all folds, in the order of the
    predictions.
    """
    source = Source.read(data, data_dir=data_dir)
    first: Dataset | None = None
    splits = []
    for fold in study.folds_for(0):
        dataset = source.dataset(data.in_fold(fold))
        first = first or dataset
        if study.judged_on == "test":
            splits.append(dataset.test.open(ledger, f"draw the report's images{f', {fold}' if fold else ''}"))
        else:
            assert dataset.validation is not None  # the study was refused without
            splits.append(dataset.validation)
    assert first is not None
    if study.folds is None:
        return first, splits[0].images
    every = joined(splits, study.judged_on)
    if every.index is None:  # a validation part that all folds share
        return first, every.images
    return first, every.images[order_of(every.index)]


def _opened_by_others(results: Results) -> list[str]:
    """For every run whose test scores another study had asked for, the name of that study."""
    name = results.plan.study.name
    tests = [run.test for row in results.rows for run in row.runs.values() if run.test is not None]
    return [test.opened_by for test in tests if test.opened_by != name] if results.split == "test" else []


def _for_script(section: dict[str, Any]) -> dict[str, Any]:
    """What report.js needs to show the images of a confusion matrix."""
    return {
        "classes": section["classes"],
        "seeds": section["row"].seeds,
        "cells": section["cells"],
        "largest": "{},{}".format(*section["pairs"][0][:2]) if section["pairs"] else "0,0",
    }
