"""A recorded run as something to ask: its scores, its curves, its predictions, and its network."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from seedtrial.data import picture
from seedtrial.data.dataset import Dataset
from seedtrial.data.folds import Fold
from seedtrial.data.reader import Facts
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.predictions import Predictions
from seedtrial.files import read_json, read_json_lines
from seedtrial.models.learner import Learner
from seedtrial.models.model import Model
from seedtrial.notebook import data_frame, paragraph, table_html
from seedtrial.runs.metrics import EpochLine, Machine, Metrics, TestMetrics
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.prepare import prepare


@dataclass(frozen=True, repr=False)
class Run:
    """A trained run, read from its folder; in an interactive session it shows itself in one line.

    fresh: whether the call that returned it trained it
    live:  the learner that trained it, if that call still has it
    model: the recipe's model as the user has it, with the function that builds a module of their own

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.runs.run import run
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trained = run(recipe, runs=folder)
    ...     trained.predict(np.zeros((2, 1, 8, 8), np.uint8)).shape
    (2, 10)
    """

    folder: Folder
    metrics: Metrics
    fresh: bool = False
    live: Learner | None = field(default=None, compare=False, repr=False)
    model: Model | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        score = self.metrics.validation
        scored = "diverged" if self.diverged else f"validation {score.accuracy:.2%}" if score else "trained"
        return f"Run({self.folder.path}, {scored})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the run in one line, and its curve as a table of some epochs."""
        step = max(1, len(self.epochs) // 10)
        lines = [line for line in self.epochs if line.epoch % step == 0 or line is self.epochs[-1]]
        rows = [
            (
                line.epoch,
                f"{line.loss:.4f}",
                f"{line.accuracy:.2%}",
                "–" if line.val_accuracy is None else f"{line.val_accuracy:.2%}",
            )
            for line in lines
        ]
        return paragraph(repr(self), strong=True) + table_html(("epoch", "loss", "accuracy", "validation"), rows)

    def to_dataframe(self) -> Any:
        """Its learning curve as a data frame of pandas or polars, a row per epoch."""
        return data_frame([line.plain() for line in self.epochs])

    @cached_property
    def _identity(self) -> tuple[Recipe, int, Facts]:
        return self.folder.identity()

    @property
    def recipe(self) -> Recipe:
        """What was chosen."""
        recipe = self._identity[0]
        return recipe if self.model is None else recipe.model_copy(update={"model": self.model})

    @property
    def facts(self) -> Facts:
        """What identifies the data it was trained on."""
        return self._identity[2]

    @property
    def seed(self) -> int:
        """The seed of all its random numbers."""
        return self.metrics.seed

    @property
    def fold(self) -> Fold | None:
        """The fold that was its test part; None where the data have a test part of their own."""
        return self.recipe.data.fold

    @property
    def which(self) -> str:
        """Its seed and fold in words."""
        return which(self.seed, self.fold)

    @property
    def diverged(self) -> bool:
        """Whether its loss became infinite; then it has no predictions and no weights."""
        return self.metrics.status == "diverged"

    @cached_property
    def test(self) -> TestMetrics | None:
        """The scores on the test images; None while the test set is sealed for this run."""
        if self.folder.test.exists():
            return TestMetrics.model_validate(read_json(self.folder.test))
        scores = self.metrics.scores.get("test")
        if scores is None:
            return None
        seconds, study = self.metrics.seconds.testing or 0.0, self.metrics.opened_by or ""
        return TestMetrics(version=1, seed=self.seed, scores=scores, seconds=seconds, opened_by=study)

    @cached_property
    def machine(self) -> Machine:
        """What it was trained on."""
        return Machine.model_validate(read_json(self.folder.machine))

    @cached_property
    def epochs(self) -> tuple[EpochLine, ...]:
        """Its learning curve."""
        return tuple(EpochLine.model_validate(line) for line in read_json_lines(self.folder.epochs))

    @cached_property
    def predictions(self) -> dict[str, Predictions]:
        """Its predictions by split: "validation", where there is one, and "test" once it is examined."""
        predictions: dict[str, Predictions] = {}
        for path in (self.folder.predictions, self.folder.test_predictions):
            if path.exists() and (path != self.folder.test_predictions or self.folder.test.exists()):
                with np.load(path, allow_pickle=False) as arrays:
                    for name in sorted(name for name in arrays.files if name.endswith("_labels")):
                        split = name.removesuffix("_labels")
                        index = arrays[f"{split}_index"] if f"{split}_index" in arrays.files else None
                        predictions[split] = Predictions(arrays[name], arrays[f"{split}_probs"], index)
        return predictions

    def weights(self) -> dict[str, np.ndarray]:
        """The kept weights by name. Raises SeedtrialError when the run diverged and has none."""
        if self.diverged:
            where = f"epoch {self.metrics.epoch}, step {self.metrics.step}"
            raise SeedtrialError(f"{self.folder.path} has no weights: it diverged in {where}.")
        return dict(load_file(self.folder.weights))

    def learner(self, engine: Engine | None = None) -> Learner:
        """A learner with the run's weights.

        engine: what it computes on; float32 on the CPU if None

        Raises SeedtrialError when the run diverged and has no weights.
        """
        weights, facts = self.weights(), self.facts
        learner = prepare(
            self.recipe.model,
            self.recipe.training,
            shape=facts.shape,
            classes=len(facts.classes),
            engine=engine or choose_engine("cpu", "fp32"),
            seeds=Seeds(self.seed),
        )
        learner.restore(weights)  # they include how pixels are scaled
        return learner

    @cached_property
    def _learner(self) -> Learner:
        return self.learner()

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities (N, K) float32 for images (N, C, H, W) uint8 of the run's shape; float32 on the CPU."""
        if images.shape[1:] != self.facts.shape:
            raise SeedtrialError(f"This run takes images of shape {self.facts.shape}, not {images.shape[1:]}.")
        return self._learner.predict(images)

    def check_images(self, dataset: Dataset) -> None:
        """Raises SeedtrialError when a data set holds other images than those that the run was trained on."""
        if dataset.facts.fingerprint != self.facts.fingerprint:
            raise SeedtrialError(
                f"{dataset.name} holds other images now than those that {self.folder.path} was trained on."
            )

    def pixels(self, path: Path) -> np.ndarray:
        """A user's picture as the run's network takes it, (C, H, W) uint8: turned upright, resized and cropped.

        Raises SeedtrialError when there is no such file or it cannot be used.
        """
        if not path.is_file():
            raise SeedtrialError(f"There is no picture {path}.")
        channels, height, width = self.facts.shape
        try:
            return picture.read_picture(
                path,
                size=(width, height),
                channels=channels,
                span=self.recipe.data.range,
                background=self.recipe.data.background or "white",
                fit=self.recipe.data.fit or "crop",
            )
        except picture.Unusable as error:
            raise SeedtrialError(f"Cannot use the picture {path}: {error}.") from None


def which(seed: int, fold: Fold | None) -> str:
    """A seed, and a fold where there is one, in words.

    >>> which(0, None), which(1, Fold(number=2, of=5))
    ('seed 0', 'seed 1, fold 2 of 5')
    """
    return f"seed {seed}" + (f", {fold}" if fold else "")


def open_run(path: Path | str, *, model: Model | None = None) -> Run:
    """A trained run from its folder.

    model: the model that it was trained with, needed for a network of your own, whose function no file holds

    Raises SeedtrialError when it is unfinished, damaged in any byte, or of another model.

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.runs.run import run
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = run(recipe, runs=folder).folder.path
    ...     open_run(path).learner().predict(np.zeros((2, 1, 8, 8), np.uint8)).shape
    (2, 10)
    """
    run_folder = Folder(Path(path))
    if not run_folder.path.is_dir():
        raise SeedtrialError(f"There is no run folder {run_folder.path}.")
    if not run_folder.metrics.exists():
        raise SeedtrialError(f"{run_folder.path} is not finished: it has no metrics.json.")
    damage = run_folder.damage()
    if damage is not None:
        raise SeedtrialError(damage)
    run = Run(run_folder, Metrics.model_validate(read_json(run_folder.metrics)), model=model)
    if model is not None and run_folder.identity()[0].model.identity() != model.identity():
        raise SeedtrialError(f"{run_folder.path} was trained with another model.")
    return run
