"""What the other verbs print: data sets, networks, explanations, people."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedtrial.cli.printing import show, show_json, table

if TYPE_CHECKING:
    from pathlib import Path

    from seedtrial.data.dataset import Dataset
    from seedtrial.models.count import Summary
    from seedtrial.report.people.numbers import PeopleNumbers

SKIPPED_SHOWN = 10  # files that `seedtrial data` names


def show_dataset(loaded: "Dataset", as_json: bool) -> None:
    """What a data set holds and where it came from."""
    facts, counts = loaded.facts, loaded.counts()
    if as_json:
        fields = {"name": loaded.name, "origin": loaded.origin, "fingerprint": facts.fingerprint, "shape": facts.shape}
        return show_json(
            fields
            | {
                "classes": facts.classes,
                "counts": counts,
                "duplicates": loaded.duplicates,
                "twins": loaded.twins,
                "groups": loaded.groups,
                "folds": _usual_folds(loaded),
                "skipped": [file._asdict() for file in loaded.skipped],
                "notes": loaded.notes,
            }
        )
    rows = table("class", *counts)
    for label, numbers in zip(facts.classes, zip(*counts.values(), strict=True), strict=True):
        rows.add_row(label, *(f"{number:,}" for number in numbers))
    rows.add_section()
    rows.add_row("all", *(f"{sum(numbers):,}" for numbers in counts.values()))
    channels, height, width = facts.shape
    show(
        f"{loaded.name}: {width} x {height} pixels, {channels} channel{'s' if channels > 1 else ''}",
        f"source: {loaded.origin}",
        f"fingerprint: {facts.fingerprint}",
        rows,
        f"Exact duplicates between train and test: {loaded.duplicates['train/test'] or 'none'}. "
        "The test set is sealed until a run is examined.",
        *(f"Note: {note}" for note in (*loaded.notes, *_few(loaded))),
        *_skipped(loaded),
    )


def _usual_folds(loaded: "Dataset") -> int | None:
    """How many folds suit the data; None where the test part says enough."""

    from seedtrial.data.folds import usual_folds

    counts = [numbers for name, numbers in loaded.counts().items() if name != "test"]
    return usual_folds([sum(each) for each in zip(*counts, strict=True)], len(loaded.test))


def _few(loaded: "Dataset") -> list[str]:
    folds = _usual_folds(loaded)
    few = f"{len(loaded.test):,} test images are few; --folds {folds} makes every image a test image once."
    return [few] if folds else []


def _skipped(loaded: "Dataset") -> list[str]:
    """How many files could not be used, and the first of them with the reason."""
    if not loaded.skipped:
        return []
    rest = len(loaded.skipped) - SKIPPED_SHOWN
    return [
        f"Skipped files: {len(loaded.skipped):,}.",
        *(f"  {file.path}: {file.reason}" for file in loaded.skipped[:SKIPPED_SHOWN]),
        *([f"  and {rest:,} more; --json lists all"] if rest > 0 else []),
    ]


def show_summary(counted: "Summary", as_json: bool) -> None:
    """A network layer by layer."""
    if as_json:
        return show_json(asdict(counted))
    rows = table("layer", "kind", "output", "parameters", "multiply-adds")
    for row in counted.layers:
        shape = " x ".join(map(str, row.shape))
        rows.add_row(row.name, row.kind, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}")
    rest = counted.parameters - counted.trained
    kept = f" ({rest:,} of them running averages, not trained)" if rest else ""
    show(rows, f"{counted.parameters:,} parameters{kept}, {counted.multiply_adds:,} multiply-adds per image.")


def show_people(path: "Path", numbers: "PeopleNumbers", launch: bool, as_json: bool) -> None:
    """Show the players' accuracies and how networks fare against them, and where the page is."""
    import typer

    from seedtrial.report.people.numbers import EVERYBODY, people_json

    if launch:
        typer.launch(str(path))
    if as_json:
        return show_json(people_json(numbers) | {"report": str(path)})
    rows = table("player", "answers", "right", "95 % interval")
    for player in numbers.players:
        share = player.accuracy
        interval = f"{100 * share.low:.1f} to {100 * share.high:.1f}"
        rows.add_row(player.name, f"{player.answers:,}", f"{100 * share.value:.1f} %", interval)
    if numbers.players:
        show(rows)
    for compared, word, p in numbers.headline:
        who = EVERYBODY if len(compared.players) > 1 else compared.players[0]
        known = compared.low == compared.low  # of a single answer there is no interval
        interval = f"95 % interval {compared.low:.1f} to {compared.high:.1f}; p = {p:.3f}" if known else "one answer"
        numbers_shown = f"Difference {compared.difference:+.1f} points ({interval})."
        show(f"{compared.network} beats {who}: {word}. {numbers_shown}")
    show(f"Report: {path}")


def show_explanation(explanation: dict[str, Any], as_json: bool) -> None:
    """What a network says of each image, and where the page is."""
    if as_json:
        return show_json(explanation)
    rows = table("image", "class", "answer", "probability")
    for image in explanation["images"]:
        answer, probability = max(image["probabilities"].items(), key=lambda item: item[1])
        rows.add_row(image["image"], image["label"] or "unknown", answer, f"{100 * probability:.1f} %")
    show(explanation["chosen"], rows, f"Page: {explanation['page']}")
