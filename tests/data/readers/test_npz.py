"""An .npz file of images and labels is a data set, and says what is wrong with it."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import bright_blocks
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.readers.npz import read
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError

IMAGES, LABELS = bright_blocks(30, seed=1)
TEST_IMAGES, TEST_LABELS = bright_blocks(12, seed=2)
OURS = {"images": IMAGES, "labels": LABELS, "test_images": TEST_IMAGES, "test_labels": TEST_LABELS}


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_images_get_a_channel_and_labels_are_whole_numbers(tmp_path: Path) -> None:
    parts = read(save(tmp_path / "a.npz", **OURS))
    np.testing.assert_array_equal(parts.train.images, IMAGES[:, None])
    np.testing.assert_array_equal(parts.test.labels, TEST_LABELS)
    assert parts.train.labels.dtype == np.int64
    assert parts.classes == ("0", "1", "2") and parts.origin == str(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "names",
    [("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels", "test_images", "test_labels")],
    ids=["keras", "medmnist"],
)
def test_other_names_for_the_same_arrays_make_the_same_data(tmp_path: Path, names: tuple[str, ...]) -> None:
    ours = load(str(save(tmp_path / "a.npz", **OURS)))
    theirs = load(str(save(tmp_path / "b.npz", **dict(zip(names, OURS.values(), strict=True)))))
    assert ours.facts == theirs.facts


def test_colours_come_last_in_the_file_and_first_in_the_data(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (30, 6, 5, 3), dtype=np.uint8)
    parts = read(save(tmp_path / "a.npz", images=colours, labels=LABELS[:, None]))
    assert parts.train.images.shape[1:] == (3, 6, 5)
    whole = {image.tobytes() for image in np.moveaxis(colours, 3, 1)}
    assert {image.tobytes() for split in (parts.train, parts.test) for image in split.images} == whole


def test_class_names_may_be_given(tmp_path: Path) -> None:
    parts = read(save(tmp_path / "a.npz", **OURS, classes=["left", "middle", "<b>right</b>"]))
    assert parts.classes == ("left", "middle", "<b>right</b>")


def test_without_a_test_part_a_fifth_of_every_class_is_kept_back(tmp_path: Path) -> None:
    parts = read(save(tmp_path / "a.npz", images=IMAGES, labels=LABELS))
    assert np.bincount(parts.train.labels).tolist() == [8, 8, 8]
    assert np.bincount(parts.test.labels).tolist() == [2, 2, 2]
    assert "20% of the training part" in parts.origin
    assert not np.shares_memory(parts.train.images, parts.test.images)


def test_a_validation_part_in_the_file_is_the_validation_split(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", **OURS, val_images=TEST_IMAGES[:6], val_labels=TEST_LABELS[:6])
    dataset = load(DataSpec(source=str(path), validation=Validation(size=0.5)))
    assert (len(dataset.train), len(dataset.validation or ()), len(dataset.test)) == (30, 6, 12)
    assert dataset.duplicates["validation/test"] == 6


class Bomb:
    """What a pickle could do to who reads it."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return (exec, ("raise SystemExit('code of a stranger ran')",))


