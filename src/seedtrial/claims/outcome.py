"""Outcomes: what finished runs leave for claims to be judged by, and which of them can be paired."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedtrial.evaluation.predictions import Predictions
from seedtrial.runs.trained import Run

NO_PAIRS = "There are no finished runs with the same seed and the same test images on both sides."


@dataclass(frozen=True)
class Outcome:
    """What one run left.

    predictions:       on the images that the study is judged on
    classes:           names, in the order of the labels
    val_losses:        nats, after each epoch; empty where there are no validation images
    training_seconds:  of its epochs, by the clock
    processor_seconds: of the whole run, summed over threads; None where it was not recorded, or where an accelerator
                       did the work
    machine:           processor, accelerator, number of threads
    """

    predictions: Predictions
    classes: tuple[str, ...]
    val_losses: tuple[float, ...]
    training_seconds: float
    processor_seconds: float | None
    machine: tuple[str, str | None, int]


Found = Mapping[str, Mapping[int, Outcome]]  # recipe label -> seed -> outcome


def outcome(run: Run, split: Literal["test", "validation"] = "test") -> Outcome:
    """The outcome of a finished run on the split that its study is judged on."""
    seconds, machine = run.metrics.seconds, run.machine
    return Outcome(
        predictions=run.predictions[split],
        classes=run.facts.classes,
        val_losses=tuple(line.val_loss for line in run.epochs if line.val_loss is not None),
        training_seconds=seconds.training,
        processor_seconds=seconds.processor if machine.engine.device == "cpu" else None,
        machine=(machine.processor, machine.gpu, machine.engine.threads),
    )


def pairs(a: str, b: str, found: Found) -> list[tuple[Outcome, Outcome]] | str:
    """The outcomes of A and B, seed by seed, of the seeds that both have; or why there are none."""
    seeds = sorted(found.get(a, {}).keys() & found.get(b, {}).keys())
    paired = [(found[a][seed], found[b][seed]) for seed in seeds]
    if not paired or any(not np.array_equal(x.predictions.labels, y.predictions.labels) for x, y in paired):
        return NO_PAIRS
    return paired
