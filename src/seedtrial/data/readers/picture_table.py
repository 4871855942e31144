"""Pictures with a table of their labels: metadata.csv or .jsonl of Hugging Face, train.csv of Kaggle.

The table has a column of file names and one of labels. It lies in the folder of the pictures, or beside it; a folder of
parts has one table in each part. A column like split, or the first folder of the file names, says which part a row is.
"""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seedtrial.data.groups import column_of
from seedtrial.data.labelled import Labelled, labelled_parts
from seedtrial.data.part_names import by_part, part_of
from seedtrial.data.parts import Parts
from seedtrial.data.pictures import Pictures, check_memory
from seedtrial.data.reader import Form, Reader, has_suffix
from seedtrial.data.readers.picture_folder import SUFFIXES
from seedtrial.data.splits import listed
from seedtrial.data.table import DELIMITERS, LABELS, USAGE
from seedtrial.data.text_file import opened, reading
from seedtrial.data.tree import leads_inside
from seedtrial.errors import SeedtrialError
from seedtrial.words import counted

NAMES = ("metadata.csv", "metadata.jsonl", "labels.csv", "train.csv", "train_labels.csv")
COLUMNS = (
    "file_name", "filename", "file", "file_path", "filepath", "path", "image_path", "image_name", "image", "image_id",
    "imageid", "img", "picture", "id",
)  # fmt: skip
ENDINGS = ("", ".jpg", ".png", ".jpeg", ".JPG", ".tif", ".bmp", ".webp")  # some tables leave them out
INSIDE = ("", "images", "imgs", "pictures", "train", "train_images")  # where the pictures lie, from the table


@dataclass(frozen=True)
class LabelTable:
    """The rows of one file. files, label: the columns of file names and labels; base: the folder they are in."""

    path: Path
    rows: list[Mapping[str, object]]
    files: str
    base: Path


def read(source: Path, form: Form | None = None) -> Parts:
    """The pictures that a table names, or the tables of a folder and of its parts.

    Rows without a label or without a usable picture are listed in `Parts.skipped`.
    Raises SeedtrialError when a table has no file names or no labels, or names no picture that is there.

    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     lines = ["file_name,label"]
    ...     for number in range(10):
    ...         Image.new("L", (8, 8)).save(Path(folder, f"{number}.png"))
    ...         lines.append(f"{number}.png,{('cat', 'dog')[number % 2]}")
    ...     _ = Path(folder, "metadata.csv").write_text("\\n".join(lines), encoding="utf-8")
    ...     parts = read(Path(folder))
    >>> parts.classes, len(parts.train)
    (('cat', 'dog'), 8)
    """
    form = form or Form()
    root = source if source.is_dir() else source.parent
    tables = [(part, _table(path)) for part, path in _tables(source)]
    check_memory(sum(len(table.rows) for _, table in tables), source, form, None)
    reader = Pictures(root, form)
    rows: dict[str, list[Labelled]] = {}
    for part, table in tables:
        columns = _label(table, form.label), _group(table, column_of(form.groups))
        for own, picture in _labelled(table, columns, part, reader, root):
            rows.setdefault(own, []).append(picture)
    if not rows.get("train"):
        why = f" ({reader.skipped[0].path}: {reader.skipped[0].reason})" if reader.skipped else ""
        raise SeedtrialError(f"{source} names no usable picture to train on{why}.")
    return labelled_parts(rows, (), str(source), reader.skipped, _notes(root, rows, reader), form.groups)


def _notes(root: Path, rows: Mapping[str, list[Labelled]], reader: Pictures) -> tuple[str, ...]:
    """How many pictures lie in the folder that no table names."""
    there = sum(name.lower().endswith(SUFFIXES) for _, _, names in os.walk(root) for name in names)
    more = there - sum(map(len, rows.values())) - len(reader.skipped)
    if more <= 0:
        return ()
    return (f"{counted(more, 'picture')} of {root} without a row in a table {'is' if more == 1 else 'are'} not used.",)


def _tables(source: Path) -> list[tuple[str | None, Path]]:
    """The tables of a source, each with its part; None where its rows say it, or all are for training."""
    if source.is_file():
        return [(None, source)]
    own = _table_in(source)
    if own is not None:
        return [(None, own)]
    found: list[tuple[str | None, Path]] = []
    for part, names in by_part(sorted(path.name for path in source.iterdir() if path.is_dir())).items():
        inner = _table_in(source / names[0])
        if inner is not None:
            found.append((part, inner))
    return found


def _table_in(folder: Path) -> Path | None:
    return next(
        (folder / name for name in NAMES if (folder / name).is_file() and _names_files(folder / name, there=True)), None
    )


def _names_files(path: Path, *, there: bool) -> bool:
    """Whether a table has a column of file names, by its first row, and no more is read.

    there: whether that file must exist: other tables may lie beside folders of pictures
    """
    try:
        row = next(_rows(path), None)
        found = None if row is None else _files_column(row, path.parent)
        return row is not None and found is not None and not (there and _file(found[1], str(row[found[0]])) is None)
    except (SeedtrialError, OSError):
        return False


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        with reading(path), opened(path) as file:
            if path.suffix.lower() == ".jsonl":
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield _json_row(line, path, number)
                return
            head = file.readline()
            delimiter = max(DELIMITERS, key=head.count)
            names = next(csv.reader([head], delimiter=delimiter), [])
            for cells in csv.reader(file, delimiter=delimiter):
                if any(cell.strip() for cell in cells):
                    yield dict(zip((name.strip() for name in names), cells, strict=False))
    except csv.Error as error:
        raise SeedtrialError(f"{path} is not a table ({error}).") from None


