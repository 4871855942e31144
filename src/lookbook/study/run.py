"""One run: a recipe with a seed becomes a folder. What happens between epochs is here, as ordinary lines."""

import io
import math
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from lookbook.data.dataset import Dataset, load
from lookbook.data.parts import Split
from lookbook.data.seal import Ledger
from lookbook.errors import Diverged, LookbookError
from lookbook.evaluation import metrics
from lookbook.evaluation.predictions import Predictions
from lookbook.files import append_json_line, make_folder, write_atomic, write_json
from lookbook.models.learner import Epoch, Learner
from lookbook.seeds import Seeds
from lookbook.study import machine
from lookbook.study.progress import Silent, Watch
from lookbook.study.recipe import Recipe
from lookbook.study.record import Folder, Run, folder, open_run
from lookbook.training import engine_for, prepare
from lookbook.training.loop import TorchLearner
from lookbook.training.stopping import Stopper


def run(
    recipe: Recipe,
    seed: int = 0,
    *,
    runs: Path | str = "runs",
    study: str = "alone",
    label: str = "",
    dataset: Dataset | None = None,
    device: str = "auto",
    watch: Watch | None = None,
    seconds: float = 0.0,
    wait: bool = True,
) -> Run:
    """Train a recipe with a seed, score it, and keep the record; a run that is finished already is only opened.

    runs:    the folder that run folders live in
    study:   whose ledger an opening of the test part is written to
    label:   what the study calls the recipe
    dataset: what `load(recipe.data)` gives, if it is at hand
    watch:   who is told of the epochs
    seconds: how long it may take, for who is told
    wait:    whether to wait for another process that works on the same run

    Raises LookbookError when the parts of the recipe do not fit together or its folder is damaged, and Busy when
    another process works on the run and we do not wait.
    """
    problem = recipe.problem()
    if problem:
        raise LookbookError(problem)
    dataset, watch = dataset or load(recipe.data), watch or Silent()
    place = folder(make_folder(Path(runs)), recipe, seed, dataset.facts)
    title = label or place.path.name
    with place.claim(wait=wait):
        if place.metrics.exists():
            return open_run(place.path)
        place.clear()
        began, worked = time.perf_counter(), time.process_time()
        learner = _prepare(recipe, seed, dataset, place, device)
        stopper = Stopper(recipe.training.stopping)
        passes: list[Epoch] = []
        best = None
        with watch.run(title, seed, recipe.training.epochs, learner, seconds) as told_to:
            try:
                for epoch in learner.fit(dataset.train):
                    scores = _validate(learner, dataset, epoch)
                    append_json_line(place.epochs, epoch.canonical() | scores)
                    told_to.epoch_ends(epoch, scores)
                    passes.append(epoch)
                    if stopper.update(epoch.epoch, scores) and stopper.keeps_best:
                        best = learner.weights()
                    if stopper.should_stop():
                        break
                if best is not None:
                    learner.restore(best)
                ledger = Ledger(Path(runs) / f"{study}.ledger.jsonl", study)
                told = _score(learner, dataset, ledger, f"score {title}, seed {seed}", place, passes[-1])
            except Diverged as error:
                told = {"status": "diverged", "epoch": error.epoch, "step": error.step, "message": str(error)}
            else:
                told |= {
                    "epochs": len(passes),
                    "kept": "best" if stopper.keeps_best else "last",
                    "kept_epoch": stopper.kept_epoch,
                    "stopped_early": len(passes) < recipe.training.epochs,
                    "images_per_second": float(np.median([epoch.images_per_second for epoch in passes])),
                }
                told["seconds"] |= {
                    "per_epoch": float(np.median([epoch.seconds for epoch in passes])),
                    "training": sum(epoch.seconds for epoch in passes),
                    "total": time.perf_counter() - began,
                    "processor": time.process_time() - worked,
                }
            told["seed"] = seed
            place.finish(told)
            told_to.run_ends(told)
    return replace(open_run(place.path), fresh=True)


def _prepare(recipe: Recipe, seed: int, dataset: Dataset, place: Folder, device: str) -> Learner:
    """Write down what is about to happen, and draw the first weights."""
    shape, classes = dataset.facts.shape, len(dataset.classes)
    engine = engine_for(recipe.model, recipe.training, device, shape=shape, classes=classes)
    told = {"seed": seed, "recipe": recipe.model_dump(mode="json"), "data": asdict(dataset.facts)}
    write_json(place.recipe, told)
    write_json(place.machine, machine.describe(engine))
    return prepare(
        recipe.model,
        recipe.training,
        shape=shape,
        classes=classes,
        engine=engine,
        seeds=Seeds(seed),
        standardise_on=dataset.train.images if recipe.data.scaling == "standard" else None,
    )


def _score(
    learner: Learner, dataset: Dataset, ledger: Ledger, reason: str, place: Folder, last: Epoch
) -> dict[str, Any]:
    """Open the test part, now that nothing is left to be chosen, and keep weights, predictions and scores."""
    predictions = {}
    if dataset.validation is not None:
        predictions["validation"] = _predict(learner, dataset.validation, last)
    started = time.perf_counter()
    test = dataset.test.open(ledger, reason)
    predictions["test"] = _predict(learner, test, last)
    seconds = time.perf_counter() - started
    write_atomic(place.weights, save(learner.weights()))
    _write_predictions(place, predictions)
    scores = {split: _scores(found) for split, found in predictions.items()}
    if isinstance(learner, TorchLearner) and learner.spec.mirrored:
        plain = Predictions(test.labels, learner.predict(test.images, mirrored=False))
        scores["test"]["accuracy_unmirrored"] = metrics.accuracy(plain)
    return {
        "status": "finished",
        "scores": scores,
        "opened_by": ledger.study,
        "seconds": {"testing": seconds},
    }


def _validate(learner: Learner, dataset: Dataset, epoch: Epoch) -> dict[str, float]:
    if dataset.validation is None:
        return {}
    scores = _scores(_predict(learner, dataset.validation, epoch))
    return {f"val_{name}": score for name, score in scores.items()}


def _predict(learner: Learner, split: Split, epoch: Epoch) -> Predictions:
    """What the learner says after an epoch. Raises Diverged when the epoch's last step broke it, which no loss saw."""
    probs = learner.predict(split.images)
    if not np.isfinite(probs).all():
        raise Diverged(loss=math.nan, epoch=epoch.epoch, step=learner.steps, rate=epoch.rate)
    return Predictions(split.labels, probs)


def _scores(predictions: Predictions) -> dict[str, float]:
    return {"accuracy": metrics.accuracy(predictions), "loss": metrics.log_loss(predictions)}


def _write_predictions(place: Folder, predictions: dict[str, Predictions]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for split, found in predictions.items():
        arrays |= {f"{split}_labels": found.labels, f"{split}_probs": found.probs}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    write_atomic(place.predictions, file.getvalue())
