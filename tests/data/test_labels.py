"""Classes are those that occur: gaps and labels from 1 on are no ghosts, whatever file they come from."""

from pathlib import Path

import numpy as np
import pytest

from conftest import bright_blocks
from seedtrial.data import idx
from seedtrial.data.readers import read
from seedtrial.errors import SeedtrialError

IMAGES, BLOCKS = bright_blocks(60, seed=1)
GAP = np.array([0, 3, 5])[BLOCKS]


def as_npz(folder: Path, labels: np.ndarray) -> Path:
    np.savez(folder / "a.npz", images=IMAGES, labels=labels)
    return folder / "a.npz"


def as_csv(folder: Path, labels: np.ndarray) -> Path:
    rows = (",".join(map(str, [label, *image.ravel()])) for image, label in zip(IMAGES, labels, strict=True))
    (folder / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder / "a.csv"


def as_idx(folder: Path, labels: np.ndarray) -> Path:
    for part, rows in (("train", slice(0, 40)), ("t10k", slice(40, 60))):
        idx.write_idx(folder / f"{part}-images-idx3-ubyte", IMAGES[rows])
        idx.write_idx(folder / f"{part}-labels-idx1-ubyte", labels[rows])
    return folder


@pytest.mark.parametrize("save", [as_npz, as_csv, as_idx])
def test_labels_with_a_gap_have_no_ghost_class(tmp_path: Path, save) -> None:
    parts = read(str(save(tmp_path, GAP)))
    assert parts.classes == ("0", "3", "5")
    assert set(parts.train.labels.tolist()) == set(parts.test.labels.tolist()) == {0, 1, 2}
    note = "The labels run from 0 to 5 without 1, 2, 4; the 3 classes are those that occur."
    assert note in parts.notes


@pytest.mark.parametrize("save", [as_npz, as_csv, as_idx])
def test_labels_may_count_from_one(tmp_path: Path, save) -> None:
    parts = read(str(save(tmp_path, BLOCKS + 1)))
    assert parts.classes == ("1", "2", "3")
    assert "The labels run from 1 to 3; the 3 classes are those that occur." in parts.notes


def test_images_keep_their_labels_when_classes_are_dropped(tmp_path: Path) -> None:
    plain, gapped = read(str(as_idx(tmp_path, BLOCKS))), None
    gapped = read(str(as_idx(tmp_path, GAP)))
    np.testing.assert_array_equal(plain.train.labels, gapped.train.labels)
    np.testing.assert_array_equal(plain.test.labels, gapped.test.labels)


def test_a_named_class_without_images_is_dropped_with_a_note(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=GAP, classes=[*"abcdef"])
    parts = read(str(tmp_path / "a.npz"))
    assert parts.classes == ("a", "d", "f")
    assert parts.notes == ("No image is of b, c, e; 3 of 6 classes are used.",)


def test_a_class_of_the_test_part_needs_training_images(tmp_path: Path) -> None:
    labels = BLOCKS.copy()
    labels[50] = 7
    with pytest.raises(SeedtrialError, match=r"The test part of .* has images of class 7, but the training part has n"):
        read(str(as_idx(tmp_path, labels)))


def test_words_in_an_array_are_class_names(tmp_path: Path) -> None:
    parts = read(str(as_npz(tmp_path, np.array(["cat", "ape", "bee"])[BLOCKS])))
    assert parts.classes == ("ape", "bee", "cat")
    assert parts.classes[parts.train.labels[0]] in {"ape", "bee", "cat"} and parts.notes == ()
