"""The folder of a run: which files it has, what makes it count as finished, and how it is read again.

A run is finished when its metrics.json exists; that file is written last and holds the SHA-256 of the others and of
itself. A folder without it is redone, from its checkpoint if there is one. A folder with it whose bytes have changed is
damaged: it is named and not used.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import filelock
import numpy as np
from safetensors.numpy import load_file

from seedtrial.data.reader import Facts
from seedtrial.errors import Busy, SeedtrialError
from seedtrial.evaluation.predictions import Predictions
from seedtrial.files import as_json, read_json, read_json_lines, sha256, write_json
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import check, digest

State = Literal["missing", "finished", "diverged", "failed", "damaged"]


@dataclass(frozen=True)
class Folder:
    """Where a run's files are or will be."""

    path: Path

    @property
    def recipe(self) -> Path:
        """What was chosen, and the data's fingerprint and classes."""
        return self.path / "recipe.json"

    @property
    def machine(self) -> Path:
        """Versions, commit, device, threads, precision, command."""
        return self.path / "machine.json"

    @property
    def epochs(self) -> Path:
        """One line per epoch, written as it ends."""
        return self.path / "epochs.jsonl"

    @property
    def predictions(self) -> Path:
        """Labels and probabilities on the validation and the test images."""
        return self.path / "predictions.npz"

    @property
    def weights(self) -> Path:
        """The kept weights."""
        return self.path / "weights.safetensors"

    @property
    def checkpoint(self) -> Path:
        """Where a long training may go on if it breaks off; gone when it is finished."""
        return self.path / "checkpoint.safetensors"

    @property
    def failure(self) -> Path:
        """Why the latest attempt broke off, if it did."""
        return self.path / "failure.json"

    @property
    def metrics(self) -> Path:
        """The scores; its existence means finished."""
        return self.path / "metrics.json"

    def finish(self, metrics: dict[str, Any]) -> None:
        """Write metrics.json with the checksums of all other files: from here on the run counts as finished."""
        files = sorted(
            path for path in self.path.iterdir() if path.suffix in (".json", ".jsonl", ".npz", ".safetensors")
        )
        sealed = metrics | {"files": {path.name: sha256(path) for path in files if path != self.checkpoint}}
        write_json(self.metrics, sealed | {"sha256": digest(sealed)})
        self.checkpoint.unlink(missing_ok=True)

    def state(self) -> State:
        """What this folder is worth, every byte checked."""
        if not self.metrics.exists():
            return "failed" if self.failure.exists() else "missing"
        if self.damage() is not None or self.misplaced() is not None:
            return "damaged"
        return "diverged" if read_json(self.metrics)["status"] == "diverged" else "finished"

    def damage(self) -> str | None:
        """What is wrong with a finished folder, if anything, with the way out."""
        way_out = f"Delete {self.path} to have it run again."
        try:
            metrics = read_json(self.metrics)
            claimed = metrics.pop("sha256")
            if digest(metrics) != claimed or self.metrics.read_text() != as_json(metrics | {"sha256": claimed}):
                return f"{self.metrics} was changed after the run. {way_out}"
            for name, checksum in metrics["files"].items():
                path = self.path / name
                if not path.is_file():
                    return f"{path} is missing. {way_out}"
                if sha256(path) != checksum:
                    return f"{path} was changed after the run. {way_out}"
        except (SeedtrialError, KeyError, AttributeError, TypeError, OSError):
            return f"{self.metrics} is damaged. {way_out}"
        return None

    def misplaced(self) -> str | None:
        """Which other run lies here, if one does: copied to this name, it would count as a run that nobody made."""
        run = Run(self, read_json(self.metrics))
        try:
            name = folder(Path(), run.recipe, run.seed, run.facts).path.name
        except (SeedtrialError, KeyError, TypeError):
            name = "of another version"
        if name == self.path.name:
            return None
        return f"{self.path} holds the run {name}. Delete it to have this one run."

    def clear(self) -> None:
        """Remove what an unfinished attempt left."""
        if self.metrics.exists():
            raise SeedtrialError(f"{self.path} is a finished run and is not overwritten.")
        shutil.rmtree(self.path, ignore_errors=True)
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            raise SeedtrialError(f"Cannot make the folder {self.path}: {error.strerror or error}.") from None

    @contextmanager
    def claim(self, *, wait: bool) -> Iterator[None]:
        """Hold the run against other processes; the hold ends with the process, however it ends.

        Raises Busy when another process holds it and we do not want to wait.
        """
        locks = self.path.parent / ".locks"
        locks.mkdir(exist_ok=True)
        try:
            with filelock.FileLock(locks / f"{self.path.name}.lock", timeout=-1 if wait else 0):
                yield
        except filelock.Timeout:
            raise Busy(f"Another seedtrial is working on {self.path}.") from None


def folder(runs: Path, recipe: Recipe, seed: int, facts: Facts) -> Folder:
    """The folder of a recipe with a seed: RUNS/<first 12 digits of the digest>-s<seed>."""
    return Folder(runs / f"{recipe.digest(facts)[:12]}-s{seed}")


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder."""

    folder: Folder
    metrics: dict[str, Any]
    fresh: bool = False  # made by the call that returned it, not before

    @cached_property
    def recipe(self) -> Recipe:
        """What was chosen."""
        return check(Recipe, read_json(self.folder.recipe)["recipe"])

    @cached_property
    def facts(self) -> Facts:
        """What identifies the data it was trained on."""
        facts = read_json(self.folder.recipe)["data"]
        return Facts(**facts | {"classes": tuple(facts["classes"]), "shape": tuple(facts["shape"])})

    @property
    def seed(self) -> int:
        """The one seed all its chance came from."""
        return int(self.metrics["seed"])

    @property
    def diverged(self) -> bool:
        """Whether it ended with a loss that is not finite; then it has no predictions and no weights."""
        return bool(self.metrics["status"] == "diverged")

    @cached_property
    def machine(self) -> dict[str, Any]:
        """What it ran on."""
        return dict(read_json(self.folder.machine))

    @cached_property
    def epochs(self) -> list[dict[str, Any]]:
        """Its learning curve, one entry per epoch."""
        return read_json_lines(self.folder.epochs)

    @cached_property
    def predictions(self) -> dict[str, Predictions]:
        """What it says about the images of each split: "test", and "validation" where there is one."""
        with np.load(self.folder.predictions, allow_pickle=False) as arrays:
            splits = sorted(name.removesuffix("_labels") for name in arrays.files if name.endswith("_labels"))
            return {split: Predictions(arrays[f"{split}_labels"], arrays[f"{split}_probs"]) for split in splits}

    def weights(self) -> dict[str, np.ndarray]:
        """The kept weights by name."""
        return dict(load_file(self.folder.weights))


def open_run(path: Path | str) -> Run:
    """A finished run from its folder. Raises SeedtrialError when it is unfinished, or damaged in any byte."""
    place = Folder(Path(path))
    if not place.path.is_dir():
        raise SeedtrialError(f"There is no run folder {place.path}.")
    if not place.metrics.exists():
        raise SeedtrialError(f"{place.path} is not finished: it has no metrics.json.")
    damage = place.damage()
    if damage is not None:
        raise SeedtrialError(damage)
    return Run(place, read_json(place.metrics))
