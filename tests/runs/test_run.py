"""One run: what it leaves, and that nothing but the seed and the recipe decides about it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from ledgers import openings
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation import metrics
from seedtrial.models.dense import Dense
from seedtrial.runs.examine import examine
from seedtrial.runs.metrics import EpochLine, Metrics, Scores
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import Order, run, train
from seedtrial.runs.trained import Run
from seedtrial.runs.watch import Pace, RunWatch, Silent
from seedtrial.spec import override
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.spec import Stopping, TrainSpec


class Diary(Silent):
    """Keeps its messages, and whether the test part was opened by then."""

    def __init__(self, runs: Path) -> None:
        self.runs, self.lines = runs, []

    lines: list[tuple[str, bool]]

    @contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        self.lines.append((f"begin {label}", bool(openings(self.runs))))
        yield self

    def epoch_ends(self, epoch: EpochLine) -> None:
        self.lines.append((f"epoch {epoch.epoch}", bool(openings(self.runs))))

    def run_ends(self, metrics: Metrics) -> None:
        self.lines.append((f"end {metrics.status}", bool(openings(self.runs))))


def overfitting(**stopping: object) -> Recipe:
    """Thirty digits and a high rate: the validation loss soon gets worse again."""
    training = TrainSpec(
        epochs=30,
        batch_size=10,
        optimiser=Adam(rate=0.03),
        stopping=Stopping.model_validate(stopping),
        precision="fp32",
    )
    data = DataSpec(source="digits", limit=30, validation=Validation(take="last", size=200))
    return Recipe(data=data, model=Dense(widths=(64,)), training=training)


def test_a_run_writes_its_files_and_nothing_else(examined: Run, runs: Path) -> None:
    assert sorted(path.name for path in examined.folder.path.iterdir()) == [
        "epochs.jsonl",
        "machine.json",
        "metrics.json",
        "predictions.npz",
        "recipe.json",
        "test.json",
        "test.npz",
        "weights.safetensors",
    ]
    assert sorted(path.name for path in runs.iterdir()) == sorted(
        [".locks", examined.folder.path.name, f"{examined.facts.fingerprint[:12]}.ledger.jsonl"]
    )


def test_scores_are_those_of_the_stored_predictions(examined: Run) -> None:
    assert examined.test is not None
    for split, scores in (("validation", examined.metrics.validation), ("test", examined.test.scores)):
        predictions = examined.predictions[split]
        assert scores == Scores(accuracy=metrics.accuracy(predictions), loss=metrics.log_loss(predictions))


def test_answers_that_ask_mirror_images_too_are_also_scored_without(tiny_recipe: Recipe, runs: Path) -> None:
    recipe = override(tiny_recipe, ["training.mirrored=true"])
    both, alone = (examine(run(each, 3, runs=runs)).test for each in (recipe, tiny_recipe))  # the same weights
    assert both is not None and alone is not None
    assert both.scores.accuracy_unmirrored == alone.scores.accuracy
    assert alone.scores.accuracy_unmirrored is None


def test_the_last_epochs_validation_scores_are_those_of_the_run(examined: Run) -> None:
    assert examined.metrics.kept == "last" and examined.metrics.kept_epoch == 2
    last = examined.epochs[-1]
    assert examined.metrics.validation == Scores(accuracy=last.val_accuracy, loss=last.val_loss)


def test_the_test_part_is_opened_once_and_only_after_training(tiny_recipe: Recipe, runs: Path) -> None:
    diary = Diary(runs)
    trained = train(tiny_recipe, 3, Order(runs, label="dense"), watch=diary)
    assert diary.lines == [("begin dense", False), ("epoch 1", False), ("epoch 2", False), ("end finished", False)]
    assert trained.test is None and sorted(trained.predictions) == ["validation"]
    assert trained.folder.state() == "trained" and trained.folder.state(judged_on="validation") == "finished"
    for _ in range(2):
        assert examine(trained, study="mine", label="dense").folder.state() == "finished"
    (opening,) = openings(runs)
    assert opening["reason"] == "score dense, seed 3" and opening["study"] == "mine"
    assert opening["data"] == load(tiny_recipe.data).facts.fingerprint


def test_a_finished_run_is_only_opened(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    def everything() -> dict[Path, tuple[int, bytes]]:
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in runs.rglob("*") if path.is_file()}

    before, diary = everything(), Diary(runs)
    again = run(tiny_recipe, 0, runs=runs, watch=diary)
    assert again.metrics == examined.metrics
    assert everything() == before and diary.lines == []


def test_a_damaged_run_is_not_trained_again_by_itself(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    examined.folder.weights.write_bytes(b"?")
    with pytest.raises(SeedtrialError, match="weights.safetensors was changed after the run"):
        run(tiny_recipe, 0, runs=runs)


def test_what_an_unfinished_attempt_left_is_cleared_away(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    examined.folder.metrics.unlink()
    (examined.folder.path / ".weights.safetensors.abc").write_text("half")
    examined.folder.failure.write_text('{"message": "a power cut"}')
    again = run(tiny_recipe, 0, runs=runs)
    assert [epoch.epoch for epoch in again.epochs] == [1, 2]
    assert len(list(again.folder.path.iterdir())) == 6


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tiny_recipe: Recipe, tmp_path: Path) -> None:
    recipe = override(tiny_recipe, ["model.dropout=0.3"])
    first, again, other = (
        run(recipe, seed, runs=tmp_path / name).folder for seed, name in ((0, "a"), (0, "b"), (1, "a"))
    )
    assert first.weights.read_bytes() == again.weights.read_bytes()
    assert first.predictions.read_bytes() == again.predictions.read_bytes()
    assert first.weights.read_bytes() != other.weights.read_bytes()


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(diverging: Recipe, runs: Path) -> None:
    diary = Diary(runs)
    trained = run(diverging, runs=runs, watch=diary)
    ended = trained.metrics
    assert trained.diverged and ended.epoch == 1 and 1 < ended.step <= 12
    assert f"in epoch 1, step {ended.step}; the rate 1e+30 may be too high" in ended.message
    assert examine(trained) is trained
    assert diary.lines[-1] == ("end diverged", False)  # the test part stays closed
    assert trained.folder.state() == "diverged" and trained.epochs == ()
    before = trained.folder.metrics.stat().st_mtime_ns
    assert run(diverging, runs=runs).folder.metrics.stat().st_mtime_ns == before


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_weights_that_break_in_the_very_last_step_are_noticed_too(tiny_recipe: Recipe, runs: Path, l2: float) -> None:
    training = TrainSpec(epochs=1, batch_size=1000, optimiser=SGD(rate=1e38), precision="fp32")
    recipe = Recipe(data=tiny_recipe.data, model=Dense(widths=(16, 16), l2=l2), training=training)
    trained = run(recipe, runs=runs)
    assert trained.diverged
    assert trained.metrics.epoch == 1
    assert all(json.dumps(epoch.plain(), allow_nan=False) for epoch in trained.epochs)


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_keeping_the_best_restores_the_weights_of_the_best_epoch(runs: Path, monitor: str) -> None:
    trained = run(overfitting(monitor=monitor, patience=None), runs=runs)
    curve = [epoch.plain()[monitor] for epoch in trained.epochs]
    best = (min if monitor == "val_loss" else max)(curve)
    assert len(curve) == 30 and best != curve[-1]
    assert trained.metrics.kept == "best" and trained.metrics.kept_epoch == 1 + curve.index(best)
    assert trained.metrics.scores["validation"].plain()[monitor.removeprefix("val_")] == best


def test_keeping_the_last_keeps_the_last(runs: Path) -> None:
    trained = run(overfitting(monitor="val_loss", patience=None, keep="last"), runs=runs)
    assert trained.metrics.kept == "last" and trained.metrics.kept_epoch == 30
    assert trained.metrics.scores["validation"].loss == trained.epochs[-1].val_loss


def test_early_stopping_ends_when_patience_does(runs: Path) -> None:
    trained = run(overfitting(monitor="val_loss", patience=3), runs=runs)
    assert trained.metrics.stopped_early
    assert trained.metrics.epochs == len(trained.epochs) == trained.metrics.kept_epoch + 3 < 30


def test_without_validation_images_there_are_no_validation_scores(tiny_recipe: Recipe, runs: Path) -> None:
    trained = examine(run(override(tiny_recipe, ["data.validation=null"]), runs=runs))
    assert sorted(trained.predictions) == ["test"] and trained.metrics.scores == {}
    assert not any(epoch.validated for epoch in trained.epochs)


def test_early_stopping_without_validation_images_is_refused_before_anything_is_written(
    tiny_recipe: Recipe, runs: Path
) -> None:
    with pytest.raises(SeedtrialError, match="data.validation is null"):
        run(override(tiny_recipe, ["data.validation=null", "training.stopping.patience=2"]), runs=runs)
    assert not runs.exists()


def test_a_runs_folder_that_cannot_be_written_to_is_named(tiny_recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeedtrialError, match="Cannot write to .*file"):
        run(tiny_recipe, runs=tmp_path / "file" / "runs")


def test_a_run_beside_a_file_of_its_name_says_so(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    path = runs / examined.folder.path.name.replace("-s0", "-s1")
    path.write_text("not a folder")
    with pytest.raises(SeedtrialError, match=path.name):
        run(tiny_recipe, 1, runs=runs)


def test_more_threads_are_another_run(tiny_recipe: Recipe, tmp_path: Path) -> None:
    more = override(tiny_recipe, ["training.threads=2"])
    before = torch.get_num_threads()
    one, two = (run(recipe, 0, runs=tmp_path) for recipe in (tiny_recipe, more))
    torch.set_num_threads(before)
    assert (one.machine.engine.threads, two.machine.engine.threads) == (1, 2)
    assert one.folder.path != two.folder.path
