"""What finished runs leave for claims to be judged by, and which of them can be paired by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedtrial.evaluation.predictions import Predictions
from seedtrial.runs.trained import Run

JudgedOn = Literal["test", "validation"]  # the images that verdicts rest on


@dataclass(frozen=True)
class NotTested:
    """Why there is no evidence for or against a claim, as a sentence.

    >>> NotTested("There is no finished run of dense.").reason
    'There is no finished run of dense.'
    """

    reason: str


NO_PAIRS = NotTested("There are no finished runs with the same seed and the same images on both sides.")


@dataclass(frozen=True)
class Observed:
    """What one run left.

    predictions:       on the images that the study is judged on
    classes:           names, in the order of the labels
    val_losses:        nats, after each epoch; empty where there are no validation images
    training_seconds:  of its epochs, wall-clock time
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


Runs = Mapping[str, Mapping[int, Observed]]  # recipe label -> seed -> what the run left


def observe(run: Run, judged_on: JudgedOn = "test") -> Observed:
    """What a finished run left, with its predictions on the images that its study is judged on."""
    seconds, machine = run.metrics.seconds, run.machine
    return Observed(
        predictions=run.predictions[judged_on],
        classes=run.facts.classes,
        val_losses=tuple(line.val_loss for line in run.epochs if line.val_loss is not None),
        training_seconds=seconds.training,
        processor_seconds=seconds.processor if machine.engine.device == "cpu" else None,
        machine=(machine.processor, machine.gpu, machine.engine.threads),
    )


def finished(label: str, runs: Runs) -> list[Observed] | NotTested:
    """All finished runs of a recipe, or why there are none.

    >>> finished("conv", {}).reason
    'There is no finished run of conv.'
    """
    return list(runs.get(label, {}).values()) or NotTested(f"There is no finished run of {label}.")


def pairs(a: str, b: str, runs: Runs) -> list[tuple[Observed, Observed]] | NotTested:
    """The runs of A and B, seed by seed, of the seeds that both have; or why there are none.

    >>> pairs("conv", "dense", {}) is NO_PAIRS
    True
    """
    seeds = sorted(runs.get(a, {}).keys() & runs.get(b, {}).keys())
    paired = [(runs[a][seed], runs[b][seed]) for seed in seeds]
    if not paired or any(not np.array_equal(x.predictions.labels, y.predictions.labels) for x, y in paired):
        return NO_PAIRS
    return paired
