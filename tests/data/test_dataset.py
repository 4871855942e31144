"""A data set is split as asked, told apart by its fingerprint, and has its duplicates counted."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seedtrial.data import idx
from seedtrial.data.dataset import DataSpec, facts, load
from seedtrial.data.readers.idx_folder import read
from seedtrial.data.splits import Validation, held_out
from seedtrial.errors import SeedtrialError

LABELS = np.random.default_rng(0).choice(3, 200, p=[0.7, 0.2, 0.1]).astype(np.int64)
TAKES = ("first", "last", "random", "stratified")
validations = st.builds(
    Validation,
    take=st.sampled_from(TAKES),
    size=st.integers(1, 199) | st.floats(0.005, 0.99),
    seed=st.integers(0, 10),
)


def indices(spec: Validation, labels: np.ndarray = LABELS) -> tuple[list[int], list[int]]:
    """The image numbers kept and held out."""
    everything = np.arange(len(labels))
    kept, held = held_out(labels, spec)
    return everything[kept].tolist(), everything[held].tolist()


def test_the_first_images_can_be_held_out() -> None:
    assert indices(Validation(take="first", size=30)) == (list(range(30, 200)), list(range(30)))


def test_the_last_images_can_be_held_out() -> None:
    assert indices(Validation(take="last", size=30)) == (list(range(170)), list(range(170, 200)))


@given(st.integers(2, 70_000), st.floats(0.001, 0.999))
def test_the_last_share_is_cut_where_keras_cuts_it(total: int, share: float) -> None:
    kept = int(np.floor(total * (1.0 - share)))
    assume(0 < kept < total)
    spec = Validation(take="last", size=share)
    assert held_out(np.zeros(total, np.int64), spec) == (slice(0, kept), slice(kept, None))


def test_a_fifth_of_fashion_mnist_is_twelve_thousand() -> None:
    assert len(indices(Validation(take="last", size=0.2), np.zeros(60_000, np.int64))[1]) == 12_000


@given(validations)
def test_every_split_uses_every_image_once(spec: Validation) -> None:
    kept, held = indices(spec)
    assert sorted(kept + held) == list(range(200))
    assert kept == sorted(kept) and held == sorted(held)
    assert len(held) == (spec.size if isinstance(spec.size, int) else 200 - int(200 * (1 - spec.size)))


@given(validations)
def test_the_same_seed_gives_the_same_split(spec: Validation) -> None:
    assert indices(spec) == indices(spec)


@pytest.mark.parametrize("take", ["random", "stratified"])
def test_another_seed_gives_another_split(take: str) -> None:
    assert len({tuple(indices(Validation(take=take, size=50, seed=seed))[1]) for seed in range(5)}) == 5


@given(st.integers(1, 199), st.integers(0, 5))
def test_a_stratified_split_keeps_the_share_of_every_class(size: int, seed: int) -> None:
    _, held = indices(Validation(take="stratified", size=size, seed=seed))
    shares = np.bincount(LABELS) * size / len(LABELS)
    assert (np.abs(np.bincount(LABELS[held], minlength=3) - shares) < 1).all()


@pytest.mark.parametrize("size", [200, 201])
def test_a_validation_part_that_leaves_nothing_to_train_on_is_refused(size: int) -> None:
    with pytest.raises(
        SeedtrialError, match=rf"data\.validation\.size asks for {size} of 200 training images; some mu"
    ):
        held_out(LABELS, Validation(size=size))


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


def test_counts_are_told_for_every_split_and_class(idx_folder: Path) -> None:
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
    idx.write(idx_folder / "train-labels-idx1-ubyte", np.roll(labels, 1))
    assert facts(DataSpec(source=str(idx_folder))).fingerprint != before


def test_the_fingerprint_does_not_depend_on_the_split(idx_folder: Path) -> None:
    specs = [DataSpec(source=str(idx_folder), validation=v) for v in (None, Validation(take="first", size=3))]
    assert load(specs[0]).facts == load(specs[1]).facts


def test_duplicates_between_splits_are_counted_at_load(idx_folder: Path) -> None:
    parts = read(idx_folder)
    images = parts.train.images[:, 0].copy()
    images[60] = parts.test.images[5, 0]
    images[3] = images[61]
    idx.write(idx_folder / "train-images-idx3-ubyte", images)
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
