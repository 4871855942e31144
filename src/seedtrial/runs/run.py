"""One training: a recipe with a seed becomes a folder. What happens between epochs is here, as ordinary lines."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from seedtrial.data.dataset import Dataset, load
from seedtrial.data.parts import Split
from seedtrial.errors import Diverged, SeedtrialError
from seedtrial.evaluation import metrics
from seedtrial.evaluation.predictions import Predictions
from seedtrial.files import append_json_line, make_folder, write_atomic, write_json
from seedtrial.models.learner import Learner
from seedtrial.runs import checkpoint, machine
from seedtrial.runs.checkpoint import Checkpoint, Clock
from seedtrial.runs.metrics import EpochLine, Metrics, Scores, Seconds
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder, folder
from seedtrial.runs.remarks import remarks, sample
from seedtrial.runs.trained import Run, open_run
from seedtrial.runs.watch import Silent, Watch
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.prepare import engine_for, prepare
from seedtrial.training.stopping import Stopper

CHECKED = 1000  # training images that show whether the kept weights predict as they trained


@dataclass(frozen=True)
class Order:
    """How one run is to be trained.

    runs:    the folder that run folders live in
    label:   what a study calls the recipe; its folder's name if empty
    study:   the name of that study
    device:  auto, cpu or cuda
    seconds: expected seconds, for the progress display
    wait:    whether to wait for another process that works on the same run

    >>> Order(Path("runs"), label="conv").device
    'auto'
    """

    runs: Path
    label: str = ""
    study: str = ""
    device: str = "auto"
    seconds: float = 0.0
    wait: bool = True


def run(
    recipe: Recipe,
    seed: int = 0,
    *,
    runs: Path | str = "runs",
    dataset: Dataset | None = None,
    device: str = "auto",
    watch: Watch | None = None,
) -> Run:
    """Train a recipe with a seed and keep the record. The test set stays sealed; `examine` opens it.

    runs:    the folder that run folders live in
    dataset: what `load(recipe.data)` gives, if it is at hand
    watch:   what shows the progress

    A run that is trained already is only opened; an interrupted one goes on from its checkpoint.
    Raises SeedtrialError when the parts of the recipe do not fit together or its folder is damaged.

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trained = run(recipe, seed=1, runs=folder)
    ...     sorted(trained.predictions), len(trained.epochs)
    (['validation'], 2)
    """
    return train(recipe, seed, Order(Path(runs), device=device), dataset=dataset, watch=watch)


def train(
    recipe: Recipe, seed: int, order: Order, *, dataset: Dataset | None = None, watch: Watch | None = None
) -> Run:
    """As `run`, for callers that train many. Raises Busy when another process works on the run and we do not wait.

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train(recipe, 0, Order(Path(folder), label="linear", study="mine")).metrics.status
    'finished'
    """
    problem = recipe.problem()
    if problem:
        raise SeedtrialError(problem)
    dataset, watch = dataset or load(recipe.data), watch or Silent()
    shape, classes = dataset.facts.shape, len(dataset.classes)
    run_folder = folder(make_folder(order.runs), recipe, seed, dataset.facts)
    title = (order.label or run_folder.path.name) + (f", {recipe.data.fold}" if recipe.data.fold else "")
    with run_folder.claim(wait=order.wait):
        if run_folder.metrics.exists():
            run_folder.checkpoint.unlink(missing_ok=True)
            return open_run(run_folder.path, model=recipe.model)
        engine = engine_for(recipe.model, recipe.training, order.device, shape=shape, classes=classes)
        before = checkpoint.read_checkpoint(run_folder, engine)
        learner = _begin(run_folder, before, recipe, seed, dataset, engine, order)
        if before.refused or before.learner is not None:
            how = (
                f"starts again, since {before.refused}"
                if before.refused
                else f"continues after epoch {len(before.epochs)}"
            )
            watch.note(f"{title}, seed {seed}: {how}")
        clock, lines, best = Clock(before.seconds), list(before.epochs), before.best
        stopper = Stopper(recipe.training.stopping)
        for line in lines:  # early stopping remembers what it saw before the interruption
            stopper.update(line.epoch, line.plain())
        with watch.run(title, seed, recipe.training.epochs, learner, order.seconds) as progress:
            try:
                for epoch in learner.fit(dataset.train, after=before.learner):
                    line = EpochLine(**epoch.canonical())
                    if dataset.validation is not None:
                        now = score(predict_split(learner, dataset.validation, line))
                        line = line.model_copy(update={"val_accuracy": now.accuracy, "val_loss": now.loss})
                    lines.append(line)
                    append_json_line(run_folder.epochs, line.plain(), durable=False)  # `finish` sees to it
                    progress.epoch_ends(line)
                    if stopper.update(line.epoch, line.plain()) and stopper.keeps_best:
                        best = learner.weights()
                    if stopper.should_stop():
                        break
                    if clock.due():
                        so_far = replace(before, epochs=tuple(lines), learner=learner.checkpoint(), best=best)
                        try:
                            replace(so_far, seconds=clock.seconds()).write(run_folder, engine)
                        except OSError as error:  # the training is worth more than what would save it
                            watch.note(f"{title}, seed {seed}: no checkpoint could be written ({error.strerror})")
                if best is not None:
                    learner.restore(best)
                scores, odd = _keep(learner, dataset, run_folder, lines[stopper.kept_epoch - 1], recipe)
            except Diverged as error:
                ended = Metrics(status="diverged", seed=seed, epoch=error.epoch, step=error.step, message=str(error))
            else:
                ended = _ended(seed, scores, lines, stopper, clock, recipe)
                if odd:
                    ended = ended.model_copy(update={"remarks": odd})
            if before.resumed:
                ended = ended.model_copy(update={"resumed": before.resumed})
            run_folder.finish(ended)
            progress.run_ends(ended)
    return replace(open_run(run_folder.path, model=recipe.model), fresh=True, live=learner)


def _begin(
    run_folder: Folder, before: Checkpoint, recipe: Recipe, seed: int, dataset: Dataset, engine: Engine, order: Order
) -> Learner:
    """Write recipe.json and machine.json, and draw the first weights."""
    if before.learner is None:
        run_folder.clear()
    else:
        checkpoint.rewind(run_folder, before)
    run_folder.begin(recipe, seed, dataset.facts, study=order.study, label=order.label)
    write_json(run_folder.machine, machine.describe(engine).plain())
    return prepare(
        recipe.model,
        recipe.training,
        shape=dataset.facts.shape,
        classes=len(dataset.classes),
        engine=engine,
        seeds=Seeds(seed),
        standardise_on=dataset.train.images if recipe.data.scaling == "standard" else None,
    )


def _keep(
    learner: Learner, dataset: Dataset, run_folder: Folder, kept: EpochLine, recipe: Recipe
) -> tuple[dict[str, Scores], tuple[str, ...]]:
    """Write the kept weights and their validation predictions; return the scores, and what is odd about them.

    kept: the epoch that the weights are of

    Raises Diverged when the last step broke the weights, which no loss saw.
    """
    scores: dict[str, Scores] = {}
    validation = None if dataset.validation is None else predict_split(learner, dataset.validation, kept)
    if validation is not None:
        write_predictions(run_folder.predictions, {"validation": validation})
        scores["validation"] = score(validation)
    training = predict_split(learner, sample(dataset.train, CHECKED), kept)
    write_atomic(run_folder.weights, save(learner.weights()))
    sampled = recipe.training.balance == "sampling"
    return scores, remarks(dataset.classes, validation, training, kept.accuracy, sampled=sampled)


def _ended(
    seed: int, scores: dict[str, Scores], lines: Sequence[EpochLine], stopper: Stopper, clock: Clock, recipe: Recipe
) -> Metrics:
    seconds = [line.seconds for line in lines]
    return Metrics(
        status="finished",
        seed=seed,
        scores=scores,
        seconds=Seconds(per_epoch=float(np.median(seconds)), training=sum(seconds), **clock.seconds()),
        epochs=len(lines),
        kept="best" if stopper.keeps_best else "last",
        kept_epoch=stopper.kept_epoch,
        stopped_early=len(lines) < recipe.training.epochs,
        images_per_second=float(np.median([line.images_per_second for line in lines])),
    )


def predict_split(learner: Learner, split: Split, line: EpochLine) -> Predictions:
    """The learner's predictions for a split after an epoch. Raises Diverged when they are not finite.

    >>> from seedtrial.models import Majority
    >>> from seedtrial.training.prepare import usual
    >>> learner = Majority().learner(usual(Majority()), shape=(1, 2, 2), classes=2, seeds=Seeds(0))
    >>> train = Split("train", np.zeros((4, 1, 2, 2), np.uint8), np.array([0, 1, 1, 1]))
    >>> (epoch,) = learner.fit(train)
    >>> float(predict_split(learner, train, EpochLine(**epoch.canonical())).right.mean())
    0.75
    """
    probs = learner.predict(split.images)
    if not np.isfinite(probs).all():
        raise Diverged(loss=math.nan, epoch=line.epoch, step=learner.steps, rate=line.rate)
    return Predictions(split.labels, probs, split.index)


def score(predictions: Predictions) -> Scores:
    """Accuracy and mean cross-entropy of predictions.

    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> score(predictions).accuracy
    0.5
    """
    return Scores(accuracy=metrics.accuracy(predictions), loss=metrics.log_loss(predictions))


def write_predictions(path: Path, predictions: Mapping[str, Predictions]) -> None:
    """Write labels and probabilities of some splits into an .npz file.

    >>> import tempfile
    >>> predictions = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]], np.float32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_predictions(Path(folder, "predictions.npz"), {"validation": predictions})
    ...     list(np.load(Path(folder, "predictions.npz")))
    ['validation_labels', 'validation_probs']
    """
    arrays: dict[str, np.ndarray] = {}
    for split, predicted in predictions.items():
        arrays |= {f"{split}_labels": predicted.labels, f"{split}_probs": predicted.probs}
        if predicted.index is not None:
            arrays[f"{split}_index"] = predicted.index
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    write_atomic(path, file.getvalue())
