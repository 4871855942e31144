"""The folder of a run: when it counts as finished, and what happens when a byte changes."""

import errno
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from seedtrial.data import idx
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.seal import Ledger
from seedtrial.errors import Busy, SeedtrialError
from seedtrial.files import read_json
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense
from seedtrial.runs.examine import examine
from seedtrial.runs.listing import listing
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder, folder
from seedtrial.runs.run import Order, run, train
from seedtrial.runs.trained import Run, open_run
from seedtrial.seeds import Seeds
from seedtrial.spec import override
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import Stopping, TrainSpec

TRAINED = ["recipe.json", "machine.json", "epochs.jsonl", "predictions.npz", "weights.safetensors"]
FILES = [*TRAINED, "metrics.json", "test.npz", "test.json"]


def change(path: Path, position: int, byte: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[position] = byte
    path.write_bytes(raw)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_folder_with_one_changed_byte_is_damaged_named_and_not_used(examined: Run, name: str, where: str) -> None:
    path = examined.folder.path / name
    raw = path.read_bytes()
    position = {"first": 0, "middle": len(raw) // 2, "last": len(raw) - 1}[where]
    change(path, position, raw[position] ^ 1)
    assert examined.folder.state() == "damaged"
    with pytest.raises(
        SeedtrialError,
        match=f"{path} .*Delete {examined.folder.path}.* to (run it|predict the test images) again",
    ):
        open_run(examined.folder.path)


def test_no_byte_of_metrics_can_change_unnoticed(examined: Run) -> None:
    path = examined.folder.metrics
    whole = path.read_bytes()
    unnoticed = []
    for position, byte in enumerate(whole):
        for other in {byte ^ 1, ord("\t") if chr(byte).isspace() else ord(chr(byte).swapcase())} - {byte}:
            change(path, position, other)
            if examined.folder.damage() is None:
                unnoticed.append(whole[max(0, position - 20) : position + 10])
            path.write_bytes(whole)
    assert unnoticed == []


@pytest.mark.parametrize("name", [*TRAINED, "test.npz"])
def test_a_folder_that_lacks_a_file_is_damaged_and_the_file_is_named(examined: Run, name: str) -> None:
    (examined.folder.path / name).unlink()
    with pytest.raises(SeedtrialError, match=f"{name} is missing"):
        open_run(examined.folder.path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"sha256": 1}', "\x00" * 100, "\udc80"], ids=repr)
def test_metrics_that_are_no_metrics_are_damage(examined: Run, content: str) -> None:
    examined.folder.metrics.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert examined.folder.state() == "damaged"
    with pytest.raises(SeedtrialError, match="metrics.json"):
        open_run(examined.folder.path)


def test_a_folder_without_metrics_is_not_finished(examined: Run) -> None:
    examined.folder.metrics.unlink()
    assert examined.folder.state() == "missing"
    with pytest.raises(SeedtrialError, match="not finished: it has no metrics.json"):
        open_run(examined.folder.path)


def test_a_folder_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert Folder(tmp_path / "nothing").state() == "missing"
    with pytest.raises(SeedtrialError, match="There is no run folder"):
        open_run(tmp_path / "nothing")


def test_metrics_are_written_last_and_then_what_the_examination_gave(examined: Run) -> None:
    written = {path.name: path.stat().st_mtime_ns for path in examined.folder.path.iterdir()}
    assert sorted(written) == sorted(FILES)
    assert sorted(written, key=lambda name: written[name])[-3:] == ["metrics.json", "test.npz", "test.json"]
    assert sorted(examined.metrics.files) == sorted(TRAINED)
    assert examined.test is not None and sorted(examined.test.files) == ["test.npz"]


def test_a_finished_folder_cannot_be_cleared(examined: Run) -> None:
    with pytest.raises(SeedtrialError, match="is not overwritten"):
        examined.folder.clear()
    assert examined.folder.state() == "finished"


def test_a_folder_that_was_moved_is_still_the_same_run(examined: Run, tmp_path: Path) -> None:
    moved = shutil.move(examined.folder.path, tmp_path / "from another machine")
    assert open_run(moved).metrics == examined.metrics


def test_the_name_of_a_folder_is_the_digest_and_the_seed(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    assert examined.folder.path == runs / f"{tiny_recipe.digest(examined.facts)[:12]}-s0"
    assert folder(runs, tiny_recipe, 1, examined.facts).path.name.endswith("-s1")


@pytest.mark.parametrize(
    "setting",
    ["data.limit=40", "data.validation=null", "training.stopping.patience=null", "training.stopping=null"],
)
def test_a_recipe_read_back_is_the_recipe_that_was_run(tiny_recipe: Recipe, runs: Path, setting: str) -> None:
    stopping = None if "validation" in setting else Stopping()
    training = TrainSpec(epochs=1, stopping=stopping)
    recipe = override(Recipe(data=tiny_recipe.data, model=tiny_recipe.model, training=training), [setting])
    assert open_run(run(recipe, runs=runs).folder.path).recipe == recipe


@pytest.mark.parametrize("pool", ["max", None])
def test_a_network_read_back_is_the_network_that_was_run(tiny_recipe: Recipe, runs: Path, pool: str | None) -> None:
    conv = Conv(blocks=(ConvBlock(filters=2), ConvBlock.model_validate({"filters": 2, "pool": pool})), dense=())
    recipe = Recipe(data=tiny_recipe.data, model=conv, training=TrainSpec(epochs=1))
    trained = run(recipe, runs=runs)
    assert trained.recipe == recipe
    trained.recipe.model.build(trained.facts.shape, 3, Seeds(0).torch("weights")).load_state_dict(
        {name: torch.from_numpy(array) for name, array in trained.weights().items()}
    )


def test_a_run_records_its_recipe_and_data(tiny_recipe: Recipe, examined: Run) -> None:
    dataset = load(tiny_recipe.data)
    assert (examined.recipe, examined.facts, examined.seed, examined.diverged) == (tiny_recipe, dataset.facts, 0, False)
    assert examined.machine.engine.device == "cpu"
    assert [epoch.epoch for epoch in examined.epochs] == [1, 2]


def test_predictions_come_back_as_they_were(tiny_recipe: Recipe, examined: Run) -> None:
    dataset = load(tiny_recipe.data)
    assert dataset.validation is not None
    assert sorted(examined.predictions) == ["test", "validation"]
    assert np.array_equal(examined.predictions["validation"].labels, dataset.validation.labels)
    assert examined.predictions["test"].probs.shape == (24, 3)
    assert examined.predictions["test"].probs.sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_weights_put_into_a_new_learner_give_the_same_predictions(
    tiny_recipe: Recipe, runs: Path, engine: Engine, scaling: str
) -> None:
    recipe = override(tiny_recipe, [f"data.scaling={scaling}", "model.batch_norm=before", "model.dropout=0.2"])
    trained, dataset = examine(run(recipe, runs=runs, device="cpu")), load(recipe.data)
    learner = prepare(recipe.model, recipe.training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(99))
    test = dataset.test.open(Ledger(runs, "again"), "to compare")
    before = learner.predict(test.images)
    learner.restore(trained.weights())
    assert not np.array_equal(before, trained.predictions["test"].probs)
    assert np.array_equal(learner.predict(test.images), trained.predictions["test"].probs)


class Trap:
    """Something that runs code when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_predictions_that_are_a_pickle_are_not_loaded(examined: Run, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    np.savez(examined.folder.predictions, test_labels=np.array([Trap(trap)], dtype=object), test_probs=np.eye(1))
    refinish(examined)
    with pytest.raises((SeedtrialError, ValueError), match="(?i)pickle|object array"):
        _ = open_run(examined.folder.path).predictions
    assert not trap.exists()


def test_weights_that_are_a_pickle_are_not_loaded(examined: Run, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    examined.folder.weights.write_bytes(pickle.dumps(Trap(trap)))
    refinish(examined)
    with pytest.raises(Exception, match="(?i)header|safetensor"):
        open_run(examined.folder.path).weights()
    assert not trap.exists()


def refinish(examined: Run) -> None:
    """Seal a folder again after a change, as a stranger could."""
    examined.folder.metrics.unlink()
    examined.folder.test.unlink()
    examined.folder.finish(examined.metrics)


def test_a_claimed_folder_is_busy_until_it_is_let_go(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    other = folder(runs, tiny_recipe, 5, examined.facts)
    with other.claim(wait=False):
        with pytest.raises(Busy, match="Another seedtrial is working on"):
            train(tiny_recipe, 5, Order(runs, wait=False))
        assert not other.path.exists()
    assert train(tiny_recipe, 5, Order(runs, wait=False)).seed == 5


def test_all_files_are_plain_json_npz_and_safetensors(examined: Run) -> None:
    for name in FILES:
        raw = (examined.folder.path / name).read_bytes()
        if name.endswith(".json"):
            json.loads(raw)
        elif name.endswith(".jsonl"):
            assert [json.loads(line) for line in raw.splitlines()] == [line.plain() for line in examined.epochs]
        elif name.endswith(".npz"):
            assert raw.startswith(b"PK")
        else:
            json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])


def test_the_recipe_file_names_the_classes_and_the_fingerprint(examined: Run) -> None:
    recipe = read_json(examined.folder.recipe)
    assert recipe["data"]["classes"] == ["0", "1", "2"]
    assert recipe["data"]["fingerprint"] == load(DataSpec(source=examined.recipe.data.source)).facts.fingerprint


def test_another_number_of_classes_is_another_run(tiny_recipe: Recipe, examined: Run, runs: Path) -> None:
    folder = Path(tiny_recipe.data.source)
    for part in ("train", "t10k"):
        path = folder / f"{part}-labels-idx1-ubyte"
        labels = idx.parse_idx(idx.read_bytes(path), dimensions=1, name=str(path)).copy()
        labels[0] = 3
        idx.write_idx(path, labels)
    other = examine(run(tiny_recipe, runs=runs))
    assert other.folder.path != examined.folder.path
    assert other.predictions["test"].classes == 4
    assert isinstance(other.recipe.model, Dense)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_folder_copied_to_the_name_of_another_run_does_not_count_as_that_run(
    examined: Run, tiny_recipe: Recipe, runs: Path, seed: int
) -> None:
    other = override(tiny_recipe, ["training.epochs=3"]) if seed == 0 else tiny_recipe
    copied = folder(runs, other, seed, examined.facts)
    shutil.copytree(examined.folder.path, copied.path)
    assert copied.state() == "damaged"
    assert f"holds the run {examined.folder.path.name}" in (copied.misplaced() or "")
    assert examined.folder.state() == "finished"


def test_a_file_system_without_locks_says_what_to_do(examined: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock; use SoftFileLock instead.")

    monkeypatch.setattr("filelock.FileLock.acquire", refused)
    with pytest.raises(SeedtrialError, match=r"has no locks, .* use another, such as --runs DIR\.$"):
        with examined.folder.claim(wait=True):
            pass


def test_a_file_that_cannot_be_read_is_no_reason_to_delete_good_work(
    examined: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With too few open files, every finished run was called damaged, with the advice to delete it."""

    def refused(path: Path) -> str:
        raise OSError(errno.EMFILE, "Too many open files", str(path))

    monkeypatch.setattr("seedtrial.runs.record.sha256", refused)
    damage = examined.folder.damage() or ""
    assert "cannot be read (Too many open files), but may be whole." in damage and "Delete" not in damage


def test_a_run_that_cannot_be_read_is_listed_as_such(tmp_path: Path) -> None:
    (tmp_path / "0123456789ab-s0").mkdir()
    (tmp_path / "0123456789ab-s0" / "recipe.json").symlink_to("recipe.json")  # a link to itself
    assert [run.state for run in listing(tmp_path)] == ["unreadable"]


def test_a_folder_that_another_process_begins_anew_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "0123456789ab-s0").mkdir()
    (tmp_path / "0123456789ab-s0" / "recipe.json").symlink_to("no-longer-there")
    assert list(listing(tmp_path)) == []
