"""Examination: the only code that opens the sealed test set to score a run, and records the opening."""

import time
from dataclasses import replace

import numpy as np

from seedtrial.data.dataset import Dataset, load
from seedtrial.data.seal import Ledger
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation import metrics
from seedtrial.evaluation.predictions import Predictions
from seedtrial.runs.metrics import TestMetrics
from seedtrial.runs.run import score, write_predictions
from seedtrial.runs.trained import Run, open_run
from seedtrial.training.device import choose_engine


def examine(
    run: Run, *, dataset: Dataset | None = None, study: str = "alone", label: str = "", wait: bool = True
) -> Run:
    """Score a trained run on the test images; its test.json is written last.

    dataset: what `load(run.recipe.data)` gives, if it is at hand
    study:   who opens the test set, for the ledger of these data beside the runs
    label:   what the study calls the recipe
    wait:    whether to wait for another process that works on the same run

    A run that is examined already, or that diverged, is returned as it is.
    Raises SeedtrialError when the data are not those of the run, and Busy when another process works on it and we do
    not wait.

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.runs.recipe import Recipe
    >>> from seedtrial.runs.run import run
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     examined = examine(run(recipe, runs=folder))
    ...     sorted(examined.predictions), examined.test.opened_by
    (['test', 'validation'], 'alone')
    """
    if run.diverged or run.folder.examined():
        return run
    if run.recipe.data.whole:
        raise SeedtrialError(
            f"{run.folder.path} was trained on the test images too (data.whole), so it has no test score."
        )
    dataset = dataset or load(run.recipe.data)
    run.check_images(dataset)
    ledger = Ledger(run.folder.path.parent, study)
    with run.folder.claim(wait=wait):
        if not run.folder.examined():  # another process may have done it while we waited
            _score(run, dataset, ledger, f"score {label or run.folder.path.name}, {run.which}")
    return replace(open_run(run.folder.path, model=run.model), fresh=run.fresh)


def _score(run: Run, dataset: Dataset, ledger: Ledger, reason: str) -> None:
    """Open the test set, now that nothing is left to be chosen, and keep predictions and scores."""
    for half_written in run.folder.path.glob(".test.*"):  # by an examination that was killed; we hold the run
        half_written.unlink()
    engine = run.machine.engine
    # Precision, device and threads as in training: it makes no difference whether the learner had to be read again.
    learner = run.live or run.learner(choose_engine(engine.device, engine.precision, threads=engine.threads))
    started = time.perf_counter()
    test = dataset.test.open(ledger, reason)
    probs = learner.predict(test.images)
    seconds = time.perf_counter() - started
    if not np.isfinite(probs).all():
        raise SeedtrialError(f"{run.folder.path} gives probabilities for test images that are not finite numbers.")
    predictions = Predictions(test.labels, probs, test.index)
    scores = score(predictions)
    if run.recipe.training.mirrored:
        plain = Predictions(test.labels, learner.predict(test.images, mirrored=False))
        scores = scores.model_copy(update={"accuracy_unmirrored": metrics.accuracy(plain)})
    write_predictions(run.folder.test_predictions, {"test": predictions})
    run.folder.finish_test(TestMetrics(seed=run.seed, scores=scores, seconds=seconds, opened_by=ledger.study))
