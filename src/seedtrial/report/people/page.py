"""The page of people who played, and the section about them in a study's report."""

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
from seedtrial.human import crowd, outcomes
from seedtrial.human.answers import Answers, by_player
from seedtrial.report import figures, html
from seedtrial.report.people import figures as people_figures
from seedtrial.report.people.numbers import EVERYBODY, People, PeopleNumbers
from seedtrial.report.people.published import of as published_of
from seedtrial.report.pictures import Album
from seedtrial.report.study import sections
from seedtrial.report.study.sections import MOST_CLASSES, ReportedDataset
from seedtrial.study.results import RecipeResult, Results

NAME = "people"  # of the page, and of who opens the test part in the ledger
WINDOWS = (50, 20)  # answers, of the running accuracy
MOST_COLUMNS = 6  # players with a column of their own in the table of classes
MOST_PAIRS = 40  # rows of the tables of agreement
MOST_MISSED = 60  # images that everybody gets wrong


def players(runs: Path, fingerprint: str) -> list[Answers]:
    """Who has answered about a data set's test images, as kept beside the runs; [] where nobody has."""
    from seedtrial.human import store

    file = store.Store(runs / store.NAME)  # reading makes none
    try:
        return by_player(file.answers(fingerprint))
    finally:
        file.close()


def write(
    data: DataSpec, out: Path, *, runs: Path, data_dir: Path | None = None, results: Results | None = None
) -> tuple[Path, PeopleNumbers]:
    """Draw the page of everybody who played with a data set into a file; return its path and its numbers.

    results: of a study, whose finished networks on these data stand beside the people

    The test part is opened for its labels and for the images that everybody gets wrong, and that is in a ledger.

    Raises SeedtrialError when nobody has played, the images cannot be had, or the file cannot be written.
    """
    dataset = load(data, data_dir=data_dir)
    facts = dataset.facts
    found = tuple(players(runs, facts.fingerprint))
    votes = crowd.find(runs, facts.fingerprint, shape=(facts.test, len(facts.classes)))
    if not found and votes is None:
        raise SeedtrialError(_nobody(data, dataset.facts, runs))
    html.prepare(out)  # before the test part is opened for it
    ledger = Ledger(runs, NAME)
    test = dataset.test.open(ledger, "draw the page of people who played")
    networks = _networks(results.rows if results else (), facts.fingerprint)
    numbers = PeopleNumbers(People(data.source, facts.fingerprint, facts.classes, test.labels, found, networks, votes))
    context = _context(numbers, Album(test.images)) | {
        "version": __version__,
        "study": results.plan.study.name if results else None,
        "openings": ledger.entries(facts.fingerprint),
    }
    return html.save(html.render("people/templates/people.html", context), out), numbers


def _nobody(data: DataSpec, facts: Facts, runs: Path) -> str:
    """That nobody has played with these images, and how to; or that people saw the same pictures in another size."""
    from seedtrial.human import store

    changed = {"size": data.size, "channels": data.channels, "range": data.range, "background": data.background}
    settings = "".join(
        f" --set data.{name}={json.dumps(value)}" for name, value in changed.items() if value is not None
    )
    begin = f"`seedtrial play --data {data.source}{settings}` begins."
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
            f"they saw other images; {begin}"
        )
    return f"Nobody has played with {data.source} yet; {begin}"


def section(rows: Sequence[RecipeResult], shown: ReportedDataset, *, runs: Path) -> dict[str, Any] | None:
    """What a study's report tells of the people who played with one of its data sets; None where nobody has.

    rows: of the study; those whose runs are on other data are left out
    """
    facts = shown.dataset.facts
    networks = _networks(rows, facts.fingerprint)
    found = tuple(players(runs, facts.fingerprint))
    if not found or not networks:
        return None
    labels = next(iter(networks.values()))[0].labels
    everybody = People(shown.dataset.name, facts.fingerprint, facts.classes, labels, found, networks)
    return _context(PeopleNumbers(everybody), shown.album)


def _networks(rows: Sequence[RecipeResult], fingerprint: str) -> dict[str, list[Predictions]]:
    """Predictions on the test part by label, of the finished runs on these data."""
    named = {row.label: [run for run in row.runs.values() if run.facts.fingerprint == fingerprint] for row in rows}
    return {label: [run.predictions["test"] for run in runs] for label, runs in named.items() if runs}


def _context(numbers: PeopleNumbers, album: Album) -> dict[str, Any]:
    """What the template shows, as plain values and figures."""
    people = numbers.people
    told: dict[str, Any] = {
        "numbers": numbers,
        "people": people,
        "everybody": EVERYBODY,
        "classes": people.classes,
        "answers": [*people.classes, "can’t tell"],
        "per_class": _per_class(numbers),
        "marked_below": sections.MARKED_BELOW,
        "as_list": len(people.classes) > MOST_CLASSES,
        "windows": WINDOWS,
        "most_pairs": MOST_PAIRS,
        "missed": [(album.uris[album.add(image.index)], image) for image in numbers.missed[:MOST_MISSED]],
    }
    if numbers.players:
        told["figures"] = _figures(numbers)
        told["matrices"] = _matrices(numbers)
    return told


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
            people_figures.cumulative(so_far, mean),
            "Cumulative accuracy of each player by number of answers",
        ),
        "running": (
            people_figures.running(around),
            "Accuracy of each player around each answer",
        ),
        "times": (
            people_figures.response_times(
                dict(zip([*numbers.people.classes, "all classes"], numbers.times, strict=True))
            ),
            "Seconds to an answer by class, of right and of wrong answers",
        ),
    }
    return {name: figures.svg(figure, title=title) for name, (figure, title) in drawn.items()}


def _per_class(numbers: PeopleNumbers) -> dict[str, Any]:
    """Accuracies by class: of people, as published of people, of networks, of a crowd, player by player."""
    people = numbers.people
    columns: list[tuple[str, str, Any]] = []  # name, kind, values
    by_class = dict(numbers.by_class)
    if EVERYBODY in by_class:
        columns.append((f"{EVERYBODY}, mean", "people", by_class.pop(EVERYBODY)))
    for published in published_of(people.fingerprint):
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
    """Confusion matrices: all players together, each of several, and every network on the images they saw."""
    people, classes = numbers.people, len(numbers.people.classes)
    found: list[tuple[str, np.ndarray]] = [("All players", numbers.confusion)]
    if len(numbers.players) > 1:
        found += [(player.player, outcomes.confusion([player], classes)) for player in people.players]
    found += [(label, numbers.confusion_of_network(label)) for label in people.networks]
    return [
        {"name": name, "cells": sections.matrix_cells(matrix), "pairs": sections.largest(matrix, most=12)}
        for name, matrix in found
    ]