def _json_row(line: str, path: Path, number: int) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise SeedtrialError(f"{path}, line {number} is not a JSON object such as {{'file_name': ..., 'label': ...}}.")
    return row


def _table(path: Path) -> LabelTable:
    rows = list(_rows(path))
    found = _files_column(rows[0], path.parent) if rows else None
    if found is None:
        names = listed(list(rows[0]), 5) if rows else "none, since it is empty"
        raise SeedtrialError(f"{path} has no column with the names of pictures; the columns are {names}.")
    return LabelTable(path, rows, *found)


def _files_column(row: Mapping[str, object], folder: Path) -> tuple[str, Path] | None:
    """The column whose first entry is the name of a picture, and the folder that it is in."""
    for name in COLUMNS:
        column = next((key for key in row if str(key).lower() == name), None)
        value = row.get(column) if column is not None else None
        if column is None or not isinstance(value, str) or not value.strip():
            continue
        for inside in INSIDE:
            if _file(folder / inside, value) is not None:
                return column, folder / inside
        if PurePosixPath(value).suffix.lower() in ENDINGS[1:]:  # a picture that is missing
            return column, folder
    return None


def _file(base: Path, value: str) -> Path | None:
    name = PurePosixPath(value.strip().replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts:
        return None
    try:
        return next((path for ending in ENDINGS if (path := base / f"{name}{ending}").is_file()), None)
    except OSError:  # a name that no file can have
        return None


def _label(table: LabelTable, asked: str | None) -> str:
    names = [str(name) for name in table.rows[0]]
    lower = {name.lower(): name for name in reversed(names)}
    usual = next((lower[name] for name in LABELS if name in lower), None)
    others = [name for name in names if name != table.files and name.lower() not in USAGE]
    found = (asked if asked in names else None) if asked else usual or (others[0] if len(others) == 1 else None)
    if found is None:
        missing = f"no column '{asked}'" if asked else "no column of labels"
        raise SeedtrialError(
            f"{table.path} has {missing}; the columns are {listed(names, 5)}. Say which it is, such as --set "
            "data.label=NAME."
        )
    return found


def _group(table: LabelTable, asked: str | None) -> str | None:
    if asked is not None and asked not in table.rows[0]:
        columns = listed([str(name) for name in table.rows[0]], 5)
        raise SeedtrialError(f"{table.path} has no column '{asked}'; the columns are {columns}.")
    return asked


def _labelled(
    table: LabelTable, columns: tuple[str, str | None], part: str | None, reader: Pictures, root: Path
) -> Iterator[tuple[str, Labelled]]:
    """Part and picture of every usable row. columns: of labels and groups."""
    label, group = columns
    usage = next((name for name in table.rows[0] if str(name).lower() in USAGE), None)
    inside = os.path.realpath(table.path.parent)
    for row in table.rows:
        value, name = str(row.get(table.files) or ""), row.get(label)
        where = PurePosixPath(os.path.relpath(table.base, root), value or "(no name)")
        path = _file(table.base, value) if value else None
        if path is None:
            reader.skip(where, "no such file in the folder of the table")
        elif not reader.form.links and not leads_inside(path, inside):
            reader.skip(where, "a link that leads out of the folder")
        elif isinstance(name, list | dict):
            raise SeedtrialError(f"{table.path}: {value} has several labels; each picture needs one.")
        elif name is None or not str(name).strip():
            reader.skip(where, "no label in its row")
        else:
            pixels = reader.read(where, path)
            if pixels is not None:
                belongs = None if group is None else str(row.get(group))
                own = part or _part_of_row(row, usage, value, table)
                yield own, Labelled(name, pixels, where.as_posix(), belongs)


def _part_of_row(row: Mapping[str, object], usage: str | None, value: str, table: LabelTable) -> str:
    """The part that a row says, in its column for it or by the first folder of its file name."""
    if usage is not None:
        found = part_of(str(row.get(usage) or ""))
        if found is None:
            raise SeedtrialError(
                f"The column '{usage}' of {table.path} says '{row.get(usage)}'; expected train, validation or test."
            )
        return found[0]
    first = PurePosixPath(value.replace("\\", "/")).parts[0]
    found = part_of(first) if "/" in value.replace("\\", "/") else None
    return found[0] if found is not None and not found[1] else "train"


def _claims(source: str) -> bool:
    path = Path(source)
    try:
        if path.is_file():
            kinds = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".jsonl")
            return any(has_suffix(source, kind) for kind in kinds) and _names_files(path, there=False)
        return path.is_dir() and bool(_tables(path))
    except OSError:
        return False


READER = Reader(
    name="DIR with metadata.csv",
    title="a table of file names and labels beside the pictures: metadata.csv or .jsonl as Hugging Face has it",
    claims=_claims,
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("size", "channels", "range", "background", "fit", "label", "links", "groups"),
)
