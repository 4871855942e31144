"""A .csv file of labels and pixels is a data set, and says in which line it is wrong."""

import gzip
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
    with pytest.raises(SeedtrialError, match="data.size is for pictures"):
        read_source(str(path), form=Form(size=8))


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (4, 1, None, r"line 5: expected a label and 64 pixels, but there are 64 values\.$"),
        (29, 64, "7,7", r"line 30: expected a label and 64 pixels, but there are 66 values\.$"),
        (2, 0, ",1", r"line 3: expected a label and 64 pixels, but there are 66 values\.$"),
        (2, 64, "x", r"line 3: pixel 64 should be a whole number from 0 to 255, not 'x'\.$"),
        (2, 64, "", r"line 3: pixel 64 should be a whole number from 0 to 255, not ''\.$"),
        (9, 5, "1.5", r"line 10: pixel 5 should be a whole number .* not '1\.5'; .* data\.range=\[0,1\]\.$"),
        (9, 5, "256", r"line 10: pixel 5 should be a whole number .* not '256'; .* data\.range=\[0,1\]\.$"),
        (9, 5, "-1", r"line 10: pixel 5 should be a whole number .* not '-1'; .* data\.range=\[0,1\]\.$"),
        (9, 5, "1" * 5000, r"line 10: pixel 5 should be a whole number from 0 to 255, not '1{40}'\.$"),
        (9, 5, "nan", r"line 10: pixel 5 should be a whole number from 0 to 255, not 'nan'\.$"),
        (9, 0, "-2", r"line 10: the label should be a whole number from 0 on, not '-2'\.$"),
        (9, 0, "shirt", r"line 10: the label should be a whole number from 0 on, not 'shirt'\.$"),
        (9, 0, "1000000", r"^The class '1000000' of .* has 1 image; where there is no test part"),
        (9, 0, "999", r"^The class '999' of .* has 1 image; where there is no test part, each class needs at least 5"),
        (9, 0, "7", r"^The class '7' of .* has 1 image; where there is no test part, each class needs at least 5"),
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
        SeedtrialError, match=r"test\.csv, line 13: the label 3 is unknown; .*train\.csv has no training image of"
    ):
        read(write(tmp_path / "train.csv", *lines()))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], r"is empty or begins with an empty line\.$"),
        (["", "1,2"], r"is empty or begins with an empty line\.$"),
        ([HEADER], r"a\.csv has no images\.$"),
        (
            ["a,b,c,d", "1,2,3,4"],
            r"has no column of labels; the columns are a, b, c, d\. Say which it is, such as --set data\.label=NAME",
        ),
        (["label;pixel1;pixel2", "1;2;3"], r"has 2 pixels per line, .* The columns are label, pixel1, pixel2\.$"),
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
    with pytest.raises(
        SeedtrialError, match=r"a\.csv is not a text file in UTF-8 or UTF-16; save it as one of them\.$"
    ):
        read(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_bytes("\n".join(lines()).encode() + b"\n\xff\xff")
    with pytest.raises(SeedtrialError, match=r"a\.csv(, line 31: expected a label and 64 pixels| is not a text file)"):
        read(tmp_path / "a.csv")


def test_a_numbered_header_is_no_image(tmp_path: Path) -> None:
    plain = read(write(tmp_path / "a.csv", *lines()))
    numbered = read(write(tmp_path / "b.csv", ",".join(map(str, range(65))), *lines()))
    indexed = [f"{number},{line}" for number, line in enumerate(lines())]
    both = read(write(tmp_path / "c.csv", "," + ",".join(map(str, range(65))), *indexed))
    for other in (numbered, both):
        np.testing.assert_array_equal(other.train.images, plain.train.images)
        np.testing.assert_array_equal(other.train.labels, plain.train.labels)


@pytest.mark.parametrize("last", [False, True])
def test_a_first_line_that_is_an_image_is_no_header_though_its_label_is_a_word(tmp_path: Path, last: bool) -> None:
    """It was taken for the names of the columns, and one image was lost without a word."""
    plain = read(write(tmp_path / "a.csv", *lines()))
    named = [line.split(",", 1) for line in lines()]
    rows = [f"{pixels},shape {label}" if last else f"shape {label},{pixels}" for label, pixels in named]
    words = read(write(tmp_path / "b.csv", *rows))
    np.testing.assert_array_equal(words.train.images, plain.train.images)
    assert words.classes == ("shape 0", "shape 1", "shape 2")
    assert f"b.csv has no line of names; its column {65 if last else 1} is taken as the label." in words.notes
    for names in (["shape", *range(64)], ["shape", *range(1, 65)]):
        header = ",".join(map(str, names))
        np.testing.assert_array_equal(
            read(write(tmp_path / "c.csv", header, *lines())).train.images, plain.train.images
        )


@pytest.mark.parametrize("name", ["class", "target", "y", "emotion", "Label", "labels"])
@pytest.mark.parametrize("last", [False, True])
def test_the_column_of_labels_is_recognised_by_its_name_at_any_position(tmp_path: Path, name: str, last: bool) -> None:
    plain = read(write(tmp_path / "a.csv", HEADER, *lines()))

    def moved(line: str) -> str:
        first, rest = line.split(",", 1)
        return f"{rest},{first}" if last else line

    rows = [moved(HEADER.replace("label", name)), *map(moved, lines())]
    parts = read(write(tmp_path / "b.csv", *rows))
    np.testing.assert_array_equal(parts.train.images, plain.train.images)
    np.testing.assert_array_equal(parts.train.labels, plain.train.labels)


def test_the_column_of_labels_can_be_named_and_an_index_is_left_out(tmp_path: Path) -> None:
    rows = ["id," + HEADER.replace("label", "kind"), *(f"{7000 + n},{line}" for n, line in enumerate(lines()))]
    path = write(tmp_path / "a.csv", *rows)
    assert read(path).notes == ("The column 'kind' of a.csv is taken as the label.",)
    parts = read(path, Form(label="kind"))
    np.testing.assert_array_equal(parts.train.images, read(write(tmp_path / "b.csv", *lines())).train.images)
    with pytest.raises(SeedtrialError, match=r"has no column 'sort'; the columns are id, kind, pixel1, "):
        read(path, Form(label="sort"))


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_other_delimiters_quotes_and_encodings_are_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    plain = read(write(tmp_path / "a.csv", HEADER, *lines()))
    quoted = [delimiter.join(f'"{cell}"' for cell in line.split(",")) for line in [HEADER, *lines()]]
    (tmp_path / "b.csv").write_text("\n".join(quoted), encoding=encoding)
    np.testing.assert_array_equal(read(tmp_path / "b.csv").train.images, plain.train.images)


def test_a_compressed_file_is_read_as_it_is(tmp_path: Path) -> None:
    raw = "\n".join([HEADER, *lines()]).encode()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(raw))
    assert len(read_source(str(tmp_path / "a.csv.gz")).train) == 24


