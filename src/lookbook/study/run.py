"""One run: a recipe with a seed becomes a folder. What happens between epochs is here, as ordinary lines."""

import io
import math
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.torch import save

from lookbook.data.dataset import Dataset, load
from lookbook.data.parts import Split
from lookbook.data.seal import Ledger
from lookbook.errors import Diverged, LookbookError
from lookbook.evaluation import metrics
from lookbook.evaluation.predictions import Predictions
from lookbook.files import append_json_line, make_folder, write_atomic, write_json
from lookbook.models.learner import Learner
from lookbook.seeds import Seeds
from lookbook.study import machine
from lookbook.study.progress import Silent, Watch
from lookbook.study.recipe import Recipe
from lookbook.study.record import Folder, Run, folder, open_run
from lookbook.training import prepare
from lookbook.training.device import choose
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
    dataset = dataset or load(recipe.data)
    place = folder(make_folder(Path(runs)), recipe, seed, dataset.facts)
    with place.claim(wait=wait):
        if not place.metrics.exists():
            place.clear()
            ledger = Ledger(Path(runs) / f"{study}.ledger.jsonl", study)
            label = label or place.path.name
            _train_and_score(recipe, seed, place, dataset, ledger, label, device, watch or Silent(), seconds)
    return open_run(place.path)


def _train_and_score(
    recipe: Recipe,
    seed: int,
    place: Folder,
    dataset: Dataset,
    ledger: Ledger,
    label: str,
    device: str,
    watch: Watch,
    expected: float,
) -> None:
    began = time.perf_counter()
    engine = choose(device, recipe.training.precision)
    write_json(place.recipe, {"seed": seed, "recipe": recipe.canonical(), "data": asdict(dataset.facts)})
    write_json(place.machine, machine.describe(engine))
    learner = prepare(
        recipe.model,
        recipe.training,
        shape=dataset.facts.shape,
        classes=len(dataset.classes),
        engine=engine,
        seeds=Seeds(seed),
        standardise_on=dataset.train.images if recipe.data.scaling == "standard" else None,
    )
    stopper = Stopper(recipe.training.stopping)
    best = None
    seconds: list[float] = []
    rates: list[float] = []
    watch.run_begins(label, seed, recipe, learner, expected)
    try:
        for epoch in learner.fit(dataset.train):
            scores = _validate(learner, dataset)
            if not all(math.isfinite(score) for score in scores.values()):  # the last step broke it, no loss saw it
                raise Diverged(loss=scores["val_loss"], epoch=epoch.epoch, step=learner.steps, rate=epoch.rate)
            append_json_line(place.epochs, epoch.canonical() | scores)
            watch.epoch_ends(epoch, scores)
            seconds.append(epoch.seconds)
            rates.append(epoch.images_per_second)
            if stopper.update(epoch.epoch, scores) and stopper.keeps_best:
                best = learner.weights()
            if stopper.should_stop():
                break
    except Diverged as error:
        told = {"status": "diverged", "seed": seed, "epoch": error.epoch, "step": error.step, "message": str(error)}
        place.finish(told)
        watch.run_ends(told)
        return
    if best is not None:
        learner.restore(best)

    predictions = {"validation": _predict(learner, dataset.validation)} if dataset.validation is not None else {}
    started = time.perf_counter()
    test = dataset.test.open(ledger, f"score {label}, seed {seed}")  # training is over: nothing is chosen after this
    predictions["test"] = _predict(learner, test)
    testing = time.perf_counter() - started

    write_atomic(place.weights, save(learner.weights()))
    _write_predictions(place, predictions)
    told = {
        "status": "finished",
        "seed": seed,
        "epochs": stopper.epoch,
        "kept_epoch": stopper.kept_epoch,
        "kept": "best" if stopper.keeps_best else "last",
        "stopped_early": stopper.should_stop() and stopper.epoch < recipe.training.epochs,
        "scores": {split: _scores(found) for split, found in predictions.items()},
        "opened_by": ledger.study,
        "seconds": {
            "per_epoch": float(np.median(seconds)),
            "training": sum(seconds),
            "testing": testing,
            "total": time.perf_counter() - began,
        },
        "images_per_second": float(np.median(rates)),
    }
    place.finish(told)
    watch.run_ends(told)


def _validate(learner: Learner, dataset: Dataset) -> dict[str, float]:
    if dataset.validation is None:
        return {}
    return {f"val_{name}": score for name, score in _scores(_predict(learner, dataset.validation)).items()}


def _predict(learner: Learner, split: Split) -> Predictions:
    return Predictions(split.labels, learner.predict(split.images))


def _scores(predictions: Predictions) -> dict[str, float]:
    return {"accuracy": metrics.accuracy(predictions), "loss": metrics.log_loss(predictions)}


def _write_predictions(place: Folder, predictions: dict[str, Predictions]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for split, found in predictions.items():
        arrays |= {f"{split}_labels": found.labels, f"{split}_probs": found.probs}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    write_atomic(place.predictions, file.getvalue())