def test_pickled_arrays_are_refused_and_not_run(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", images=IMAGES, labels=np.array([Bomb()] * 30, dtype=object))
    with pytest.raises(SeedtrialError, match=r"a\.npz holds pickled objects, which can run code when read; save plain"):
        read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": None, "labels": None, "X": IMAGES}, r"a\.npz has x, but no array of its labels; expected"),
        ({"images": None, "labels": None}, r"has no array 'images'; expected images .* It has: test_images, "),
        ({"labels": None}, r"a\.npz has images, but no array of its labels; expected"),
        ({"test_labels": None}, r"a\.npz has test_images, but no array of its labels; expected"),
        ({"tset_images": IMAGES}, r"has an unknown array 'tset_images'; expected"),
        ({"x_train": IMAGES}, r"has its train part twice, as images and as x_train\.$"),
        ({"images": IMAGES / 255}, r"is float64 with values from 0 to 0\.858824, not .* data\.range=\[0,0\.858824\]\."),
        ({"images": IMAGES.reshape(30, 64)}, r"not \(30, 64\)\. Save it as images\.reshape\(-1, 8, 8\)\.$"),
        ({"images": np.zeros((30, 2, 8, 8), np.uint8)}, r"with 1 or 3 channels, not \(30, 2, 8, 8\)\.$"),
        ({"labels": LABELS / 2}, r"labels in .* should be whole numbers from 0, not float64\.$"),
        ({"labels": np.eye(3, dtype=int)[LABELS]}, r"shape \(N,\), not \(30, 3\)\. These look one-hot: save"),
        ({"labels": LABELS.astype(int) - 1}, r"labels in .* has the label -1; labels count the classes from 0\.$"),
        ({"labels": LABELS.astype(int) + 2**40}, r"has the label 10995\d+; labels count the classes from 0\.$"),
        ({"labels": LABELS + 1}, r"The test part of .* has images of class 0, but the training part has none\.$"),
        ({"labels": LABELS[:7]}, r"The train part of .* has 30 images, but 7 labels\.$"),
        ({"labels": LABELS[:0], "images": IMAGES[:0]}, r"labels in .* is empty\.$"),
        ({"labels": LABELS * 0, "test_labels": TEST_LABELS * 0}, r"has only one class; a classifier needs two or more"),
        ({"test_labels": TEST_LABELS + 1}, r"The test part of .* has images of class 3, but the training part has no"),
        ({"test_images": TEST_IMAGES[:, :7]}, r"have the shape \(1, 8, 8\), but test images have \(1, 7, 8\)\.$"),
        ({"classes": ["a", "b"]}, r"is 2, but there are only 2 classes"),
        ({"classes": ["a", "a", "b"]}, r"classes in .* should be a list of different names, one per class\.$"),
        ({"classes": [1, 2, 3]}, r"classes in .* should be a list of different names, one per class\.$"),
        (
            {"test_images": None, "test_labels": None, "labels": np.array([2] + [0, 1] * 14 + [2])},
            r"class '2' of .* has 2 images; where there is no test part, each class needs at least 5",
        ),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    arrays = {name: array for name, array in (OURS | change).items() if array is not None}
    with pytest.raises(SeedtrialError, match=words):
        read(save(tmp_path / "a.npz", **arrays))


def test_a_file_that_is_no_npz_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"not a zip file")
    with pytest.raises(SeedtrialError, match=r"a\.npz is not an \.npz file\.$"):
        read(tmp_path / "a.npz")


def test_something_else_within_the_file_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", **OURS)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("notes.txt", "hello")
    with pytest.raises(SeedtrialError, match=r"contains a file 'notes\.txt' that is not an array\.$"):
        read(path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", **OURS)
    raw = bytearray(path.read_bytes())
    raw[300] ^= 255
    path.write_bytes(raw)
    with pytest.raises(SeedtrialError, match=r"a\.npz is a damaged \.npz file \("):
        read(path)
    path.write_bytes(raw[:-40])
    with pytest.raises(SeedtrialError, match=r"a\.npz is (not an|a damaged) \.npz file"):
        read(path)


def test_an_array_that_claims_more_than_memory_holds_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", labels=LABELS)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999999, 28, 28), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("images.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(SeedtrialError, match=r"a\.npz (claims to hold more than fits into memory|is a damaged)"):
        read(path)


@pytest.mark.parametrize(
    "names",
    [("trainX", "trainY"), ("train_x", "train_y"), ("data", "target"), ("kmnist-train-imgs", "kmnist-train-labels")],
)
def test_names_that_others_use_are_understood(tmp_path: Path, names: tuple[str, str]) -> None:
    parts = read(save(tmp_path / "a.npz", **dict(zip(names, (IMAGES, LABELS), strict=True)), ids=np.arange(30)))
    np.testing.assert_array_equal(parts.train.images, read(save(tmp_path / "b.npz", x=IMAGES, y=LABELS)).train.images)
    assert parts.notes == (f"Not used in {tmp_path / 'a.npz'}: ids.",)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_labels_that_are_no_numbers_are_refused(tmp_path: Path, odd: float) -> None:
    labels = LABELS.astype(float)
    labels[3] = odd
    with pytest.raises(SeedtrialError, match=r"labels in .* should be whole numbers from 0, not float64\.$"):
        read(save(tmp_path / "a.npz", images=IMAGES, labels=labels))


def test_class_names_are_marked_where_they_turn_a_page_and_refused_where_they_are_none(tmp_path: Path) -> None:
    assert read(save(tmp_path / "a.npz", **OURS, class_names=["a\u202eb", "c", "d"])).classes == ("a\ufffdb", "c", "d")
    with pytest.raises(SeedtrialError, match=r"A class name of .* is empty; expected 1 to 255\.$"):
        read(save(tmp_path / "b.npz", **OURS, classes=["", "c", "d"]))
    with pytest.raises(SeedtrialError, match=r"A class name of .* has 3,000 letters; expected 1 to 255\.$"):
        read(save(tmp_path / "c.npz", **OURS, classes=["a" * 3000, "c", "d"]))