def test_all_pixels_may_stand_in_one_column_with_the_part_beside_it(tmp_path: Path) -> None:
    usage = ["Training"] * 20 + ["PublicTest"] * 5 + ["PrivateTest"] * 5
    rows = [
        f'{label},"{" ".join(map(str, image.ravel()))}",{part}'
        for label, image, part in zip(LABELS, IMAGES, usage, strict=True)
    ]
    parts = read(write(tmp_path / "fer.csv", "emotion,pixels,Usage", *rows))
    assert [len(split) for split in parts.splits] == [20, 5, 5]
    np.testing.assert_array_equal(parts.train.images, IMAGES[:20, None])
    np.testing.assert_array_equal(parts.test.images, IMAGES[25:, None])
    with pytest.raises(SeedtrialError, match=r"The column 'Usage' of .*fer\.csv says Later; expected Training, Public"):
        read(
            write(
                tmp_path / "fer.csv",
                "emotion,pixels,Usage",
                *(row.replace("Private", "").replace("Test", "x") and row.rsplit(",", 1)[0] + ",Later" for row in rows),
            )
        )


def test_words_are_class_names(tmp_path: Path) -> None:
    words = ["shirt", "bag", "coat"]
    rows = [f"{words[int(line[0])]}{line[1:]}" for line in lines()]
    parts = read(write(tmp_path / "a.csv", HEADER, *rows))
    assert parts.classes == ("bag", "coat", "shirt")
    plain = read(write(tmp_path / "b.csv", HEADER, *lines()))
    assert len(parts.train) == len(plain.train)


