"""A crowd's votes: files that are read, files that are refused, and accuracies."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedtrial.errors import SeedtrialError
from seedtrial.human import crowd
from seedtrial.human.crowd import Votes, load_votes, read_votes, save_votes

CLASSES = ("coat", "shirt", "bag")
GOOD = "2,1,0\n0,3,0\n1,1,1\n0,2,2\n"
COUNTS = [[2, 1, 0], [0, 3, 0], [1, 1, 1], [0, 2, 2]]
LABELS = np.array([0, 1, 2, 0])
TABLES = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), min_size=1, max_size=30)


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "votes.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "coat,shirt,bag\n" + GOOD,
        "a,b,c\n" + GOOD,  # names of something else
        "\ufeffcoat,shirt,bag\r\n" + GOOD.replace("\n", "\r\n") + "\r\n",
        '"coat",shirt , bag\n' + GOOD.replace(",", " , "),
        "bag,coat,shirt\n0,2,1\n0,0,3\n1,1,1\n2,0,2\n",  # the classes in another order
    ],
    ids=["bare", "header", "other header", "as spreadsheets write", "blanks", "other order"],
)
def test_a_line_per_image_and_a_column_per_class_are_read(tmp_path: Path, text: str) -> None:
    assert read_votes(written(tmp_path, text), CLASSES, 4).counts.tolist() == COUNTS


def test_a_header_of_classes_that_are_numbers_is_recognised_by_the_number_of_lines(tmp_path: Path) -> None:
    assert read_votes(written(tmp_path, "1,0\n3,4\n"), ("0", "1"), 1).counts.tolist() == [[4, 3]]
    assert read_votes(written(tmp_path, "1,0\n3,4\n"), ("0", "1"), 2).counts.tolist() == [[1, 0], [3, 4]]


@pytest.mark.parametrize(
    "text, words",
    [
        ("2,1,0\n", r"votes\.csv has votes for 1 image, but the test part has 4; it needs one line per test image"),
        (GOOD + "1,0,0\n", "votes for 5 images, but the test part has 4"),
        ("", "votes for 0 images"),
        ("coat,shirt,bag\n", "votes for 0 images"),
        ("2,1\n0,3\n1,1\n0,2\n", "line 1: expected votes for 3 classes, got 2 columns"),
        (GOOD.replace("0,3,0", "0,3,0,0"), "line 2: expected votes for 3 classes, got 4 columns"),
        (GOOD.replace("0,3,0", "0,3.5,0"), r"line 2: votes must be whole numbers, not '3\.5'"),
        (GOOD.replace("2,1,0", "2.5,1,0"), r"line 1: votes must be whole numbers, not '2\.5'"),
        (GOOD.replace("0,3,0", "0,,3"), "line 2: votes must be whole numbers, not ''"),
        (GOOD.replace("0,3,0", "0,nan,3"), "line 2: votes must be whole numbers, not 'nan'"),
        (GOOD.replace("0,3,0", "0,\u0663,0"), "line 2: votes must be whole numbers, not '\u0663'"),
        (GOOD.replace("0,3,0", "0,-3,0"), "line 2: votes cannot be negative: '-3'"),
        (GOOD.replace("0,3,0", "0,0,0"), "line 2: this image has no votes; every image needs at least one"),
        ("h,h,h\n" + GOOD.replace("0,3,0", "0,0,0"), "line 3: this image has no votes"),
        (GOOD.replace("0,3,0", ",,"), "line 2: votes must be whole numbers, not ''"),
        (
            GOOD.replace("0,3,0", "0," + "9" * 5000 + ",0"),
            "line 2: '9{40}' votes are more than the 1,000,000 allowed per class",
        ),
        (GOOD.replace("0,3,0", "0,1000001,0"), "line 2: '1000001' votes"),
        ('"2,1,0\n', "is not a CSV file"),
        (b"\xff\xfe\x00", "is not a text file"),
        (b"1,2,\x003\n", "is not a text file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(SeedtrialError, match=words) as error:
        read_votes(written(tmp_path, text), CLASSES, 4)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300 + len(str(tmp_path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"Cannot read .*none\.csv: No such file"):
        read_votes(tmp_path / "none.csv", CLASSES, 4)
    with pytest.raises(SeedtrialError, match="Cannot read .*: Is a directory"):
        read_votes(tmp_path, CLASSES, 4)


@given(TABLES)
def test_written_votes_are_read_and_saved_votes_are_loaded(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[int]]
) -> None:
    folder = tmp_path_factory.mktemp("votes")
    path = written(folder, "\n".join(",".join(map(str, row)) for row in table))
    votes = read_votes(path, CLASSES, len(table))
    assert votes.counts.tolist() == table
    save_votes(votes, folder / "runs", "abc")
    kept = load_votes(folder / "runs", "abc", shape=(len(table), 3))
    assert kept is not None and kept.counts.tolist() == table


def test_votes_are_kept_for_one_data_set_and_the_latest_count(tmp_path: Path) -> None:
    votes = Votes(np.array(COUNTS))
    assert save_votes(votes, tmp_path, "f" * 64).name == "crowd-ffffffffffff.npz"
    save_votes(Votes(votes.counts + 1), tmp_path, "f" * 64)
    kept = load_votes(tmp_path, "f" * 64, shape=(4, 3))
    assert kept is not None and (kept.counts == votes.counts + 1).all()
    assert load_votes(tmp_path, "e" * 64, shape=(4, 3)) is None
    assert load_votes(tmp_path / "none", "f" * 64, shape=(4, 3)) is None


@pytest.mark.parametrize("damage", ["bytes", "empty", "shape", "fingerprint", "negative"])
def test_kept_votes_that_are_damaged_are_named(tmp_path: Path, damage: str) -> None:
    counts = np.array(COUNTS) - (damage == "negative")
    path = save_votes(Votes(counts), tmp_path, "f" * 64)
    if damage in ("bytes", "empty"):
        path.write_bytes(b"PK\x03\x04 and more"[: 20 * (damage == "bytes")])
    if damage == "fingerprint":
        path.rename(tmp_path / "crowd-eeeeeeeeeeee.npz")
    shape, asked = ((5, 3) if damage == "shape" else (4, 3)), "e" if damage == "fingerprint" else "f"
    with pytest.raises(SeedtrialError, match=r"crowd-.*\.npz is damaged; `seedtrial play --import` writes it again"):
        load_votes(tmp_path, asked * 64, shape=shape)


def test_a_single_annotator_is_a_vote_drawn_at_random() -> None:
    assert crowd.single(Votes(np.array(COUNTS)), LABELS) == pytest.approx([2 / 3, 1, 1 / 3, 0])


def test_the_majority_splits_ties() -> None:
    assert crowd.majority(Votes(np.array(COUNTS)), LABELS) == pytest.approx([1, 1, 1 / 3, 0])
    assert crowd.majority(Votes(np.array([[0, 2, 2], [0, 0, 0]])), np.array([1, 0])) == pytest.approx([0.5, 0])


def test_unanimous_needs_two_votes() -> None:
    votes = Votes(np.array([[2, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 5]]))
    assert votes.unanimous.tolist() == [True, False, False, True]


def test_by_class_is_the_mean_over_the_images_of_a_class() -> None:
    accuracies = crowd.votes_by_class(np.array([1, 0.5, 0]), np.array([0, 0, 2]), 3)
    assert accuracies[[0, 2]].tolist() == [0.75, 0] and np.isnan(accuracies[1])
    assert crowd.over_images(np.array([1, 0.5, 0])).mean == 0.5


@given(TABLES, st.integers(0, 2))
def test_the_accuracies_of_all_classes_add_up_to_one_vote(table: list[list[int]], label: int) -> None:
    votes = Votes(np.array(table))
    for rule in (crowd.single, crowd.majority):
        each = np.array([rule(votes, np.full(len(table), k)) for k in range(3)])
        assert each.sum(axis=0) == pytest.approx(1)
    # Where more than half of the votes are right, so is the majority.
    most = crowd.single(votes, np.full(len(table), label)) > 0.5
    assert (crowd.majority(votes, np.full(len(table), label))[most] == 1).all()
