"""The folder of a run: which files it has, and what makes it count as trained and as examined.

A run is trained when its metrics.json exists, and examined when its test.json exists. Each of the two is written last
and holds the SHA-256 of the files it stands for and of itself. A folder without metrics.json is trained again, from its
checkpoint if there is one. A folder whose bytes have changed is damaged: it is named and not used.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from seedtrial.data.reader import Facts
from seedtrial.errors import SeedtrialError
from seedtrial.files import as_json, flush, read_json, sha256, write_json
from seedtrial.locks import hold
from seedtrial.models import ARCHITECTURES
from seedtrial.runs.metrics import VERSION, Metrics, TestMetrics
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import check, digest

State = Literal["missing", "trained", "finished", "diverged", "failed", "damaged"]
KINDS = (".json", ".jsonl", ".npz", ".safetensors")  # of the files that metrics.json vouches for


@dataclass(frozen=True)
class Folder:
    """Where a run's files are or will be.

    >>> str(Folder(Path("runs/0123456789ab-s0")).metrics)
    'runs/0123456789ab-s0/metrics.json'
    """

    path: Path

    @property
    def recipe(self) -> Path:
        """What was chosen, the seed, and the data's fingerprint and classes."""
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
        """Labels and probabilities on the validation images; in version 1 on the test images as well."""
        return self.path / "predictions.npz"

    @property
    def weights(self) -> Path:
        """The kept weights."""
        return self.path / "weights.safetensors"

    @property
    def checkpoint(self) -> Path:
        """Where a long training goes on after an interruption; removed when it is finished."""
        return self.path / "checkpoint.safetensors"

    @property
    def failure(self) -> Path:
        """Why the latest attempt failed, if it did."""
        return self.path / "failure.json"

    @property
    def metrics(self) -> Path:
        """How the training ended; its existence means trained."""
        return self.path / "metrics.json"

    @property
    def test_predictions(self) -> Path:
        """Labels and probabilities on the test images."""
        return self.path / "test.npz"

    @property
    def test(self) -> Path:
        """The scores on the test images; its existence means examined."""
        return self.path / "test.json"

    def identity(self) -> tuple[Recipe, int, Facts]:
        """The recipe, the seed and the data of the run that lies here, as recipe.json has them."""
        written = read_json(self.recipe)
        facts = written["data"] | {name: tuple(written["data"][name]) for name in ("classes", "shape")}
        return check(Recipe, _completed(written["recipe"])), int(written["seed"]), Facts(**facts)

    def begin(self, recipe: Recipe, seed: int, facts: Facts, *, study: str = "", label: str = "") -> None:
        """Write recipe.json. study, label: what the run is first trained for, so that people find it again"""
        named = {name: value for name, value in (("study", study), ("label", label)) if value}
        write_json(self.recipe, {"seed": seed, "recipe": recipe.model_dump(mode="json"), "data": asdict(facts)} | named)

    def finish(self, metrics: Metrics) -> None:
        """Write metrics.json with the checksums of all other files: from here on the run counts as trained."""
        others = (self.checkpoint, self.test_predictions, self.test)
        files = sorted(path for path in self.path.iterdir() if path.suffix in KINDS and path not in others)
        if self.epochs.exists():  # the other files were written atomically, this one line by line
            flush(self.epochs)
        _write_sealed(self.metrics, metrics.plain() | {"version": VERSION}, files)
        self.checkpoint.unlink(missing_ok=True)

    def finish_test(self, metrics: TestMetrics) -> None:
        """Write test.json with the checksum of the test predictions: from here on the run counts as examined."""
        trained = read_json(self.metrics)["sha256"]
        _write_sealed(self.test, metrics.plain() | {"version": VERSION, "trained": trained}, [self.test_predictions])
        self.failure.unlink(missing_ok=True)

    def examined(self) -> bool:
        """Whether the test scores are here; in version 1 metrics.json holds them."""
        return self.test.exists() or "test" in read_json(self.metrics).get("scores", {})

    def state(self, *, judged_on: Literal["test", "validation"] = "test") -> State:
        """What this folder is worth, every byte checked. If judged on validation, a trained run is finished."""
        if not self.metrics.exists():
            return "failed" if self.failure.exists() else "missing"
        if self.damage() is not None or self.misplaced() is not None:
            return "damaged"
        if read_json(self.metrics)["status"] == "diverged":
            return "diverged"
        if judged_on == "validation" or self.examined():
            return "finished"
        return "failed" if self.failure.exists() else "trained"

    def damage(self) -> str | None:
        """What is wrong with a trained or examined folder, if anything, and what to do about it."""
        damage = _damage(self.metrics, f"Delete {self.path} to run it again.")
        if damage is not None or not self.test.exists():
            return damage
        way_out = f"Delete {self.test} to predict the test images again."
        damage = _damage(self.test, way_out)
        if damage is None and read_json(self.test).get("trained") != read_json(self.metrics)["sha256"]:
            return f"{self.test} belongs to another training. {way_out}"
        return damage

    def misplaced(self) -> str | None:
        """Which other run lies here, if one does: copied to this name, it would pass for a run that never was."""
        try:
            name = folder(Path(), *self.identity()).path.name
        except (SeedtrialError, KeyError, TypeError):
            name = "of another version"
        if name == self.path.name:
            return None
        return f"{self.path} holds the run {name}. Delete it to run this one."

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
        with hold(locks / f"{self.path.name}.lock", wait=wait, busy=f"Another seedtrial is working on {self.path}."):
            yield