def test_a_twin_without_labels_is_set_aside(tmp_path: Path) -> None:
    unlabelled = [line.split(",", 1)[1] for line in [HEADER, *lines(TEST_IMAGES, TEST_LABELS)]]
    write(tmp_path / "test.csv", *unlabelled)
    parts = read(write(tmp_path / "train.csv", HEADER, *lines()))
    assert (len(parts.train), len(parts.test)) == (24, 6)
    assert parts.notes == ("test.csv has no labels and is set aside; a share of train.csv is kept back for the test.",)
    with pytest.raises(SeedtrialError, match=r"test\.csv has no column of labels; the columns are pixel1, pixel2, "):
        read(tmp_path / "test.csv")


def test_fractions_need_their_range(tmp_path: Path) -> None:
    rows = [
        ",".join([str(label), *(f"{v / 255:.6f}" for v in image.ravel())])
        for label, image in zip(LABELS, IMAGES, strict=True)
    ]
    path = write(tmp_path / "a.csv", HEADER, *rows)
    with pytest.raises(SeedtrialError, match=r"line 2: pixel 1 should be .* data\.range=\[0,1\]"):
        read(path)
    plain = read(write(tmp_path / "b.csv", HEADER, *lines()))
    np.testing.assert_array_equal(read(path, Form(range=(0, 1))).train.images, plain.train.images)


def test_whole_numbers_may_be_written_with_a_point(tmp_path: Path) -> None:
    plain = read(write(tmp_path / "a.csv", HEADER, *lines()))
    pointed = [",".join(f"{cell}.0" for cell in line.split(",")) for line in lines()]
    parts = read(write(tmp_path / "b.csv", HEADER, *pointed))
    np.testing.assert_array_equal(parts.train.images, plain.train.images)
    assert parts.classes == plain.classes


def test_columns_beside_numbered_pixels_are_the_label_or_are_named(tmp_path: Path) -> None:
    header = ["subject", *HEADER.split(",")]
    rows = [",".join(header), *(f"s{number},{line}" for number, line in enumerate(lines()))]
    parts = read(write(tmp_path / "a.csv", *rows))
    assert parts.notes == ("Columns of a.csv that are not used: subject.",)
    np.testing.assert_array_equal(parts.train.images, read(write(tmp_path / "b.csv", HEADER, *lines())).train.images)


@pytest.mark.parametrize("delimiter", ["|", " "])
def test_bars_and_spaces_separate_columns_too(tmp_path: Path, delimiter: str) -> None:
    rows = [row.replace(",", delimiter) for row in [HEADER, *lines()]]
    assert len(read(write(tmp_path / "a.csv", *rows)).train) == 24


def test_colours_in_a_table_are_refused_with_what_to_do(tmp_path: Path) -> None:
    header = ",".join(["label", *(f"p{number}" for number in range(48))])
    with pytest.raises(
        SeedtrialError, match=r"4 x 4 pixels in three colours, .* \.npz file with images of shape \(N, 4"
    ):
        read(write(tmp_path / "a.csv", header, ",".join(["1"] * 49)))


def test_a_gzip_file_that_is_cut_short_or_damaged_says_so(tmp_path: Path) -> None:
    raw = gzip.compress("\n".join([HEADER, *lines()]).encode())
    for harmed in (raw[:-200], raw[:60] + bytes(40) + raw[100:], raw[:40]):
        (tmp_path / "a.csv.gz").write_bytes(harmed)
        with pytest.raises(SeedtrialError, match=r"a\.csv\.gz is a damaged gzip file \(.*\); download it again\.$"):
            read(tmp_path / "a.csv.gz")
