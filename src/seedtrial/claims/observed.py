"""What finished runs leave for claims to be judged by, and which of them can be paired by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from seedtrial.evaluation.measures import MeasureName
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
    ratio:             judged images per training image, where the data are divided into folds; else 0
    repeat:            which division into folds
    measure:           what the study is judged by
    folds:             what the run of each fold left, where this is all folds of a seed together

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> seen = Observed(predictions, ("a", "b"), (0.7, 0.5), 12.0, 20.0, ("a processor", None, 2))
    >>> seen.training_seconds, len(seen.parts)
    (12.0, 1)
    """

    predictions: Predictions
    classes: tuple[str, ...]
    val_losses: tuple[float, ...]
    training_seconds: float
    processor_seconds: float | None
    machine: tuple[str, str | None, int]
    ratio: float = 0.0
    repeat: int = 1
    measure: MeasureName = "accuracy"
    folds: tuple["Observed", ...] = ()

    @property
    def parts(self) -> tuple["Observed", ...]:
        """What single runs left: of each fold, or this one."""
        return self.folds or (self,)


def together(folds: Sequence[Observed]) -> Observed:
    """The folds of a seed as one: predictions on all images, times added up.

    folds: in their order; the predictions are put in the order of the data set

    >>> def fold(label, index):
    ...     predictions = Predictions(np.array([label]), np.eye(2)[[label]], np.array([index]))
    ...     return Observed(predictions, ("a", "b"), (), 1.0, 1.0, ("a processor", None, 2))
    >>> both = together([fold(1, index=1), fold(0, index=0)])
    >>> both.predictions.labels.tolist(), both.training_seconds
    ([0, 1], 2.0)
    """
    first = folds[0]
    labels, probs = (
        np.concatenate([getattr(fold.predictions, name) for fold in folds]) for name in ("labels", "probs")
    )
    known = [fold.predictions.index for fold in folds if fold.predictions.index is not None]
    # A validation part that all folds share has no positions among the images that are divided.
    index = np.concatenate(known) if len(known) == len(folds) else np.arange(len(labels))
    order = order_of(index)
    processor = [fold.processor_seconds for fold in folds]
    return replace(
        first,
        predictions=Predictions(labels[order], probs[order], index[order]),
        val_losses=(),
        training_seconds=sum(fold.training_seconds for fold in folds),
        processor_seconds=None if None in processor else sum(filter(None, processor)),
        ratio=float(np.mean([fold.ratio for fold in folds])),
        folds=tuple(folds),
    )


def order_of(index: np.ndarray) -> np.ndarray:
    """The order in which the images of all folds, one fold after the other, are put together: that of the data set.

    index: (N,) int64, positions in the data set; validation images may be there more than once

    >>> order_of(np.array([2, 0, 1])).tolist()
    [1, 2, 0]
    """
    return np.argsort(index, kind="stable")


def repetitions(values: Sequence[Sequence[float]], seen: Sequence[Observed]) -> list[float]:
    """The values that a spread is of: one per seed; with folds one per fold of each division, mean over its seeds.

    values: of each seed, one per part
    seen:   the seeds

    Seeds that share a division into folds share their training images, so they are no repetitions of one another.

    >>> seen = Observed(Predictions(np.array([0, 1]), np.eye(2)), ("a", "b"), (), 12.0, 20.0, ("a processor", None, 2))
    >>> repetitions([[0.9], [0.8]], [seen, seen])
    [0.9, 0.8]
    """
    if not seen[0].folds:
        return [value for (value,) in values]
    shared: dict[tuple[int, int], list[float]] = {}
    for each, observed in zip(values, seen, strict=True):
        for number, value in enumerate(each):
            shared.setdefault((observed.repeat, number), []).append(value)
    return [float(np.mean(same)) for same in shared.values() if np.isfinite(same).all()]


Runs = Mapping[str, Mapping[int, Observed]]  # recipe label -> seed -> what the run left


def observe(run: Run, judged_on: JudgedOn = "test", measure: MeasureName = "accuracy") -> Observed:
    """What a finished run left, with its predictions on the images that its study is judged on."""
    seconds, machine, predictions = run.metrics.seconds, run.machine, run.predictions[judged_on]
    return Observed(
        predictions=predictions,
        classes=run.facts.classes,
        val_losses=tuple(line.val_loss for line in run.epochs if line.val_loss is not None),
        training_seconds=seconds.training,
        processor_seconds=seconds.processor if machine.engine.device == "cpu" else None,
        machine=(machine.processor, machine.gpu, machine.engine.threads),
        ratio=judged_per_training(run, judged_on) if run.fold else 0.0,
        repeat=run.fold.repeat if run.fold else 1,
        measure=measure,
    )


def judged_per_training(run: Run, split: JudgedOn) -> float:
    """Images of a split per image that the run was trained on."""
    judged = len(run.predictions[split])
    training = run.facts.train - (judged if split == "validation" else 0)
    ratio = judged / min(training, run.recipe.data.limit or training)
    # The facts count validation images that are never divided as training images.
    return max(ratio, 1 / (run.fold.of - 1)) if run.fold and split == "test" else ratio


def finished(label: str, runs: Runs) -> list[Observed] | NotTested:
    """All finished runs of a recipe, or why there are none.

    >>> finished("conv", {}).reason
    'There is no finished run of conv.'
    """
    return list(runs.get(label, {}).values()) or NotTested(f"There is no finished run of {label}.")


def paired_runs(a: str, b: str, runs: Runs) -> list[tuple[Observed, Observed]] | NotTested:
    """The runs of A and B, seed by seed, of the seeds that both have; or why there are none.

    >>> paired_runs("conv", "dense", {}) is NO_PAIRS
    True
    """
    seeds = sorted(runs.get(a, {}).keys() & runs.get(b, {}).keys())
    paired = [(runs[a][seed], runs[b][seed]) for seed in seeds]
    if not paired or any(not np.array_equal(x.predictions.labels, y.predictions.labels) for x, y in paired):
        return NO_PAIRS
    return paired
