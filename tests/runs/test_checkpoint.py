"""A run that breaks off goes on from its checkpoint, and ends as if it had never broken off."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from seedtrial.data.augment import Augment
from seedtrial.data.dataset import DataSpec
from seedtrial.errors import SeedtrialError
from seedtrial.files import read_json_lines, sha256
from seedtrial.models import Conv, Dense, NumpyNet, ResNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.runs import checkpoint
from seedtrial.runs.metrics import EpochLine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder
from seedtrial.runs.run import run
from seedtrial.runs.trained import Run
from seedtrial.runs.watch import Pace, RunWatch, Silent
from seedtrial.training.device import choose_engine
from seedtrial.training.optimiser import SGD, AdamW
from seedtrial.training.schedule import Cosine
from seedtrial.training.skipping import Skip
from seedtrial.training.spec import Stopping, TrainSpec

DATA = DataSpec(source="digits", limit=120)
CONV = Conv(blocks=(ConvBlock(filters=4, dropout=0.2), ConvBlock(filters=4, pool_dropout=0.2)), dense=(8,))
RECIPES = {
    "adam, dropout, best of six": Recipe(
        data=DATA,
        model=CONV,
        training=TrainSpec(
            epochs=6,
            batch_size=16,
            optimiser=AdamW(rate=0.01),
            schedule=Cosine(),
            stopping=Stopping(patience=None),
            augment=Augment(flip=True, rotation=5, crop=1),
        ),
    ),
    "momentum, averages, skipping, no validation": Recipe(
        data=DataSpec(source="digits", limit=120, validation=None, scaling="standard"),
        model=ResNet(widths=(4, 6), head="max"),
        training=TrainSpec(
            epochs=6,
            batch_size=16,
            optimiser=SGD(rate=0.05, momentum=0.9, nesterov=True),
            averaging=0.9,
            skip=Skip(share=0.5),
            mirrored=True,
        ),
    ),
    "mixed images, uphill gradients, balanced passes": Recipe(
        data=DATA,
        model=CONV,
        training=TrainSpec(epochs=6, batch_size=16, mix="cutmix", sam=0.05, balance="sampling"),
    ),
    "plain descent": Recipe(data=DATA, model=Dense(widths=(8,)), training=TrainSpec(epochs=6, optimiser=SGD(rate=0.1))),
    "NumPy": Recipe(
        data=DATA, model=NumpyNet(hidden=8), training=TrainSpec(epochs=6, batch_size=16, optimiser=SGD(rate=0.1))
    ),
}


class Breaking(Silent):
    """Breaks a run off when an epoch ends, as a kill would, and keeps its messages."""

    def __init__(self, after: int) -> None:
        self.after, self.notes = after, []

    notes: list[str]

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        yield self

    def epoch_ends(self, epoch: EpochLine) -> None:
        if epoch.epoch == self.after:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)


def broken(recipe: Recipe, runs: Path, after: int) -> Folder:
    """What is left of a run that broke off in this epoch."""
    with pytest.raises(KeyboardInterrupt):
        run(recipe, 3, runs=runs, watch=Breaking(after))
    (folder,) = (path for path in runs.iterdir() if path.is_dir() and path.name != ".locks")
    return Folder(folder)


def outcome(ended: Run) -> tuple[Any, ...]:
    """All that a run is but its seconds."""
    epochs = [{k: v for k, v in line.plain().items() if "second" not in k} for line in ended.epochs]
    metrics = ended.metrics.model_dump(include={"status", "scores", "epochs", "kept", "kept_epoch"})
    return epochs, metrics, sha256(ended.folder.weights)


@pytest.mark.parametrize("name", RECIPES)
def test_it_ends_bit_by_bit_as_without_the_breaks(name: str, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    whole = run(recipe, 3, runs=tmp_path / "whole")
    folder = broken(recipe, tmp_path / "broken", 3)
    broken(recipe, tmp_path / "broken", 5)
    watch = Breaking(0)
    resumed = run(recipe, 3, runs=tmp_path / "broken", watch=watch)
    assert outcome(resumed) == outcome(whole)
    # The break came before the third and the fifth epoch were kept.
    assert [part.after_epoch for part in resumed.metrics.resumed] == [2, 4] and not whole.metrics.resumed
    assert all(part.machine.engine.device == "cpu" for part in resumed.metrics.resumed)
    assert watch.notes == [f"{folder.path.name}, seed 3: continues after epoch 4"]
    assert not folder.checkpoint.exists() and "checkpoint.safetensors" not in resumed.metrics.files


def test_a_checkpoint_of_a_training_that_was_over_is_only_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPES["adam, dropout, best of six"]
    whole = run(recipe, 3, runs=tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr("seedtrial.runs.run._keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(recipe, 3, runs=tmp_path / "broken")
    resumed = run(recipe, 3, runs=tmp_path / "broken")
    assert outcome(resumed) == outcome(whole) and [part.after_epoch for part in resumed.metrics.resumed] == [6]


def test_the_seconds_of_all_attempts_are_reported(tmp_path: Path) -> None:
    recipe = RECIPES["plain descent"]
    folder = broken(recipe, tmp_path, 4)
    engine = checkpoint.Engine("cpu", "fp32", 1)
    before = checkpoint.read_checkpoint(folder, engine)
    assert len(before.epochs) == 3 and before.seconds["total"] > 0
    resumed = run(recipe, 3, runs=tmp_path)
    assert resumed.metrics.seconds.total > before.seconds["total"]
    assert resumed.metrics.seconds.training == pytest.approx(sum(line.seconds for line in resumed.epochs))


def damage(folder: Folder, how: str) -> None:
    content = folder.checkpoint.read_bytes()
    flipped = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    contents = {"empty": b"", "nonsense": b"nonsense", "cut short": content[:-7], "one bit flipped": flipped}
    if how == "an epoch changed":
        folder.epochs.write_text(folder.epochs.read_text().replace('"epoch":2', '"epoch":7'))
    else:
        folder.checkpoint.write_bytes(contents[how])


@pytest.mark.parametrize("how", ["empty", "nonsense", "cut short", "one bit flipped", "an epoch changed"])
def test_a_damaged_checkpoint_is_not_used_and_reported(how: str, tmp_path: Path) -> None:
    recipe, watch = RECIPES["plain descent"], Breaking(0)
    folder = broken(recipe, tmp_path, 4)
    damage(folder, how)
    resumed = run(recipe, 3, runs=tmp_path, watch=watch)
    assert not resumed.metrics.resumed and len(resumed.epochs) == 6
    assert watch.notes == [f"{folder.path.name}, seed 3: starts again, since its checkpoint is damaged"]


def test_another_version_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = broken(RECIPES["plain descent"], tmp_path, 4)
    monkeypatch.setattr(checkpoint, "made_by", lambda: {"seedtrial": "another"})
    saved = checkpoint.read_checkpoint(folder, checkpoint.Engine("cpu", "fp32", 1))
    assert saved.learner is None and "another version of seedtrial" in saved.refused


def test_a_checkpoint_of_a_version_that_wrote_another_header_begins_anew_and_is_not_called_damaged(
    tmp_path: Path,
) -> None:
    folder, watch = broken(RECIPES["plain descent"], tmp_path, 4), Breaking(0)
    save_file({"learner.counts": np.zeros(3)}, folder.checkpoint, metadata={"earlier": "{}"})
    run(RECIPES["plain descent"], 3, runs=tmp_path, watch=watch)
    assert watch.notes == [f"{folder.path.name}, seed 3: starts again, since {checkpoint.OTHER_VERSION}"]


def test_any_change_of_code_that_decides_results_is_another_version(tmp_path: Path) -> None:
    package = tmp_path / "package"
    shutil.copytree(checkpoint.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    before = checkpoint.code_digest(package)
    files = {path.relative_to(package).as_posix() for path in checkpoint.decisive_files(package)}
    assert {"seeds.py", "spec.py", "runs/run.py", "evaluation/metrics.py", "data/readers/csv.py"} <= files
    assert {"models/fast/kernels.c", "models/fast/kernels_norm.h", "models/numpy_net.py", "training/loop.py"} <= files
    for name in sorted(files):
        content = (package / name).read_bytes()
        (package / name).write_bytes(content + b" ")
        assert checkpoint.code_digest(package) != before, name
        (package / name).write_bytes(content)
    assert checkpoint.code_digest(package) == before
    (package / "report" / "html.py").write_bytes(b"")
    assert checkpoint.code_digest(package) == before


def test_another_precision_is_refused_and_loses_nothing(tmp_path: Path) -> None:
    folder = broken(RECIPES["plain descent"], tmp_path, 4)
    with pytest.raises(SeedtrialError, match="was begun with precision fp32, not bf16"):
        checkpoint.read_checkpoint(folder, checkpoint.Engine("cpu", "bf16", 1))
    assert checkpoint.read_checkpoint(folder, checkpoint.Engine("cpu", "fp32", 7)).learner is not None


def test_what_a_killed_write_left_is_removed(tmp_path: Path) -> None:
    folder = broken(RECIPES["plain descent"], tmp_path, 4)
    (folder.path / ".checkpoint.safetensors.abc").write_bytes(b"half")
    (folder.path / "weights.safetensors").write_bytes(b"of an attempt that broke off while it was scored")
    resumed = run(RECIPES["plain descent"], 3, runs=tmp_path)
    assert resumed.metrics.resumed and not (folder.path / ".checkpoint.safetensors.abc").exists()


def test_a_disk_that_is_full_costs_the_checkpoint_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.Checkpoint, "write", full)
    watch = Breaking(0)
    resumed = run(RECIPES["plain descent"], 3, runs=tmp_path, watch=watch)
    assert resumed.metrics.status == "finished"
    assert "no checkpoint could be written (No space left on device)" in watch.notes[0]


def test_epochs_after_the_checkpoint_are_forgotten(tmp_path: Path) -> None:
    folder = broken(RECIPES["plain descent"], tmp_path, 4)
    before = checkpoint.read_checkpoint(folder, checkpoint.Engine("cpu", "fp32", 1))
    assert [line["epoch"] for line in read_json_lines(folder.epochs)] == [1, 2, 3, 4]  # reading changes nothing
    checkpoint.rewind(folder, before)
    assert [line["epoch"] for line in read_json_lines(folder.epochs)] == [1, 2, 3]


def test_a_run_of_less_than_a_minute_keeps_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 60.0)
    assert not broken(RECIPES["plain descent"], tmp_path, 4).checkpoint.exists()


def test_a_checkpoint_that_cannot_be_read_is_not_given_up(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").mkdir()  # as good as no permission, also for root
    with pytest.raises(OSError, match="Is a directory"):
        checkpoint.read_checkpoint(Folder(tmp_path), choose_engine("cpu"))
