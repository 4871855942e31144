"""Parquet files with pictures are data sets, with Hugging Face's class names where they have them."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import bright_blocks
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.reader import Form
from seedtrial.data.readers import read as read_source
from seedtrial.data.readers.parquet import read
from seedtrial.errors import SeedtrialError

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet as pq  # noqa: E402

IMAGES, LABELS = bright_blocks(30, seed=1)


def png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write(path: Path, labels: list[object], *, names: list[str] | None = None, plain: bool = False) -> Path:
    raw = [png(image) for image in IMAGES]
    cells = raw if plain else [{"bytes": each, "path": None} for each in raw]
    table = pyarrow.table({"image": cells, "label": labels})
    if names:
        info = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
    pq.write_table(table, path)
    return path


def test_a_folder_of_parts_is_read_with_its_class_names(tmp_path: Path) -> None:
    for part in ("train", "validation", "test"):
        write(tmp_path / f"{part}-00000-of-00001.parquet", LABELS.tolist(), names=["left", "middle", "right"])
    parts = read_source(str(tmp_path), form=Form(channels=1))
    assert parts.classes == ("left", "middle", "right")
    assert [len(split) for split in parts.splits] == [30, 30, 30]
    for image, label in zip(parts.train.images, parts.train.labels, strict=True):
        position = next(row for row, each in enumerate(IMAGES) if np.array_equal(each, image[0]))
        assert LABELS[position] == label


@pytest.mark.parametrize("plain", [True, False])
def test_a_single_file_with_words_as_labels(tmp_path: Path, plain: bool) -> None:
    words = [["cat", "ape", "bee"][label] for label in LABELS]
    parts = read(write(tmp_path / "animals.parquet", words, plain=plain), Form(size=8))
    assert parts.classes == ("ape", "bee", "cat")
    assert (len(parts.train), len(parts.test)) == (24, 6)
    assert load(DataSpec(source=str(tmp_path / "animals.parquet"))).facts.shape == (3, 8, 8)


def test_rows_without_a_picture_are_skipped(tmp_path: Path) -> None:
    table = pyarrow.table({"image": [png(IMAGES[0]), b"", b"text"] * 10, "label": [0, 1, 0, 1, 1, 0] * 5})
    pq.write_table(table, tmp_path / "a.parquet")
    parts = read(tmp_path / "a.parquet")
    assert len(parts.skipped) == 20 and parts.skipped[0] == ("train/row 1", "no picture in this row")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"picture_file": [b"x"], "label": [1]}, r"has no column of pictures; the columns are picture_file, label\.$"),
        ({"image": [b"x"], "kind": [1]}, r"has no column of labels; .* such as --set data\.label=NAME\.$"),
    ],
)
def test_missing_columns_are_named(tmp_path: Path, columns: dict[str, list[object]], words: str) -> None:
    pq.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    with pytest.raises(SeedtrialError, match=words):
        read(tmp_path / "a.parquet")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(SeedtrialError, match=r"a\.parquet is not a Parquet file, or a damaged one"):
        read(tmp_path / "a.parquet")
