"""Examination: it alone opens the test set, once for each run, and an interruption costs no training."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ledgers import openings
from seedtrial.data.dataset import Dataset
from seedtrial.data.seal import Ledger, Sealed
from seedtrial.errors import Busy, SeedtrialError
from seedtrial.runs import examine as examination
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.runs.trained import Run, open_run
from seedtrial.spec import override


@pytest.fixture
def trained(tiny_recipe: Recipe, runs: Path) -> Run:
    return run(tiny_recipe, 0, runs=runs)


def test_training_alone_leaves_the_test_set_sealed(
    tiny_recipe: Recipe, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sealed, "open", lambda *_: pytest.fail("the test set was opened"))
    trained = run(tiny_recipe, 0, runs=runs)
    assert trained.test is None and not list(runs.glob("*.ledger.jsonl"))


def test_examining_twice_opens_once(trained: Run, runs: Path) -> None:
    first, second = examine(trained), examine(open_run(trained.folder.path))
    assert first.test is not None and first.test == second.test
    assert len(openings(runs)) == 1


def test_an_interruption_before_the_examination_costs_no_training(
    trained: Run, tiny_recipe: Recipe, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(examination, "write_predictions", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            examine(trained)
    weights = trained.folder.weights.stat().st_mtime_ns
    again = run(tiny_recipe, 0, runs=runs)
    assert not again.fresh and again.folder.state() == "trained"
    assert examine(again).folder.state() == "finished"
    assert trained.folder.weights.stat().st_mtime_ns == weights
    assert len(openings(runs)) == 2  # it was opened twice, and both are written down


def test_what_a_killed_examination_left_is_removed(trained: Run) -> None:
    (trained.folder.path / ".test.npz.abc").write_bytes(b"half")
    assert not (examine(trained).folder.path / ".test.npz.abc").exists()


def test_a_network_read_from_its_folder_gives_the_scores_of_the_one_that_was_trained(
    tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = override(tiny_recipe, ["data.scaling=standard", "model.batch_norm=before", "training.mirrored=true"])
    at_once = examine(run(recipe, 1, runs=tmp_path / "at once"))
    later = examine(open_run(run(recipe, 1, runs=tmp_path / "later").folder.path))
    assert at_once.test is not None and later.test is not None
    assert at_once.test.scores == later.test.scores
    assert np.array_equal(at_once.predictions["test"].probs, later.predictions["test"].probs)


def test_test_scores_of_another_training_are_noticed(examined: Run, tiny_recipe: Recipe, runs: Path) -> None:
    other = examine(run(tiny_recipe, 1, runs=runs))
    for path in (examined.folder.test, examined.folder.test_predictions):
        shutil.copy(path, other.folder.path / path.name)
    assert other.folder.state() == "damaged"
    with pytest.raises(SeedtrialError, match=r"test.json belongs to another training. Delete \S*test.json to"):
        open_run(other.folder.path)


def test_deleting_damaged_test_scores_keeps_the_training(examined: Run, tiny_recipe: Recipe, runs: Path) -> None:
    examined.folder.test.write_text("{}", encoding="utf-8")
    assert examined.folder.state() == "damaged"
    examined.folder.test.unlink()
    assert examined.folder.state() == "trained"
    assert examine(run(tiny_recipe, 0, runs=runs)).test == examined.test.model_copy(  # type: ignore[union-attr]
        update={"seconds": examine(open_run(examined.folder.path)).test.seconds, **checksums(examined.folder.test)}  # type: ignore[union-attr]
    )


def checksums(path: Path) -> dict[str, object]:
    return {name: json.loads(path.read_text(encoding="utf-8"))[name] for name in ("sha256", "files")}


def test_other_images_than_those_of_the_training_are_refused(trained: Run, tiny: Dataset) -> None:
    other = Dataset(
        name="other images",
        facts=type(tiny.facts)("0" * 64, tiny.classes, tiny.facts.shape, tiny.facts.train, tiny.facts.test),
        origin="nowhere",
        train=tiny.train,
        validation=tiny.validation,
        test=tiny.test,
        duplicates={},
    )
    with pytest.raises(SeedtrialError, match="other images holds other images now"):
        examine(trained, dataset=other)


def test_a_run_that_another_process_works_on_is_busy(trained: Run) -> None:
    with trained.folder.claim(wait=False), pytest.raises(Busy):
        examine(trained, wait=False)


def test_the_opening_is_written_down_before_the_images_are_seen(
    trained: Run, tiny: Dataset, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(ledger: Ledger, reason: str, fingerprint: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Ledger, "append", append)
    with pytest.raises(OSError):
        examine(trained)
    assert trained.folder.state() == "trained" and not trained.folder.test_predictions.exists()
