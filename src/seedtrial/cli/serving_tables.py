"""What the verb predict prints: a row per picture, and how good the answers are where the truth is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from seedtrial.cli.printing import show, show_json, table
from seedtrial.words import counted

if TYPE_CHECKING:
    from rich.table import Table

    from seedtrial.data.parts import Skipped
    from seedtrial.serving.acceptance import Errors
    from seedtrial.serving.predict import Row
    from seedtrial.serving.predictor import Predictor

MOST_ROWS, MOST_COUNTS, MOST_SKIPPED = 50, 8, 10  # that are printed
NONE = "No picture could be used."


def show_answers(
    rows: Sequence["Row"],
    skipped: Sequence["Skipped"],
    predictor: "Predictor",
    *,
    about: Sequence[str] = (),
    top: int,
    truth: bool,
    as_json: bool,
) -> None:
    """The answers, the files that could not be used, and how often answers are right where the classes are known.

    about: which network answers, and how, a sentence each
    """
    from seedtrial.serving.predict import plain

    classes, acceptance = predictor.classes, predictor.decision.acceptance
    judged = [row for row in rows if row.truth in classes] if truth else []
    if as_json:
        fields = {"about": list(about), "answers": [plain(row, classes) for row in rows]}
        fields |= {"skipped": [file._asdict() for file in skipped]}
        fields |= {"acceptance": acceptance.plain()} if acceptance else {}
        measured = (
            {"errors": asdict(errors(judged, acceptance.name))}
            if acceptance
            else {"accuracy": measured_accuracy(judged)}
        )
        return show_json(fields | (measured if truth else {}))
    show(*about)
    if rows:
        show(_rows(rows, classes, acceptance.name if acceptance else None, top))
    if len(rows) > MOST_ROWS:
        show(f"and {len(rows) - MOST_ROWS:,} more; --out FILE.csv writes all.")
    counts = Counter(row.answer for row in rows)
    listed = ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(MOST_COUNTS))
    others = len(counts) - MOST_COUNTS
    show(f"{counted(len(rows), 'picture')}: {listed}{f' and {others:,} more' if others > 0 else ''}." if rows else NONE)
    if truth and acceptance:
        show(errors(judged, acceptance.name).sentence("these"))
    elif truth:
        _show_truth(judged, classes)
    if truth and 0 < len(judged) < len(rows):
        show(f"{counted(len(rows) - len(judged), 'picture')} in folders without the name of a class, not counted.")
    if skipped:
        show(f"Skipped {len(skipped):,}:", *(f"  {file.path}: {file.reason}" for file in skipped[:MOST_SKIPPED]))
    if len(skipped) > MOST_SKIPPED:
        show(f"  and {len(skipped) - MOST_SKIPPED:,} more; --json lists all.")


def _rows(rows: Sequence["Row"], classes: Sequence[str], asked: str | None, top: int) -> "Table":
    """The first answers. asked: the class that is accepted or not, whose probability is shown; None: the likeliest's"""
    probability = f"probability of {asked}" if asked else "probability"
    lines = table("picture", "answer", *([f"top {top}"] if top > 1 else []), probability)
    for row in rows[:MOST_ROWS]:
        best = np.argsort(-row.probs)[:top]
        listed = ", ".join(f"{classes[k]}: {100 * row.probs[k]:.1f} %" for k in best)
        shown = row.probs[list(classes).index(asked)] if asked else row.probability
        lines.add_row(row.file, row.answer, *([listed] if top > 1 else []), f"{100 * shown:.1f} %")
    return lines


def errors(judged: Sequence["Row"], name: str) -> "Errors":
    """False accepts and false rejects of pictures whose class is known. name: the class that is accepted"""
    from seedtrial.serving.acceptance import Errors

    own = [row for row in judged if row.truth == name]
    others = [row for row in judged if row.truth != name]
    accepted, rejected = (sum(row.answer == name for row in others), sum(row.answer != name for row in own))
    return Errors(accepted, len(others), rejected, len(own))


def measured_accuracy(judged: Sequence["Row"]) -> dict[str, float] | None:
    """Share of correct answers with Wilson's interval; None without any."""
    from seedtrial.evaluation.statistics import wilson

    if not judged:
        return None
    right = sum(row.likely == row.truth for row in judged)
    low, high = wilson(right, len(judged))
    return {"accuracy": right / len(judged), "low": low, "high": high, "images": len(judged)}


def _show_truth(judged: Sequence["Row"], classes: Sequence[str]) -> None:
    measured = measured_accuracy(judged)
    if measured is None:
        show("No picture lies in a folder that is named after a class, so there is no accuracy.")
        return
    interval = f"95 % interval {100 * measured['low']:.2f} to {100 * measured['high']:.2f}"
    show(f"Correct: {100 * measured['accuracy']:.2f} % of {counted(len(judged), 'picture')} ({interval}).")
    answered = [row for row in judged if row.answer in classes]
    if 0 < len(answered) < len(judged):
        share = sum(row.answer == row.truth for row in answered) / len(answered)
        show(f"Of the {len(answered):,} that are answered with a class, {100 * share:.2f} % are correct.")
    present = [name for name in classes if any(name in (row.truth, row.likely) for row in judged)]
    if len(present) <= 15:
        counts = Counter((row.truth, row.likely) for row in judged)
        matrix = table("true \\ answer", *present)
        for name in present:
            matrix.add_row(name, *(str(counts[name, other] or "") for other in present))
        show(matrix)
