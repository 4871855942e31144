"""Parquet files of images, as Hugging Face's data sets come: a column of picture files and one of labels.

A folder has files named train-*, validation-* and test-*; a single file is a training part. pyarrow reads the files; it
is an extra: pip install seedtrial[parquet].
"""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from seedtrial.data.groups import column_of
from seedtrial.data.labelled import Labelled, labelled_parts
from seedtrial.data.parts import Parts
from seedtrial.data.pictures import Pictures, check_memory
from seedtrial.data.reader import Form, Reader, is_or_holds
from seedtrial.data.splits import listed
from seedtrial.data.table import LABELS
from seedtrial.errors import SeedtrialError

PARTS = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
IMAGES = ("image", "img", "picture", "pixels")


def read(path: Path, form: Form | None = None) -> Parts:
    """The images of a file, or of the files in a folder.

    Raises SeedtrialError when pyarrow is not installed, or a file is damaged or has no pictures or no labels.

        read(Path("beans/data"), Form(size=64))
    """
    form = form or Form()
    tables = {part: [_table(file) for file in files] for part, files in _files(path).items()}
    if "train" not in tables:
        raise SeedtrialError(f"{path} has no file train-*.parquet.")
    schema = tables["train"][0].schema
    image, label = _column(schema, IMAGES, None, path, "pictures"), _column(schema, LABELS, form.label, path, "labels")
    group = None if column_of(form.groups) is None else _column(schema, (), form.groups, path, "groups")
    names = _names(schema, label)
    count = sum(table.num_rows for each in tables.values() for table in each)
    check_memory(count, path, form, None)
    reader = Pictures(path, form)
    rows = {part: list(_rows(each, (image, label, group), part, reader)) for part, each in tables.items()}
    if not rows["train"]:
        raise SeedtrialError(f"{path} has no usable picture to train on.")
    return labelled_parts(rows, names, str(path), reader.skipped, groups=form.groups)


def _files(path: Path) -> dict[str, list[Path]]:
    """The files of each part, by how their names begin."""
    if path.is_file():
        return {"train": [path]}
    files: dict[str, list[Path]] = {}
    for file in sorted(path.glob("*.parquet")):
        part = next((part for part, names in PARTS.items() if file.name.lower().startswith(names)), "train")
        files.setdefault(part, []).append(file)
    return files


def _table(path: Path) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SeedtrialError(
            f"{path} is read by pyarrow, which is not installed: pip install seedtrial[parquet]"
        ) from None
    try:
        return parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise SeedtrialError(
            f"{path} is not a Parquet file, or a damaged one ({str(error).splitlines()[0]})."
        ) from None


def _column(schema: Any, known: tuple[str, ...], asked: str | None, path: Path, what: str) -> str:
    """The name of the column of pictures or labels."""
    names = {name.lower(): name for name in schema.names}
    column = asked if asked in schema.names else None if asked else next((names[n] for n in known if n in names), None)
    if column is None:
        hint = " Say which it is, such as --set data.label=NAME." if what == "labels" else ""
        missing = f"no column '{asked}'" if asked else f"no column of {what}"
        raise SeedtrialError(f"{path} has {missing}; the columns are {listed(schema.names, 5)}.{hint}")
    return column


def _names(schema: Any, label: str) -> tuple[str, ...]:
    """The class names that Hugging Face keeps beside the columns; empty where there are none."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return tuple(str(name) for name in features[label]["names"])
    except (KeyError, TypeError, ValueError):
        return ()


def _rows(tables: list[Any], columns: tuple[str, str, str | None], part: str, reader: Pictures) -> Iterator[Labelled]:
    """Every usable picture of a part. columns: of the pictures, labels and groups."""
    image, label, group = columns
    for table in tables:
        groups = [""] * table.num_rows if group is None else table.column(group).to_pylist()
        for row, (cell, name) in enumerate(zip(table.column(image), table.column(label), strict=True)):
            value, wanted = cell.as_py(), name.as_py()
            where = PurePosixPath(part, f"row {row}")
            raw = value.get("bytes") if isinstance(value, dict) else value
            if not isinstance(raw, bytes) or not raw:
                reader.skip(where, "no picture in this row")
            elif wanted is None:
                reader.skip(where, "no label in this row")
            else:
                pixels = reader.read(where, None, BytesIO(raw))
                if pixels is not None:
                    yield Labelled(wanted, pixels, group=str(groups[row]) if group else None)


READER = Reader(
    name="FILE.parquet or a DIR with them",
    title="a column image of picture files and a column label; train-*, validation-*, test-* as Hugging Face has them",
    claims=lambda source: is_or_holds(source, ".parquet"),
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("size", "channels", "range", "background", "fit", "label", "groups"),
)