def _completed(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recorded recipe with the settings that did not exist when it was written, as they were then.

    A recipe is recorded with all its settings, so one that is not there is younger than the recipe.
    """
    model = recipe["model"]
    kind = ARCHITECTURES.get(model.get("kind"))
    return recipe | {"model": dict(kind.recorded_without) | model} if kind is not None else recipe


def folder(runs: Path, recipe: Recipe, seed: int, facts: Facts) -> Folder:
    """The folder of a recipe with a seed: RUNS/<first 12 digits of the digest>-s<seed>, and perhaps -f<fold>of<folds>.

    >>> from seedtrial.data.dataset import DataSpec, facts
    >>> from seedtrial.models import Linear
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear())
    >>> folder(Path("runs"), recipe, 3, facts(recipe.data)).path.name.endswith("-s3")
    True
    """
    fold = recipe.data.fold.suffix if recipe.data.fold else ""
    return Folder(runs / f"{recipe.digest(facts)[:12]}-s{seed}{fold}")


def _write_sealed(path: Path, fields: dict[str, Any], files: list[Path]) -> None:
    """Write a JSON file that vouches for others and for itself."""
    sealed = {name: value for name, value in fields.items() if name != "sha256"}
    sealed |= {"files": {file.name: sha256(file) for file in files}}
    write_json(path, sealed | {"sha256": digest(sealed)})


def _damage(path: Path, way_out: str) -> str | None:
    """Whether a sealed JSON file, or a file that it vouches for, has changed."""
    try:
        fields = json.loads(path.read_bytes())
        claimed = fields.pop("sha256")
        # The digest ignores spaces and the order of keys, so the text itself is compared as well.
        if digest(fields) != claimed or path.read_text(encoding="utf-8") != as_json(fields | {"sha256": claimed}):
            return f"{path} was changed after the run. {way_out}"
        for name, checksum in fields["files"].items():
            file = path.parent / name
            if not file.is_file():
                return f"{file} is missing. {way_out}"
            if sha256(file) != checksum:
                return f"{file} was changed after the run. {way_out}"
        (Metrics if path.name == "metrics.json" else TestMetrics).model_validate(fields)
    except OSError as error:  # no permission, too many open files: good work is not to be deleted for that
        return f"{error.filename or path} cannot be read ({error.strerror or error}), but may be whole."
    except (SeedtrialError, ValueError, KeyError, AttributeError, TypeError):
        return f"{path} is damaged. {way_out}"
    return None
