"""A data set is split as asked, identified by its fingerprint, and has its duplicates counted."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from seedtrial.data import idx
from seedtrial.data.dataset import DataSpec, facts, load
from seedtrial.data.readers.idx_folder import read
from seedtrial.data.splits import Validation

TAKES = ("first", "last", "random", "stratified")


@pytest.mark.parametrize("take", TAKES)
def test_labels_go_with_their_images(idx_folder: Path, take: str) -> None:
    whole = read(idx_folder).train
    label_of = {image.tobytes(): label for image, label in zip(whole.images, whole.labels, strict=True)}
    dataset = load(DataSpec(source=str(idx_folder), validation=Validation(take=take, size=20)))
    assert dataset.validation is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (44, 20, 24)
    for split in (dataset.train, dataset.validation):
        for image, label in zip(split.images, split.labels, strict=True):
            assert label_of[image.tobytes()] == label


def test_a_cut_at_an_end_copies_nothing(idx_folder: Path) -> None:
    dataset = load(DataSpec(source=str(idx_folder), validation=Validation(take="last", size=20)))
    train, validation = (np.lib.array_utils.byte_bounds(s.images) for s in (dataset.train, dataset.validation))
    assert train[1] == validation[0]


def test_without_validation_the_whole_part_is_for_training(idx_folder: Path) -> None:
    dataset = load(DataSpec(source=str(idx_folder), validation=None))
    assert dataset.validation is None
    assert len(dataset.train) == 64
    assert set(dataset.counts()) == {"train", "test"}


@pytest.mark.parametrize("take", TAKES)
def test_a_limit_takes_the_first_training_images_and_leaves_validation_alone(idx_folder: Path, take: str) -> None:
    spec = DataSpec(source=str(idx_folder), validation=Validation(take=take, size=20))
    whole, limited = load(spec), load(spec.model_copy(update={"limit": 10}))
    np.testing.assert_array_equal(limited.train.images, whole.train.images[:10])
    np.testing.assert_array_equal(limited.validation.images, whole.validation.images)


def test_a_limit_works_without_validation(idx_folder: Path) -> None:
    dataset = load(DataSpec(source=str(idx_folder), validation=None, limit=10))
    np.testing.assert_array_equal(dataset.train.images, read(idx_folder).train.images[:10])


def test_a_limit_above_what_there_is_changes_nothing(idx_folder: Path) -> None:
    assert len(load(DataSpec(source=str(idx_folder), validation=Validation(size=20), limit=1000)).train) == 44


def test_counts_are_given_for_every_split_and_class(idx_folder: Path) -> None:
    counts = load(DataSpec(source=str(idx_folder), validation=Validation(take="stratified", size=32))).counts()
    assert counts["test"] == [8, 8, 8]
    assert counts["validation"][0] == 11
    assert np.add(counts["train"], counts["validation"]).tolist() == [22, 21, 21]


def test_compressed_and_plain_files_have_the_same_fingerprint(idx_folder: Path) -> None:
    spec = DataSpec(source=str(idx_folder))
    plain = facts(spec)
    for path in list(idx_folder.iterdir()):
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert facts(spec) == plain == load(spec).facts


def test_one_changed_pixel_changes_the_fingerprint(idx_folder: Path) -> None:
    before = facts(DataSpec(source=str(idx_folder)))
    path = idx_folder / "t10k-images-idx3-ubyte"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    after = facts(DataSpec(source=str(idx_folder)))
    assert before.fingerprint != after.fingerprint
    assert before.shape == after.shape == (1, 8, 8)


def test_one_changed_label_changes_the_fingerprint(idx_folder: Path) -> None:
    before = facts(DataSpec(source=str(idx_folder))).fingerprint
    labels = read(idx_folder).train.labels
    idx.write_idx(idx_folder / "train-labels-idx1-ubyte", np.roll(labels, 1))
    assert facts(DataSpec(source=str(idx_folder))).fingerprint != before


def test_the_fingerprint_does_not_depend_on_the_split(idx_folder: Path) -> None:
    specs = [DataSpec(source=str(idx_folder), validation=v) for v in (None, Validation(take="first", size=3))]
    assert load(specs[0]).facts == load(specs[1]).facts


def test_duplicates_between_splits_are_counted_at_load(idx_folder: Path) -> None:
    parts = read(idx_folder)
    images = parts.train.images[:, 0].copy()
    images[60] = parts.test.images[5, 0]
    images[3] = images[61]
    idx.write_idx(idx_folder / "train-images-idx3-ubyte", images)
    dataset = load(DataSpec(source=str(idx_folder), validation=Validation(take="last", size=10)))
    assert dataset.duplicates == {"train/validation": 1, "train/test": 0, "validation/test": 1}


def test_digits_are_what_their_facts_say() -> None:
    spec = DataSpec(source="digits")
    dataset = load(spec)
    assert dataset.facts == facts(spec)
    assert dataset.facts.fingerprint == "ed44642ab3b16ada9bfeb3b6c84f29236f3fbc7eb5194107090cf2943b15dfeb"
    assert dataset.classes == tuple("0123456789")
    assert (len(dataset.train), len(dataset.validation or ()), len(dataset.test)) == (1293, 144, 360)
    assert dataset.train.images.max() == 255
    assert set(dataset.duplicates.values()) == {0}


def test_a_name_is_enough_for_the_defaults() -> None:
    assert len(load("digits").train) == len(load(DataSpec(source="digits")).train)
