"""Writes the people report, and the section on people in a study's report."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial import __version__
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.reader import Facts
from seedtrial.data.seal import Ledger
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.predictions import Predictions
from seedtrial.files import check_output
from seedtrial.human import crowd, outcomes
from seedtrial.human.answers import Answers, by_player
from seedtrial.report import html
from seedtrial.report.drawing import svg
from seedtrial.report.people import figures as people_figures
from seedtrial.report.people.numbers import EVERYBODY, People, PeopleNumbers
from seedtrial.report.people.published import published_on
from seedtrial.report.pictures import Album
from seedtrial.report.study.matrix import largest_confusions, matrix_cells
from seedtrial.report.study.sections import MARKED_BELOW, MOST_CLASSES, ReportedDataset
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import Results

NAME = "people"  # of the report, and in the ledger of who opened the test part
WINDOWS = (50, 20)  # answers in the windows of the running accuracy
MOST_COLUMNS = 6  # players; with more, the table of classes has no column for each
MOST_PAIRS = 40  # rows of the table of agreement
MOST_MISSED = 60  # images that everybody misclassifies


def players(runs: Path, fingerprint: str) -> list[Answers]:
    """Each player's answers to a data set's test images, from the store in the runs folder; [] if there are none.

    >>> players(Path("no-such-folder"), "f" * 64)
    []
    """
    from seedtrial.human import store

    file = store.Store(runs / store.NAME)  # reading creates no file
    try:
        return by_player(file.answers(fingerprint))
    finally:
        file.close()


def write_people_report(
    data: DataSpec, out: Path, *, runs: Path, data_dir: Path | None = None, results: Results | None = None
) -> tuple[Path, PeopleNumbers]:
    """Writes the report on everybody who played with a data set; returns its path and its numbers.

    results: of a study, whose finished networks on this data set are compared with the people

    Opens the test part for its labels and for the images that everybody misclassifies, and records that in a ledger.

    Raises SeedtrialError when nobody has played, the images cannot be loaded, or the file cannot be written.
    """
    dataset = load(data, data_dir=data_dir)
    facts = dataset.facts
    answers = tuple(players(runs, facts.fingerprint))
    votes = crowd.load_votes(runs, facts.fingerprint, shape=(facts.test, len(facts.classes)))
    if not answers and votes is None:
        raise SeedtrialError(_nobody_played(data, facts, runs))
    check_output(out, "--out", *html.PAGES)  # a file that cannot be written is reported before the test part is opened
    ledger = Ledger(runs, NAME)
    test = dataset.test.open(ledger, "draw the page of people who played")
    networks = _networks(results.rows if results else (), facts.fingerprint)
    numbers = PeopleNumbers(
        People(data.source, facts.fingerprint, facts.classes, test.labels, answers, networks, votes)
    )
    context = _context(numbers, Album(test.images)) | {
        "version": __version__,
        "study": results.plan.study.name if results else None,
        "openings": ledger.entries(facts.fingerprint),
    }
    return html.save(html.render("report/people/templates/people.html", context), out), numbers


def _nobody_played(data: DataSpec, facts: Facts, runs: Path) -> str:
    """The error for a data set without players. It points out if people saw the same images in another size."""
    from seedtrial.human import store

    form = data.form
    changed = {name: getattr(form, name) for name in ("size", "channels", "range", "background", "fit")}
    settings = "".join(
        f" --set data.{name}={json.dumps(value)}" for name, value in changed.items() if value is not None
    )
    command = f"`seedtrial play --data {data.source}{settings}` starts a game."
    file = store.Store(runs / store.NAME)
    try:
        others = [
            other for other in file.datasets() if other.name == Path(data.source).name and other.images == facts.test
        ]
    finally:
        file.close()
    if others:
        _, height, width = facts.shape
        return (
            f"People have played with {data.source}, but not at {width} x {height} pixels as these networks see it, so "
            f"they saw other images; {command}"
        )
    return f"Nobody has played with {data.source} yet; {command}"


def section(rows: Sequence[RecipeResult], shown: ReportedDataset, *, runs: Path) -> dict[str, Any] | None:
    """The people section of a study's report for one of its data sets; None if nobody has played with it.

    rows: results of the study; runs on other data sets are left out
    """
    facts = shown.dataset.facts
    networks = _networks(rows, facts.fingerprint)
    answers = tuple(players(runs, facts.fingerprint))
    if not answers or not networks:
        return None
    labels = next(iter(networks.values()))[0].labels
    everybody = People(shown.dataset.name, facts.fingerprint, facts.classes, labels, answers, networks)
    return _context(PeopleNumbers(everybody), shown.album)


def _networks(rows: Sequence[RecipeResult], fingerprint: str) -> dict[str, list[Predictions]]:
    """Label -> predictions on the test part, of the finished runs on this data set."""
    named = {row.label: [run for run in row.runs.values() if run.facts.fingerprint == fingerprint] for row in rows}
    return {label: [run.predictions["test"] for run in runs] for label, runs in named.items() if runs}


def _context(numbers: PeopleNumbers, album: Album) -> dict[str, Any]:
    """The values and figures that the template shows."""
    people = numbers.people
    context: dict[str, Any] = {
        "numbers": numbers,
        "people": people,
        "everybody": EVERYBODY,
        "classes": people.classes,
        "answers": [*people.classes, "can’t tell"],
        "per_class": _per_class(numbers),
        "marked_below": MARKED_BELOW,
        "as_list": len(people.classes) > MOST_CLASSES,
        "windows": WINDOWS,
        "most_pairs": MOST_PAIRS,
        "missed": [(album.uris[album.add(image.index)], image) for image in numbers.missed[:MOST_MISSED]],
    }
    if numbers.players:
        context["figures"] = _figures(numbers)
        context["matrices"] = _matrices(numbers)
    return context


def _figures(numbers: PeopleNumbers) -> dict[str, str]:
    people = numbers.people.players
    names = [player.player for player in people]
    so_far = people_figures.curves_of(names, [outcomes.cumulative(player.right) for player in people])
    around = {
        window: people_figures.curves_of(names, [outcomes.running(player.right, window) for player in people])
        for window in WINDOWS
    }
    mean = numbers.mean.mean if numbers.mean else None
    drawn = {
        "cumulative": (
            people_figures.cumulative_curves(so_far, mean),
            "Cumulative accuracy of each player by number of answers",
        ),
        "running": (
            people_figures.running_curves(around),
            "Accuracy of each player around each answer",
        ),
        "times": (
            people_figures.response_times(
                dict(zip([*numbers.people.classes, "all classes"], numbers.times, strict=True))
            ),
            "Seconds to an answer by class, of right and of wrong answers",
        ),
    }
    return {name: svg(figure, title=title) for name, (figure, title) in drawn.items()}


def _per_class(numbers: PeopleNumbers) -> dict[str, Any]:
    """The table of per-class accuracy: people, published, networks, votes, and each player if there are few."""
    people = numbers.people
    columns: list[tuple[str, str, Any]] = []  # name, kind, values
    by_class = dict(numbers.by_class)
    if EVERYBODY in by_class:
        columns.append((f"{EVERYBODY}, mean", "people", by_class.pop(EVERYBODY)))
    for published in published_on(people.fingerprint):
        if published.per_class:
            columns.append((f"{EVERYBODY}, published", "published", published.per_class))
    columns += [(label, "network", values) for label, values in by_class.items()]
    if numbers.crowd:
        columns.append(("a single vote", "votes", numbers.crowd.single_by_class))
        columns.append(("majority of votes", "votes", numbers.crowd.majority_by_class))
    if 1 < len(numbers.players) <= MOST_COLUMNS:
        for player in numbers.players:
            columns.append((player.name, "player", [s.value if s else None for s in player.by_class]))
    return {
        "columns": [(name, kind) for name, kind, _ in columns],
        "rows": [
            (name, [None if values[k] is None else float(values[k]) for _, _, values in columns])
            for k, name in enumerate(people.classes)
        ],
    }


def _matrices(numbers: PeopleNumbers) -> list[dict[str, Any]]:
    """Confusion matrices of all players together, of each player, and of each network on the images they saw."""
    people, classes = numbers.people, len(numbers.people.classes)
    matrices: list[tuple[str, np.ndarray]] = [("All players", numbers.confusion)]
    if len(numbers.players) > 1:
        matrices += [(player.player, outcomes.answer_confusion([player], classes)) for player in people.players]
    matrices += [(label, numbers.confusion_of_network(label)) for label in people.networks]
    return [
        {"name": name, "cells": matrix_cells(matrix), "pairs": largest_confusions(matrix, most=12)}
        for name, matrix in matrices
    ]
