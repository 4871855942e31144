"""A folder of IDX files is a data set, and says what is wrong with it."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from seedtrial.data import idx
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.idx import write_idx
from seedtrial.data.readers.idx_folder import find, read
from seedtrial.errors import SeedtrialError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def test_a_folder_gives_images_with_a_channel_and_whole_number_labels(idx_folder: Path) -> None:
    parts = read(idx_folder)
    assert parts.train.images.shape == (64, 1, 8, 8) and parts.train.images.dtype == np.uint8
    assert parts.test.images.shape == (24, 1, 8, 8)
    assert parts.train.labels.dtype == np.int64
    assert np.bincount(parts.train.labels).tolist() == [22, 21, 21]
    assert parts.classes == ("0", "1", "2")
    assert parts.origin == str(idx_folder)


def test_names_with_dots_and_test_instead_of_t10k_are_understood(idx_folder: Path) -> None:
    for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS):
        (idx_folder / name).rename(idx_folder / name.replace("-idx", ".idx").replace("t10k", "test"))
    assert len(read(idx_folder).test) == 24


def test_of_a_compressed_file_and_its_plain_twin_one_is_read(idx_folder: Path) -> None:
    (idx_folder / f"{TRAIN_IMAGES}.gz").write_bytes(gzip.compress((idx_folder / TRAIN_IMAGES).read_bytes()))
    assert len(read(idx_folder).train) == 64


def test_two_files_for_one_role_are_refused(idx_folder: Path) -> None:
    (idx_folder / "train-images-old").write_bytes(b"")
    with pytest.raises(
        SeedtrialError, match=r"several files with train images: train-images-idx3-ubyte, train-images-o"
    ):
        find(idx_folder)


def test_class_names_come_from_a_list(idx_folder: Path) -> None:
    (idx_folder / "classes.txt").write_text("left\n\n  <b>mitte</b> \nrécht\n", encoding="utf-8")
    assert read(idx_folder).classes == ("left", "<b>mitte</b>", "récht")


def test_class_names_that_are_not_text_are_refused(idx_folder: Path) -> None:
    (idx_folder / "classes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SeedtrialError, match=r"Cannot read the class names in .*classes\.txt"):
        read(idx_folder)


def test_a_label_without_a_class_is_refused(idx_folder: Path) -> None:
    (idx_folder / "classes.txt").write_text("left\nmiddle\n")
    with pytest.raises(
        SeedtrialError, match=r"A label in the train part of .* is 2, but there are only 2 classes \(0 t"
    ):
        read(idx_folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"^There is no folder .*/nowhere\.$"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name, role",
    [(TRAIN_IMAGES, "train images"), (TRAIN_LABELS, "train labels"), (TEST_IMAGES, "test images")],
)
def test_a_missing_file_is_named_by_its_role(idx_folder: Path, name: str, role: str) -> None:
    (idx_folder / name).unlink()
    with pytest.raises(
        SeedtrialError, match=rf"blocks has no file with {role}; expected the four IDX files of MNIST, su"
    ):
        read(idx_folder)


def test_labels_where_images_belong_are_refused(idx_folder: Path) -> None:
    (idx_folder / TRAIN_IMAGES).write_bytes((idx_folder / TRAIN_LABELS).read_bytes())
    with pytest.raises(SeedtrialError, match=rf"{TRAIN_IMAGES} should hold images, but it holds labels\.$"):
        read(idx_folder)


def test_images_where_labels_belong_are_refused(idx_folder: Path) -> None:
    (idx_folder / TEST_LABELS).write_bytes((idx_folder / TEST_IMAGES).read_bytes())
    with pytest.raises(SeedtrialError, match=rf"{TEST_LABELS} should hold labels, but it holds images\.$"):
        read(idx_folder)


def test_a_file_cut_short_is_named_with_its_lengths(idx_folder: Path) -> None:
    path = idx_folder / TEST_IMAGES
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(SeedtrialError, match=rf"{TEST_IMAGES} should have 1552 bytes by its header, but it has 1545"):
        read(idx_folder)


def test_a_gzip_file_cut_short_is_named(idx_folder: Path) -> None:
    packed = gzip.compress((idx_folder / TRAIN_IMAGES).read_bytes())
    (idx_folder / TRAIN_IMAGES).unlink()
    (idx_folder / f"{TRAIN_IMAGES}.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(SeedtrialError, match=rf"{TRAIN_IMAGES}\.gz is a damaged gzip file \(compressed file ended"):
        read(idx_folder)


def test_counts_that_differ_are_reported(idx_folder: Path) -> None:
    idx.write_idx(idx_folder / TEST_LABELS, np.zeros(23))
    with pytest.raises(SeedtrialError, match=r"The test part of .*blocks has 24 images, but 23 labels\.$"):
        read(idx_folder)


def test_an_empty_part_is_refused(idx_folder: Path) -> None:
    idx.write_idx(idx_folder / TEST_LABELS, np.zeros(0))
    idx.write_idx(idx_folder / TEST_IMAGES, np.zeros((0, 8, 8)))
    with pytest.raises(SeedtrialError, match=r"The test part of .*blocks is empty\.$"):
        read(idx_folder)


def test_images_without_pixels_are_refused(idx_folder: Path) -> None:
    idx.write_idx(idx_folder / TRAIN_IMAGES, np.zeros((64, 0, 8)))
    idx.write_idx(idx_folder / TEST_IMAGES, np.zeros((24, 0, 8)))
    with pytest.raises(SeedtrialError, match="pixel"):
        read(idx_folder)


def test_parts_of_different_image_sizes_are_refused(idx_folder: Path) -> None:
    idx.write_idx(idx_folder / TEST_IMAGES, np.zeros((24, 8, 9)))
    with pytest.raises(
        SeedtrialError, match=r"Training images of .* have the shape \(1, 8, 8\), but test images have \(1, 8, 9\)"
    ):
        read(idx_folder)


def test_a_single_class_is_refused(idx_folder: Path) -> None:
    idx.write_idx(idx_folder / TRAIN_LABELS, np.zeros(64))
    idx.write_idx(idx_folder / TEST_LABELS, np.zeros(24))
    with pytest.raises(SeedtrialError, match="has only one class; a classifier needs two or more"):
        read(idx_folder)


def test_a_byte_order_mark_is_no_part_of_a_class_name(idx_folder: Path) -> None:
    (idx_folder / "classes.txt").write_text("a\nb\nc\n", encoding="utf-8-sig")
    assert read(idx_folder).classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("names", "words"), [("a\nb\na\n", "are called 'a'"), ("a\nb\n\x1b[31mc\n", "contains control char")]
)
def test_class_names_that_mislead_are_refused(idx_folder: Path, names: str, words: str) -> None:
    (idx_folder / "classes.txt").write_text(names, encoding="utf-8")
    with pytest.raises(SeedtrialError, match=words):
        read(idx_folder)


def test_emnist_is_turned_upright_and_its_labels_are_letters(tmp_path: Path) -> None:
    images, labels = np.arange(2 * 6, dtype=np.uint8).reshape(2, 2, 3), np.array([1, 2])
    for part in ("train", "test"):
        write_idx(tmp_path / f"emnist-letters-{part}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"emnist-letters-{part}-labels-idx1-ubyte", labels)
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n")
    parts = read(tmp_path)
    np.testing.assert_array_equal(parts.train.images[:, 0], images.swapaxes(1, 2))
    assert parts.classes == ("A", "B")
    assert "EMNIST's files have rows and columns exchanged; the images are turned upright." in parts.notes


def test_a_range_widens_dark_images(idx_folder: Path) -> None:
    plain, wide = load(str(idx_folder)), load(DataSpec(source=str(idx_folder), range=(0, 128)))
    np.testing.assert_array_equal(wide.train.images, np.rint(plain.train.images * (255 / 128)).clip(0, 255))
