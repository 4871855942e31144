"""Pictures with a table of their labels are a data set; rows that cannot be used are named."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import bright_blocks
from seedtrial.data.reader import Form
from seedtrial.data.readers import read
from seedtrial.errors import SeedtrialError

IMAGES, LABELS = bright_blocks(30, seed=1)
NAMES = ("left", "middle", "right")
GREY = Form(channels=1)


def pictures(folder: Path, images: np.ndarray = IMAGES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


def table(path: Path, header: str, rows: Sequence[str]) -> Path:
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def hugging_face(folder: Path) -> Path:
    rows = [f"{number}.png,{NAMES[label]}" for number, label in enumerate(LABELS)]
    table(pictures(folder) / "metadata.csv", "file_name,label", rows)
    return folder


def test_labels_go_with_the_pictures_that_they_stand_beside(tmp_path: Path) -> None:
    parts = read(str(hugging_face(tmp_path)), form=GREY)
    assert parts.classes == NAMES and len(parts.train) == 24 and parts.notes == ()
    known = {image.tobytes(): label for image, label in zip(IMAGES, LABELS, strict=True)}
    for split in parts.splits:
        assert [known[image.tobytes()] for image in split.images] == split.labels.tolist()


def test_parts_are_folders_with_a_table_each(tmp_path: Path) -> None:
    for part in ("train", "Valid", "test"):
        hugging_face(tmp_path / part)
    assert [len(split) for split in read(str(tmp_path), form=GREY).splits] == [30, 30, 30]


def test_a_column_or_the_first_folder_of_a_name_says_the_part(tmp_path: Path) -> None:
    usage = ["train"] * 20 + ["validation"] * 5 + ["test"] * 5
    rows = [f"{number}.png,{label},{usage[number]}" for number, label in enumerate(LABELS)]
    table(pictures(tmp_path / "a") / "metadata.csv", "file_name,label,split", rows)
    assert [len(split) for split in read(str(tmp_path / "a"), form=GREY).splits] == [20, 5, 5]
    lines = []
    for part in ("train", "test"):
        pictures(tmp_path / "b" / part)
        lines += [{"file_name": f"{part}/{n}.png", "label": int(label)} for n, label in enumerate(LABELS)]
    (tmp_path / "b" / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert [len(split) for split in read(str(tmp_path / "b"), form=GREY).splits] == [30, 30]


def test_names_without_an_ending_are_found_in_the_folder_beside_the_table(tmp_path: Path) -> None:
    pictures(tmp_path / "images")
    rows = [f"{number};{NAMES[label]};{number}" for number, label in enumerate(LABELS)]
    path = table(tmp_path / "train.csv", "image_id;dx;age", rows)
    with pytest.raises(
        SeedtrialError, match=r"no column of labels; the columns are image_id, dx, age\. Say which it is"
    ):
        read(str(path), form=GREY)
    assert read(str(path), form=Form(channels=1, label="dx")).classes == NAMES
    assert read(str(tmp_path), form=Form(channels=1, label="dx")).classes == NAMES


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    hugging_face(tmp_path / "in")
    (tmp_path / "secret.png").write_bytes((tmp_path / "in" / "0.png").read_bytes())
    os.symlink(tmp_path / "secret.png", tmp_path / "in" / "link.png")
    with (tmp_path / "in" / "metadata.csv").open("a", encoding="utf-8") as file:
        file.write("\ngone.png,left\n../secret.png,left\nlink.png,left\n1.png,\n" + "x" * 5000 + ".png,left\n")
    parts = read(str(tmp_path / "in"), form=GREY)
    assert [(skipped.path[:13], skipped.reason) for skipped in parts.skipped] == [
        ("gone.png", "no such file in the folder of the table"),
        ("../secret.png", "no such file in the folder of the table"),
        ("link.png", "a link that leads out of the folder"),
        ("1.png", "no label in its row"),
        ("x" * 13, "no such file in the folder of the table"),
    ]
    assert len(parts.train) + len(parts.test) == 30


def test_pictures_without_a_row_are_counted(tmp_path: Path) -> None:
    hugging_face(tmp_path)
    Image.fromarray(IMAGES[0]).save(tmp_path / "more.png")
    assert read(str(tmp_path), form=GREY).notes == (f"1 picture of {tmp_path} without a row in a table is not used.",)


def test_a_table_whose_pictures_are_all_missing_says_where_they_were_looked_for(tmp_path: Path) -> None:
    path = table(tmp_path / "labels.csv", "filename,label", ["a.png,cat", "b.png,dog"])
    with pytest.raises(
        SeedtrialError, match=r"names no usable picture to train on \(a\.png: no such file in the folder"
    ):
        read(str(path))


def test_several_labels_of_one_picture_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path)
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "0.png", "label": ["a", "b"]}\n', encoding="utf-8")
    with pytest.raises(SeedtrialError, match=r"metadata\.jsonl: 0\.png has several labels; each picture needs one\.$"):
        read(str(tmp_path))


def test_another_table_beside_class_folders_changes_nothing(tmp_path: Path) -> None:
    for number, image in enumerate(IMAGES):
        (tmp_path / NAMES[LABELS[number]]).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / NAMES[LABELS[number]] / f"{number}.png")
    table(tmp_path / "labels.csv", "filename,label", ["elsewhere.png,cat"])
    assert read(str(tmp_path)).classes == NAMES
