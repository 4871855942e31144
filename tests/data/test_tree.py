"""Folders and .zip files of pictures, walked through: links, archives, odd names, and what systems leave behind."""

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedtrial.data import picture
from seedtrial.data.reader import Form
from seedtrial.data.readers import read as read_source
from seedtrial.data.readers.picture_folder import read
from seedtrial.errors import SeedtrialError


def test_control_characters_in_names_are_replaced(fruit: Path) -> None:
    (fruit / "train" / "kiwi" / "a\x1b[2J\n.jpg").write_text("text")
    os.rename(fruit / "train" / "kiwi" / "01.png", os.fsencode(fruit / "train" / "kiwi") + b"/\xff.png")
    (fruit / "train" / "kiwi" / os.fsdecode(b"\xfe.png")).write_text("text")
    assert [file.path for file in read(fruit).skipped] == ["train/kiwi/a�[2J�.jpg", "train/kiwi/�.png"]


def test_links_that_lead_out_of_the_folder_are_not_followed(fruit: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    Image.new("RGB", (12, 9)).save(outside)
    (fruit / "train" / "kiwi" / "out.png").symlink_to(outside)
    (fruit / "train" / "kiwi" / "within.png").symlink_to(fruit / "train" / "kiwi" / "01.png")
    (fruit / "train" / "kiwi" / "round.png").symlink_to("round.png")
    parts = read(fruit)
    assert dict(parts.skipped) == {
        "train/kiwi/out.png": "a link that leads out of the folder",
        "train/kiwi/round.png": "not a file",
    }
    assert len(parts.train) == 31


@pytest.mark.parametrize("name", ["train/figs", "test"])
def test_folders_that_lead_out_of_the_folder_are_refused(fruit: Path, tmp_path: Path, name: str) -> None:
    shutil.rmtree(fruit / name, ignore_errors=True)
    (tmp_path / "elsewhere").mkdir()
    (fruit / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(
        SeedtrialError, match=rf"{name} is a link that leads out of .*fruit; such links are not followed"
    ):
        read(fruit)


def test_the_folder_itself_may_be_a_link(fruit: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(fruit)
    assert len(read(tmp_path / "link").train) == 30


def test_an_archive_in_an_archive_is_entered_and_named(fruit: Path, tmp_path: Path) -> None:
    plain = read(fruit)
    for old, new in (("train", "training_set"), ("test", "test_set"), ("val", "val")):
        (tmp_path / "archive" / new).mkdir(parents=True)
        (fruit / old).rename(tmp_path / "archive" / new / new)
    parts = read(tmp_path / "archive")
    np.testing.assert_array_equal(parts.train.images, plain.train.images)
    np.testing.assert_array_equal(parts.test.images, plain.test.images)
    assert f"The pictures are taken from {tmp_path / 'archive' / 'training_set' / 'training_set'}." in parts.notes
    shutil.copytree(tmp_path / "archive", tmp_path / "outer" / "archive")
    assert len(read(tmp_path / "outer").train) == 30


def test_what_systems_leave_behind_is_neither_class_nor_picture(fruit: Path) -> None:
    for name in ("__MACOSX", ".ipynb_checkpoints", "@eaDir"):
        (fruit / "train" / name).mkdir()
        (fruit / name).mkdir()
    for name in ("Thumbs.db", "desktop.ini", "._01.jpg"):
        (fruit / "train" / "kiwi" / name).write_bytes(b"x")
    parts = read(fruit)
    assert parts.classes == ("apple", "kiwi", "plum") and parts.skipped == parts.notes == ()


def test_a_name_is_the_same_however_its_accents_are_written(fruit: Path) -> None:
    (fruit / "train" / "kiwi").rename(fruit / "train" / "pe\u0301che")
    (fruit / "test" / "kiwi").rename(fruit / "test" / "p\u00e9che")
    (fruit / "val" / "kiwi").rename(fruit / "val" / "p\u00e9che")
    assert read(fruit).classes == ("apple", "plum", "p\u00e9che")


def test_marks_that_turn_the_direction_of_text_are_shown(fruit: Path) -> None:
    for part in ("train", "val", "test"):
        (fruit / part / "kiwi").rename(fruit / part / "ki\u202ewi")
    assert read(fruit).classes == ("apple", "ki\N{REPLACEMENT CHARACTER}wi", "plum")


def test_links_are_followed_where_that_is_asked_for(fruit: Path, tmp_path: Path) -> None:
    (fruit / "train" / "kiwi").rename(tmp_path / "elsewhere")
    (fruit / "train" / "kiwi").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SeedtrialError, match=r"Copy the folder there, or set data\.links=true"):
        read(fruit)
    assert len(read(fruit, Form(links=True)).train) == 30
    (fruit / "train" / "plum" / "round").symlink_to(fruit)
    assert len(read(fruit, Form(links=True)).train) == 30


def test_a_zip_is_the_folder_that_it_holds(fruit: Path, tmp_path: Path) -> None:
    (fruit / "train" / "kiwi" / "notes.jpg").write_text("text")
    shutil.make_archive(str(tmp_path / "fruit"), "zip", tmp_path, "fruit")
    plain, packed = read(fruit), read_source(str(tmp_path / "fruit.zip"))
    for ours, theirs in zip(plain.splits, packed.splits, strict=True):
        np.testing.assert_array_equal(ours.images, theirs.images)
        np.testing.assert_array_equal(ours.labels, theirs.labels)
    assert [file.reason for file in packed.skipped] == [picture.KNOWN]
    assert not list(tmp_path.glob("fruit/**/__MACOSX"))


def test_a_zip_whose_names_lead_out_of_it_is_refused(tmp_path: Path) -> None:
    for name in ("../../evil/1.png", "/etc/cat/1.png", "C:\\cat\\1.png"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), b"x")
        with pytest.raises(SeedtrialError, match="has a file whose name leads out of it"):
            read(tmp_path / "a.zip")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(SeedtrialError, match=r"a\.zip is a damaged \.zip file"):
        read(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "names",
    [
        ("Train", "Valid", "Test"),
        ("training", "dev", "testing"),
        ("TRAIN", "VAL", "TEST"),
        ("training_set", "validation_set", "test_set"),
    ],
)
def test_the_parts_go_by_all_their_usual_names(fruit: Path, names: tuple[str, str, str]) -> None:
    plain = read(fruit)
    for old, new in zip(("train", "val", "test"), names, strict=True):
        (fruit / old).rename(fruit / f"{old}-")
        (fruit / f"{old}-").rename(fruit / new)
    parts = read(fruit)
    for ours, theirs in zip(plain.splits, parts.splits, strict=True):
        np.testing.assert_array_equal(ours.images, theirs.images)
    assert parts.notes == ()


def test_unused_files_beside_the_parts_are_named(fruit: Path) -> None:
    shutil.copytree(fruit / "val", fruit / "extra")
    (fruit / "labels.csv").write_text("x")
    assert read(fruit).notes == (
        f"Not used in {fruit}: extra/, labels.csv; call extra val or test to have its pictures used.",
    )


@pytest.mark.parametrize("name", ["train", "Test", "val"])
def test_a_class_may_be_called_like_a_part(fruit: Path, name: str) -> None:
    (fruit / "train" / "kiwi").rename(fruit / "train" / name)
    parts = read(fruit / "train")
    assert sorted(parts.classes) == sorted(["apple", name, "plum"]) and len(parts.train) == 24


@pytest.mark.parametrize(
    "names",
    [("Training Set", "Valid_Set", "holdout"), ("seg_train", "seg_val", "seg_test"), ("train1", "eval", "Test Images")],
)
def test_parts_are_known_by_the_names_that_people_give_them(fruit: Path, names: tuple[str, str, str]) -> None:
    for part, name in zip(("train", "val", "test"), names, strict=True):
        (fruit / part).rename(fruit / name)
    parts = read(fruit)
    assert (len(parts.train), len(parts.validation or ()), len(parts.test)) == (30, 6, 9)
    assert parts.notes == ()


def test_two_folders_whose_names_look_the_same_are_not_mixed_up(fruit: Path) -> None:
    for name in ("caf\u00e9", "cafe\u0301"):
        shutil.copytree(fruit / "train" / "kiwi", fruit / "train" / name)
    with pytest.raises(SeedtrialError, match=r"two folders whose names look the same, 'café', and differ"):
        read(fruit)
    packed = shutil.make_archive(str(fruit.parent / "packed"), "zip", fruit)
    with pytest.raises(SeedtrialError, match=r"two folders whose names look the same, 'café', and differ"):
        read(Path(packed))


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_picture_that_is_damaged_inside_its_zip_is_skipped(fruit: Path, packing: int) -> None:
    first = fruit / "train" / "apple" / "00.jpg"
    packed = fruit.parent / "packed.zip"
    with zipfile.ZipFile(packed, "w", packing) as archive:
        for file in sorted(fruit.rglob("*.*")):
            archive.write(file, file.relative_to(fruit))
        start = archive.getinfo("train/apple/00.jpg").header_offset + 60
    raw = bytearray(packed.read_bytes())
    raw[start : start + 30] = bytes(range(100, 130))
    packed.write_bytes(raw)
    parts = read(packed)
    assert [skipped.path for skipped in parts.skipped] == [str(first.relative_to(fruit))]
    assert parts.skipped[0].reason.startswith("damaged: ")
