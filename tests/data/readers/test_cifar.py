"""CIFAR's binary version is a data set, and its pickles are refused unread."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from seedtrial.data.readers import read
from seedtrial.errors import SeedtrialError

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8)
LABELS = np.arange(20) % 2


def write(path: Path, *before: int) -> None:
    """Records of images, each with its label and, before it, other numbers."""
    path.parent.mkdir(exist_ok=True)
    records = (bytes([*before, label]) + image.tobytes() for image, label in zip(IMAGES, LABELS, strict=True))
    path.write_bytes(b"".join(records))


def test_batches_are_one_training_part_with_class_names(tmp_path: Path) -> None:
    for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"):
        write(tmp_path / "cifar-10-batches-bin" / name)
    (tmp_path / "cifar-10-batches-bin" / "batches.meta.txt").write_text("airplane\ncar\n\n", encoding="utf-8")
    parts = read(str(tmp_path))
    assert parts.classes == ("airplane", "car") and (len(parts.train), len(parts.test)) == (40, 20)
    np.testing.assert_array_equal(parts.test.images, IMAGES)
    np.testing.assert_array_equal(parts.train.labels, [*LABELS, *LABELS])


def test_the_fine_label_of_a_hundred_classes_counts(tmp_path: Path) -> None:
    for name in ("train.bin", "test.bin"):
        write(tmp_path / "c" / name, 7)
    parts = read(str(tmp_path / "c"))
    np.testing.assert_array_equal(parts.test.images, IMAGES)
    np.testing.assert_array_equal(parts.test.labels, LABELS)


def test_a_file_that_is_cut_short_says_so(tmp_path: Path) -> None:
    write(tmp_path / "c" / "data_batch_1.bin")
    write(tmp_path / "c" / "test_batch.bin")
    (tmp_path / "c" / "test_batch.bin").write_bytes(bytes(5000))
    with pytest.raises(SeedtrialError, match=r"test_batch\.bin has 5,000 bytes; expected a multiple of 3,073, one for"):
        read(str(tmp_path / "c"))
    (tmp_path / "c" / "test_batch.bin").unlink()
    with pytest.raises(SeedtrialError, match=r"^Cannot read .*test_batch\.bin: No such file or directory\.$"):
        read(str(tmp_path / "c"))


def test_pickles_are_refused_unread(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("data_batch_1", "batches.meta"):
        (folder / name).write_bytes(pickle.dumps({"data": IMAGES}))
    with pytest.raises(
        SeedtrialError, match=r"pickles that can run code when read; get the binary version \(cifar-10-"
    ):
        read(str(tmp_path))
