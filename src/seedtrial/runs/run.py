"""One run: a recipe with a seed becomes a folder. What happens between epochs is here, as ordinary lines."""

import io
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from seedtrial.data.dataset import Dataset, load
from seedtrial.data.parts import Split
from seedtrial.data.seal import Ledger
from seedtrial.errors import Diverged, SeedtrialError
from seedtrial.evaluation import metrics
from seedtrial.evaluation.predictions import Predictions
from seedtrial.files import append_json_line, make_folder, write_atomic, write_json
from seedtrial.models.learner import Epoch, Learner
from seedtrial.runs import checkpoint, machine
from seedtrial.runs.checkpoint import Clock
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder, Run, folder, open_run
from seedtrial.runs.watch import Silent, Watch
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.prepare import engine_for, prepare
from seedtrial.training.spec import TrainSpec
from seedtrial.training.stopping import Stopper


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
    """Train a recipe with a seed, score it, and keep the record; a run that is finished already is only opened, and one
    that broke off goes on from its checkpoint.

    runs:    the folder that run folders live in
    study:   whose ledger an opening of the test part is written to
    label:   what the study calls the recipe
    dataset: what `load(recipe.data)` gives, if it is at hand
    watch:   who is told of the epochs
    seconds: how long it may take, for who is told
    wait:    whether to wait for another process that works on the same run

    Raises SeedtrialError when the parts of the recipe do not fit together or its folder is damaged, and Busy when
    another process works on the run and we do not wait.
    """
    problem = recipe.problem()
    if problem:
        raise SeedtrialError(problem)
    dataset, watch = dataset or load(recipe.data), watch or Silent()
    place = folder(make_folder(Path(runs)), recipe, seed, dataset.facts)
    title = label or place.path.name
    with place.claim(wait=wait):
        if place.metrics.exists():
            place.checkpoint.unlink(missing_ok=True)
            return open_run(place.path)
        shape, classes = dataset.facts.shape, len(dataset.classes)
        engine = engine_for(recipe.model, recipe.training, device, shape=shape, classes=classes)
        before = checkpoint.read(place, engine)
        if before.learner is None:
            place.clear()
        if before.refused or before.learner is not None:
            how = (
                f"begins anew, since {before.refused}"
                if before.refused
                else f"goes on after epoch {len(before.epochs)}"
            )
            watch.note(f"{title}, seed {seed}: {how}")
        clock, lines, best = Clock(before.seconds), before.epochs, before.best
        learner = _prepare(recipe, seed, dataset, place, engine)
        stopper = Stopper(recipe.training.stopping)
        for line in lines:
            stopper.update(line["epoch"], line)
        with watch.run(title, seed, recipe.training.epochs, learner, seconds) as told_to:
            try:
                for epoch in learner.fit(dataset.train, after=before.learner):
                    scores = _validate(learner, dataset, epoch)
                    lines.append(epoch.canonical() | scores)
                    append_json_line(place.epochs, lines[-1])
                    told_to.epoch_ends(epoch, scores)
                    if stopper.update(epoch.epoch, scores) and stopper.keeps_best:
                        best = learner.weights()
                    if stopper.should_stop():
                        break
                    if clock.due():
                        now = replace(before, learner=learner.checkpoint(), best=best, seconds=clock.seconds())
                        try:
                            now.write(place, engine)
                        except OSError as error:  # the training is worth more than what would save it
                            watch.note(f"{title}, seed {seed}: no checkpoint could be written ({error.strerror})")
                if best is not None:
                    learner.restore(best)
                ledger = Ledger(Path(runs) / f"{study}.ledger.jsonl", study)
                told = _score(learner, dataset, ledger, f"score {title}, seed {seed}", place, lines[-1])
            except Diverged as error:
                told = {"status": "diverged", "epoch": error.epoch, "step": error.step, "message": str(error)}
            else:
                told |= _training(lines, stopper, recipe.training)
                told["seconds"] |= _seconds(lines) | clock.seconds()
            told["seed"] = seed
            if before.resumed:
                told["resumed"] = list(before.resumed)
            place.finish(told)
            told_to.run_ends(told)
    return replace(open_run(place.path), fresh=True)


def _prepare(recipe: Recipe, seed: int, dataset: Dataset, place: Folder, engine: Engine) -> Learner:
    """Write down what is about to happen, and draw the first weights."""
    told = {"seed": seed, "recipe": recipe.model_dump(mode="json"), "data": asdict(dataset.facts)}
    write_json(place.recipe, told)
    write_json(place.machine, machine.describe(engine))
    return prepare(
        recipe.model,
        recipe.training,
        shape=dataset.facts.shape,
        classes=len(dataset.classes),
        engine=engine,
        seeds=Seeds(seed),
        standardise_on=dataset.train.images if recipe.data.scaling == "standard" else None,
    )


def _training(lines: list[dict[str, Any]], stopper: Stopper, spec: TrainSpec) -> dict[str, Any]:
    """What is told of all passes. lines: what epochs.jsonl has"""
    return {
        "epochs": len(lines),
        "kept": "best" if stopper.keeps_best else "last",
        "kept_epoch": stopper.kept_epoch,
        "stopped_early": len(lines) < spec.epochs,
        "images_per_second": float(np.median([line["images_per_second"] for line in lines])),
    }


def _seconds(lines: list[dict[str, Any]]) -> dict[str, float]:
    seconds = [line["seconds"] for line in lines]
    return {"per_epoch": float(np.median(seconds)), "training": sum(seconds)}


def _score(
    learner: Learner, dataset: Dataset, ledger: Ledger, reason: str, place: Folder, last: dict[str, Any]
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
    scores = _scores(_predict(learner, dataset.validation, epoch.canonical()))
    return {f"val_{name}": score for name, score in scores.items()}


def _predict(learner: Learner, split: Split, epoch: Mapping[str, Any]) -> Predictions:
    """What the learner says after an epoch, told as in epochs.jsonl.

    Raises Diverged when the epoch's last step broke it, which no loss saw.
    """
    probs = learner.predict(split.images)
    if not np.isfinite(probs).all():
        raise Diverged(loss=math.nan, epoch=epoch["epoch"], step=learner.steps, rate=epoch["rate"])
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
