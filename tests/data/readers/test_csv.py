"""A .csv file of labels and pixels is a data set, and says in which line it is wrong."""

from pathlib import Path

import numpy as np
import pytest

from conftest import bright_blocks
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.reader import Form
from seedtrial.data.readers import read as read_source
from seedtrial.data.readers.csv import read
from seedtrial.errors import SeedtrialError

IMAGES, LABELS = bright_blocks(30, seed=1)
TEST_IMAGES, TEST_LABELS = bright_blocks(12, seed=2)
HEADER = ",".join(["label", *(f"pixel{number}" for number in range(1, 65))])


def lines(images: np.ndarray = IMAGES, labels: np.ndarray = LABELS) -> list[str]:
    return [",".join(map(str, [label, *image.ravel()])) for image, label in zip(images, labels, strict=True)]


def write(path: Path, *rows: str, end: str = "\n") -> Path:
    path.write_bytes("".join(row + end for row in rows).encode())
    return path


def test_a_line_is_a_label_and_the_pixels_row_by_row(tmp_path: Path) -> None:
    write(tmp_path / "blocks_test.csv", HEADER, *lines(TEST_IMAGES, TEST_LABELS))
    parts = read(write(tmp_path / "blocks_train.csv", HEADER, *lines()))
    np.testing.assert_array_equal(parts.train.images, IMAGES[:, None])
    np.testing.assert_array_equal(parts.train.labels, LABELS)
    np.testing.assert_array_equal(parts.test.images, TEST_IMAGES[:, None])
    assert parts.train.images.dtype == np.uint8 and parts.train.labels.dtype == np.int64
    assert parts.classes == ("0", "1", "2")
    assert parts.origin == f"{tmp_path / 'blocks_train.csv'} and blocks_test.csv"


def test_the_header_the_ends_of_lines_and_a_mark_at_the_beginning_do_not_matter(tmp_path: Path) -> None:
    plain = read(write(tmp_path / "a.csv", *lines()))
    for rows, end in (
        ([HEADER, *lines()], "\n"),
        ([HEADER.replace("label", '"Label"'), *lines()], "\r\n"),
        (["\ufeff" + HEADER, *lines(), ""], "\n"),
        (["\ufeff" + lines()[0], *lines()[1:]], "\n"),
    ):
        other = read(write(tmp_path / "b.csv", *rows, end=end))
        np.testing.assert_array_equal(other.train.images, plain.train.images)
        np.testing.assert_array_equal(other.test.labels, plain.test.labels)


def test_without_a_twin_a_fifth_of_every_class_is_kept_back(tmp_path: Path) -> None:
    parts = read(write(tmp_path / "train.csv", *lines()))
    assert np.bincount(parts.train.labels).tolist() == [8, 8, 8]
    assert np.bincount(parts.test.labels).tolist() == [2, 2, 2]
    assert parts.origin.endswith("train.csv (20% of the training part, drawn by seed, are the test part)")


def test_a_file_can_be_trained_on_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.CSV", *lines())
    assert load(DataSpec(source=str(path))).counts()["test"] == [2, 2, 2]
    with pytest.raises(SeedtrialError, match="data.size is for folders of pictures"):
        read_source(str(path), form=Form(size=8))


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (4, 1, None, r"line 5: expected a label and 64 pixels, but there are 64 values\.$"),
        (29, 64, "7,7", r"line 30: expected a label and 64 pixels, but there are 66 values\.$"),
        (2, 0, ",1", r"line 3: expected a label and 64 pixels, but there are 66 values\.$"),
        (2, 64, "x", r"line 3: pixel 64 should be a whole number from 0 to 255, not 'x'\.$"),
        (2, 64, "", r"line 3: pixel 64 should be a whole number from 0 to 255, not ''\.$"),
        (9, 5, "1.5", r"line 10: pixel 5 should be a whole number from 0 to 255, not '1\.5'\.$"),
        (9, 5, "256", r"line 10: pixel 5 should be a whole number from 0 to 255, not '256'\.$"),
        (9, 5, "-1", r"line 10: pixel 5 should be a whole number from 0 to 255, not '-1'\.$"),
        (9, 5, "1" * 5000, r"line 10: pixel 5 should be a whole number from 0 to 255, not '1{40}'\.$"),
        (9, 5, "nan", r"line 10: pixel 5 should be a whole number from 0 to 255, not 'nan'\.$"),
        (9, 0, "-2", r"line 10: the label should be a whole number from 0 on, not '-2'\.$"),
        (9, 0, "shirt", r"line 10: the label should be a whole number from 0 on, not 'shirt'\.$"),
        (9, 0, "1000000", r"line 10: the label should be a whole number from 0 on, not '1000000'\.$"),
        (9, 0, "999", r"line 10: the label 999 is unknown; labels count the classes from 0\.$"),
        (9, 0, "7", r"has no image of class 3, but there are 8 classes; labels count the classes from 0\.$"),
    ],
)
@pytest.mark.parametrize("header", [0, 1], ids=["plain", "with header"])
def test_the_line_that_is_wrong_is_named(
    tmp_path: Path, row: int, column: int, cell: str | None, words: str, header: int
) -> None:
    rows = lines()
    cells = rows[row].split(",")
    cells[column : column + 1] = [] if cell is None else [cell]
    rows[row] = ",".join(cells)
    words = words.replace(f"line {row + 1}:", f"line {row + 1 + header}:")
    with pytest.raises(SeedtrialError, match=words):
        read(write(tmp_path / "a.csv", *[HEADER][:header], *rows))


def test_an_unknown_label_of_the_test_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "test.csv", *lines(TEST_IMAGES, TEST_LABELS), lines()[0].replace(lines()[0][0], "3", 1))
    with pytest.raises(
        SeedtrialError, match=r"test\.csv, line 13: the label 3 is unknown; .*train\.csv has no image of"
    ):
        read(write(tmp_path / "train.csv", *lines()))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], r"is empty or begins with an empty line\.$"),
        (["", "1,2"], r"is empty or begins with an empty line\.$"),
        ([HEADER], r"a\.csv has no images\.$"),
        (
            ["pixel0,pixel1", "1,2"],
            r"should begin with a column 'label', not 'pixel0'; a file without labels cannot be",
        ),
        (["label;pixel1", "1;2"], r"should begin with a column 'label', not 'label;pixel1'"),
        (
            ["0,1,2,3", "1,1,2,3"],
            r"has 3 pixels per line, which do not form a square image; expected label,pixel,pixel",
        ),
        (["0", "1"], r"has 0 pixels per line, which do not form a square image"),
        (["0,1"] * 9, r"has only one class; a classifier needs two or more\.$"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, rows: list[str], words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        read(write(tmp_path / "a.csv", *rows))


def test_a_file_of_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01" * 50)
    with pytest.raises(SeedtrialError, match=r"a\.csv is not a text file in UTF-8\.$"):
        read(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_bytes("\n".join(lines()).encode() + b"\n\xff\xff")
    with pytest.raises(SeedtrialError, match=r"a\.csv(, line 31: expected a label and 64 pixels| is not a text file)"):
        read(tmp_path / "a.csv")
