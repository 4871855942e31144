"""The model card: what a network is, how good it is, and what it is not for, in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seedtrial import __version__
from seedtrial.data.dataset import Dataset
from seedtrial.data.parts import Split
from seedtrial.evaluation.calibration import at_temperature, calibration_error
from seedtrial.evaluation.metrics import confusion, largest_class
from seedtrial.evaluation.predictions import Predictions
from seedtrial.report.citation import citations
from seedtrial.report.html import render
from seedtrial.runs import machine
from seedtrial.runs.trained import Run
from seedtrial.serving.decision import UNLIKE, Decision
from seedtrial.serving.of_run import averaged_predictions

MOST_CLASSES = 100  # rows of the table of classes


def write_card(
    runs: Sequence[Run],
    description: Mapping[str, Any],
    dataset: Dataset,
    split: Split,
    logits: np.ndarray,
    speed: Mapping[str, tuple[int, float]],
) -> str:
    """The card of an export.

    split, logits: the images that the graph was compared on, and what it gave
    speed:         file -> bytes, and seconds for 1,000 images
    """
    predictions = averaged_predictions(runs, "test") or averaged_predictions(runs, "validation")
    judged = "test" if "test" in description["accuracy"] else split.name
    predictions = predictions or Predictions(split.labels, at_temperature(logits, 1.0))
    channels, height, width = description["shape"]
    label, share, _ = largest_class(predictions.labels)
    fitted = description["temperature"]
    cited = citations([(runs[0].recipe, dataset.facts)])
    context = dict(description) | {
        "title": _plain(f"{description['label']}: {len(description['classes'])} classes"),
        "classes": [_plain(name) for name in description["classes"]],
        "version": __version__,
        "fit": description["pixels"]["fit"],
        "background": description["pixels"]["background"],
        "channels": channels,
        "height": height,
        "width": width,
        "guess": (_plain(description["classes"][label]), share),
        "judged": judged,
        "per_class": _per_class(predictions, description["classes"]),
        "confusions": True,
        "calibration": [
            calibration_error(at_temperature(logits, each), split.labels) if len(split) else 0.0
            for each in (1.0, fitted)
        ],
        "speed": [
            {"file": name, "size": _size(size), "seconds": f"{seconds:.2f} s"}
            for name, (size, seconds) in speed.items()
        ],
        "citations": [(_plain(what), _plain(text)) for what, text in cited.lines],
        "terms": runs[0].recipe.model.terms,
        "processor": machine.processor(),
        "seeds": "seed " + ", ".join(str(run.seed) for run in runs),
        "accepting": [_plain(line) for line in _accepting(description)],
        "notes": [_plain(note) for note in (*dataset.notes, *(each for run in runs for each in run.metrics.remarks))],
    }
    return render("serving/templates/card.md", context)


def _accepting(description: Mapping[str, Any]) -> list[str]:
    """How the network answers, where it is not simply by the likeliest class."""
    decided = Decision.of(description)
    lines = decided.sentences()
    if decided.acceptance and description["familiar"]:
        lines.append(f"Besides, what {UNLIKE} is not accepted: by definition 5 % of the validation images.")
    return lines


def _per_class(predictions: Predictions, classes: Sequence[str]) -> list[dict[str, Any]]:
    counts = confusion(predictions)
    rows = []
    for label, name in list(enumerate(classes))[:MOST_CLASSES]:
        images, wrong = int(counts[label].sum()), counts[label].copy()
        wrong[label] = 0
        other = int(wrong.argmax())
        rows.append(
            {
                "name": _plain(name),
                "images": images,
                "correct": f"{100 * counts[label, label] / images:.1f} %" if images else "–",
                "taken_for": _plain(f"{classes[other]} ({wrong[other]})") if wrong[other] else "–",
            }
        )
    return rows


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _plain(text: str) -> str:
    """A name without letters that Markdown or HTML would act on, which the template may print as it is."""
    return "".join(f"&#{ord(letter)};" if letter in "<>&|*_`[]\\" else letter for letter in text)
