"""What the verb predict prints: a row per picture, and how good the answers are where the truth is known."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seedtrial.cli.printing import show, show_json, table
from seedtrial.words import counted

if TYPE_CHECKING:
    from seedtrial.data.parts import Skipped
    from seedtrial.serving.predict import Row

MOST_ROWS = 50  # that are printed; --out has all


def show_answers(
    rows: Sequence["Row"],
    skipped: Sequence["Skipped"],
    classes: Sequence[str],
    *,
    top: int,
    truth: bool,
    as_json: bool,
) -> None:
    """The answers, the files that could not be used, and the accuracy if folders or labels name the classes."""
    from seedtrial.serving.predict import plain

    judged = [row for row in rows if row.truth in classes] if truth else []
    if as_json:
        fields = {"answers": [plain(row, classes) for row in rows], "skipped": [file._asdict() for file in skipped]}
        return show_json(fields | ({"accuracy": accuracy(judged)} if truth else {}))
    lines = table("picture", "answer", *([f"top {top}"] if top > 1 else []), "probability")
    for row in rows[:MOST_ROWS]:
        best = np.argsort(-row.probs)[:top]
        listed = ", ".join(f"{classes[k]} {100 * row.probs[k]:.1f} %" for k in best)
        lines.add_row(row.file, row.answer, *([listed] if top > 1 else []), f"{100 * row.probability:.1f} %")
    show(lines)
    if len(rows) > MOST_ROWS:
        show(f"and {len(rows) - MOST_ROWS:,} more; --out FILE.csv writes all.")
    counts = Counter(row.answer for row in rows)
    show(
        f"{counted(len(rows), 'picture')}: "
        + ", ".join(f"{name} {count:,}" for name, count in counts.most_common(8))
        + "."
    )
    if truth:
        _show_truth(judged, len(rows), classes)
    if skipped:
        show(f"Skipped {len(skipped):,}:", *(f"  {file.path}: {file.reason}" for file in skipped[:10]))


def accuracy(judged: Sequence["Row"]) -> dict[str, float] | None:
    """Share of correct answers with Wilson's interval; None without any."""
    from seedtrial.evaluation.statistics import wilson

    if not judged:
        return None
    right = sum(row.likely == row.truth for row in judged)
    low, high = wilson(right, len(judged))
    return {"accuracy": right / len(judged), "low": low, "high": high, "images": len(judged)}


def _show_truth(judged: Sequence["Row"], total: int, classes: Sequence[str]) -> None:
    measured = accuracy(judged)
    if measured is None:
        show("No picture lies in a folder that is named after a class, so there is no accuracy.")
        return
    interval = f"95 % interval {100 * measured['low']:.2f} to {100 * measured['high']:.2f}"
    show(f"Correct: {100 * measured['accuracy']:.2f} % of {counted(len(judged), 'picture')} ({interval}).")
    if len(judged) < total:
        show(f"{total - len(judged):,} pictures lie in folders that are no class; they are not counted.")
    present = [name for name in classes if any(name in (row.truth, row.likely) for row in judged)]
    if len(present) <= 15:
        counts = Counter((row.truth, row.likely) for row in judged)
        matrix = table("true \\ answer", *present)
        for name in present:
            matrix.add_row(name, *(str(counts[name, other] or "") for other in present))
        show(matrix)
