"""Test images are seen by nobody who trains or chooses, and every opening is written down first."""

import gc
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import seedtrial
from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.data.seal import Ledger, Sealed
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError
from seedtrial.files import append_json_line
from seedtrial.models.dense import Dense
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

CODE = (type, ModuleType, FunctionType, BuiltinFunctionType)


def test_an_opening_gives_the_images_and_is_in_the_ledger(tiny: Dataset, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, study="which is better")
    split = tiny.test.open(ledger, "score dense, seed 0")
    assert (split.name, split.images.shape, len(split)) == ("test", (24, 1, 8, 8), 24)
    (entry,) = ledger.entries(tiny.facts.fingerprint)
    assert entry.pop("when").endswith("+00:00")
    assert entry == {
        "study": "which is better",
        "reason": "score dense, seed 0",
        "data": tiny.facts.fingerprint,
    }


def test_every_opening_is_counted(tiny: Dataset, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, study="s")
    assert ledger.entries(tiny.facts.fingerprint) == []
    for reason in ("first", "second", "first"):
        tiny.test.open(ledger, reason)
    assert [entry["reason"] for entry in ledger.entries(tiny.facts.fingerprint)] == ["first", "second", "first"]


def test_what_cannot_be_written_down_stays_closed(tiny: Dataset, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tiny.test.open(Ledger(tmp_path / "no folder", study="s"), "look")


def test_a_sealed_part_shows_only_its_counts(tiny: Dataset) -> None:
    assert repr(tiny.test) == "Sealed(24 images)"
    assert tiny.test.counts == (8, 8, 8) and len(tiny.test) == 24
    public = {name for name in vars(tiny.test) if not name.startswith("_")}
    assert public == {"counts"}


def reachable(start: Any) -> Iterator[Any]:
    """All that can be got at from an object, code left aside."""
    seen, waiting = set(), [start]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, CODE):
            continue
        seen.add(id(thing))
        yield thing
        waiting += gc.get_referents(thing)
        if isinstance(thing, np.ndarray) and thing.base is not None:
            waiting.append(thing.base)


def memory(array: np.ndarray | torch.Tensor) -> tuple[int, int]:
    """From which address to which one can get through this array, with what it is a part of."""
    if isinstance(array, torch.Tensor):
        storage = array.untyped_storage()
        return storage.data_ptr(), storage.data_ptr() + storage.nbytes()
    while isinstance(array.base, np.ndarray):
        array = array.base
    low, high = np.lib.array_utils.byte_bounds(array)
    return int(low), int(high)


def reaches(start: Any, images: np.ndarray) -> bool:
    low, high = np.lib.array_utils.byte_bounds(images)
    regions = [memory(thing) for thing in reachable(start) if isinstance(thing, np.ndarray | torch.Tensor)]
    assert regions, "the walk found no arrays at all"
    return any(a < high and low < b for a, b in regions) or any(isinstance(thing, Sealed) for thing in reachable(start))


@pytest.fixture(params=[None, "first", "last", "random", "stratified"])
def validation(request: pytest.FixtureRequest) -> Validation | None:
    return request.param and Validation(take=request.param, size=16)


@pytest.mark.parametrize("source", ["folder", "digits"])
def test_no_way_leads_from_the_open_parts_to_the_test_images(
    source: str, validation: Validation | None, idx_folder: Path, tmp_path: Path
) -> None:
    dataset = load(DataSpec(source=str(idx_folder) if source == "folder" else source, validation=validation))
    images = dataset.test.open(Ledger(tmp_path, study="s"), "to know where they are").images
    assert reaches(dataset, images)
    assert not reaches(dataset.train, images)
    assert dataset.validation is None or not reaches(dataset.validation, images)


def test_no_way_leads_from_a_fitting_learner_to_the_test_images(tiny: Dataset, engine: Engine, tmp_path: Path) -> None:
    images = tiny.test.open(Ledger(tmp_path, study="s"), "to know where they are").images
    model, training = Dense(widths=(8,), dropout=0.5), TrainSpec(epochs=2, batch_size=16)
    learner = prepare(model, training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    fitting = learner.fit(tiny.train)
    next(fitting)
    learner.predict(tiny.validation.images)
    assert reaches(fitting, tiny.train.images)
    assert not reaches(fitting, images)
    assert not reaches(learner, images)


@pytest.mark.parametrize("step", ["models", "training"])
def test_what_trains_does_not_know_of_the_seal(step: str) -> None:
    for path in (Path(seedtrial.__file__).parent / step).glob("*.py"):
        text = path.read_text()
        assert "Sealed" not in text and "data.seal" not in text, path


@pytest.mark.parametrize("line", [b"3\n", b"{}\n", b"\xff\n"])
def test_a_ledger_with_a_line_that_is_no_opening_is_named(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "abc.ledger.jsonl").write_bytes(line)
    with pytest.raises(SeedtrialError, match="abc.ledger.jsonl is damaged"):
        Ledger(tmp_path, "study").entries("abc")


def test_who_opened_the_same_images_is_listed_together_whatever_they_are_called(tiny: Dataset, tmp_path: Path) -> None:
    for study in ("tuning", "final"):
        tiny.test.open(Ledger(tmp_path, study), "look")
    digits = load("digits")
    digits.test.open(Ledger(tmp_path, "final"), "look")
    assert [entry["study"] for entry in Ledger(tmp_path, "final").entries(tiny.facts.fingerprint)] == [
        "tuning",
        "final",
    ]
    both = Ledger(tmp_path, "x").entries(tiny.facts.fingerprint, digits.facts.fingerprint)
    assert len(both) == 3 and len(list(tmp_path.glob("*.ledger.jsonl"))) == 2


def test_openings_that_earlier_versions_kept_by_study_still_count(tiny: Dataset, tmp_path: Path) -> None:
    line = {"when": "2026-01-01T00:00:00+00:00", "study": "old", "reason": "score", "data": tiny.facts.fingerprint}
    append_json_line(tmp_path / "old.ledger.jsonl", line)
    tiny.test.open(Ledger(tmp_path, "new"), "look")
    assert [e["study"] for e in Ledger(tmp_path, "new").entries(tiny.facts.fingerprint)] == ["old", "new"]
