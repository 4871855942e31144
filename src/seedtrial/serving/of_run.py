"""A recorded run as a predictor: its network in float32, with what it takes to tell when it does not know."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from seedtrial.data.dataset import Dataset, load
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.calibration import temperature
from seedtrial.evaluation.predictions import Predictions
from seedtrial.runs.trained import Run
from seedtrial.serving.acceptance import USUAL_SHARE, accepting
from seedtrial.serving.decision import Decision
from seedtrial.serving.familiar import Familiar, fit
from seedtrial.serving.predictor import AT_ONCE, Predictor

MOST = 2000  # images that are looked at


def predictor(run: Run, *, data_dir: Path | None = None, dataset: Dataset | None = None) -> Predictor:
    """The run's network, ready to answer.

    data_dir, dataset: where its data are; without them it answers, but knows no images that look like none of its
                       classes, since the threshold is measured on validation images

    Raises SeedtrialError when the run diverged.
    """
    import torch

    module = run.learner().module()

    def logits(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(np.ascontiguousarray(images))).numpy())

    validation = run.predictions.get("validation")
    data = run.recipe.data
    return Predictor(
        classes=run.facts.classes,
        shape=run.facts.shape,
        logits=logits,
        temperature=temperature(validation.probs, validation.labels) if validation is not None else 1.0,
        familiar=familiar_of(run, logits, data_dir, dataset),
        span=data.range,
        background=data.background or "white",
        fit=data.fit or "crop",
    )


def decision(
    runs: Sequence[Run],
    temperature: float,
    *,
    threshold: float = 0.0,
    accept: str | None = None,
    false_accepts: float = USUAL_SHARE,
) -> Decision:
    """How the probabilities of runs, which answer together, become an answer.

    accept, false_accepts: the class that is accepted or not, and the share of others that may be accepted by mistake

    Raises SeedtrialError as `Decision` and `accepting` do.

    >>> decision([], 1.0, threshold=0.8).sentences()
    ['Below 80 % the answer is: not sure.']
    """
    if accept is None:
        return Decision(threshold)
    acceptance = accepting(
        accept,
        false_accepts,
        runs[0].facts.classes,
        validation=averaged_predictions(runs, "validation"),
        test=averaged_predictions(runs, "test"),
        temperature=temperature,
    )
    return Decision(threshold, acceptance)


def averaged_predictions(runs: Sequence[Run], split: str) -> Predictions | None:
    """The predictions that runs recorded of a split, averaged; None where one has none, or has other images.

    split: "validation" or "test"
    """
    each = [run.predictions[split] for run in runs if split in run.predictions]
    if len(each) < len(runs) or not all(_same_images(one, each[0]) for one in each):
        return None
    return Predictions(each[0].labels, np.mean([one.probs for one in each], axis=0))


def _same_images(one: Predictions, other: Predictions) -> bool:
    return np.array_equal(one.labels, other.labels) and (
        one.index is other.index is None or np.array_equal(one.index, other.index)  # type: ignore[arg-type]
    )


def familiar_of(
    run: Run, logits: Callable[[np.ndarray], np.ndarray], data_dir: Path | None = None, dataset: Dataset | None = None
) -> Familiar | None:
    """What tells pictures that look like none of a run's classes; None where its validation images are not there."""
    if "validation" not in run.predictions:
        return None
    try:
        dataset = dataset or load(run.recipe.data, data_dir=data_dir)
    except SeedtrialError:  # the data are gone; the network still answers
        return None
    if dataset.facts.fingerprint != run.facts.fingerprint or dataset.validation is None:
        return None
    images, train = dataset.validation.images[:MOST], dataset.train.images
    parts = [logits(images[start : start + AT_ONCE]) for start in range(0, len(images), AT_ONCE)]
    return fit(train[:: max(1, len(train) // MOST)], images, np.concatenate(parts))
