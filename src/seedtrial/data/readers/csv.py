"""A text table with the label and the grey pixels of one square image per line, as Kaggle distributes Fashion-MNIST.

The first line may be a header, in which the label may stand anywhere: label,pixel1,... If the file's name contains
`train` and a file beside it has the same name with `test` instead, that file is the test part, if it has labels.
"""

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seedtrial.data.groups import column_of
from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Form, Reader, as_bytes, has_suffix
from seedtrial.data.splits import listed, parts_of
from seedtrial.data.table import Layout, is_number, layout
from seedtrial.data.text_file import opened, reading
from seedtrial.errors import SeedtrialError

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
PARTS = {  # what a column like fer2013's Usage says
    "training": "train", "train": "train",
    "publictest": "validation", "validation": "validation", "valid": "validation", "val": "validation",
    "privatetest": "test", "test": "test", "testing": "test",
}  # fmt: skip


def read(path: Path, form: Form | None = None) -> Parts:
    r"""The images of a file and of its twin with `test` in its name; without a test part, a share is kept back.

    Raises SeedtrialError with the number of the first line that is not a label and its pixels.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "tiny.csv")
    ...     _ = path.write_text("0,9,8,7,6\n1,0,0,0,1\n" * 5, encoding="utf-8")
    ...     read(path).train.images.shape
    (8, 1, 2, 2)
    """
    form = form or Form()
    if not path.is_file():
        raise SeedtrialError(f"There is no file {path}.")
    group = column_of(form.groups)
    table = _Table.read(path, layout(path, form.label, group), form)
    notes, origin, tables = [], str(path), table.divided()
    twin = path.with_name("test".join(path.name.rsplit("train", 1)))
    if twin != path and twin.is_file() and list(tables) == ["train"]:
        there = layout(twin, form.label if form.label is None or form.label in _names(twin) else None, group)
        if there.label is None:
            notes.append(
                f"{twin.name} has no labels and is set aside; a share of {path.name} is kept back for the test."
            )
        else:
            tables["test"], origin = _Table.read(twin, there, form), f"{path} and {twin.name}"
    if not table.layout.header:
        notes.append(
            f"{path.name} has no header; its first column is taken as the label. If it is another, say which, such "
            f"as data.label={table.layout.columns - 1} for the last one."
        )
    notes += table.layout.notes
    classes, number = _numbered(tables["train"].labels)
    splits = {}
    for part, rows in tables.items():
        for row, label in enumerate(rows.labels):
            if label not in number:
                raise SeedtrialError(
                    f"{rows.path}, line {rows.line(row)}: the label {label} is unknown; {path} has no training image "
                    "of such a class."
                )
        labels = np.array([number[label] for label in rows.labels], np.int64)
        splits[part] = Split(part, rows.images, labels, groups=None if rows.groups is None else np.array(rows.groups))
    return parts_of(splits, classes, origin, notes=tuple(notes), groups=form.groups)


def _names(path: Path) -> tuple[str, ...]:
    return layout(path).names


def _numbered(labels: list[str]) -> tuple[tuple[str, ...] | None, dict[str, int]]:
    """The class names, None where labels are whole numbers that name themselves; and the number of each label."""
    present = set(labels)
    if all(_whole(label) for label in present):
        return None, {label: int(label) for label in present}
    names = sorted(present)
    return tuple(names), {name: position for position, name in enumerate(names)}


class _Table:
    """The labels and images of some lines of one file.

    images: (N, 1, H, W) uint8
    parts:  of each line, by a column like Usage; None without such a column
    groups: of each line, by the column that the user names; None without one
    """

    def __init__(
        self,
        path: Path,
        layout: Layout,
        labels: list[str],
        images: np.ndarray,
        parts: list[str] | None = None,
        groups: list[str] | None = None,
    ) -> None:
        self.path, self.layout, self.labels, self.images = path, layout, labels, images
        self.parts, self.groups = parts, groups

    @classmethod
    def read(cls, path: Path, layout: Layout, form: Form) -> "_Table":
        if layout.label is None:
            raise SeedtrialError(
                f"{path} has no column of labels; the columns are {listed(layout.names, 5)}. Say which it is, such as "
                "--set data.label=NAME; a file without labels cannot be used."
            )
        with reading(path):
            if layout.text is None and layout.usage is None and _numeric(path, layout):
                labels, images, parts = *_by_columns(path, layout, form), None
            else:
                labels, images, parts = _by_lines(path, layout, form)
            group = layout.group
            groups = None if group is None else [cells[group].strip() for cells in _lines(path, layout)]
        return cls(path, layout, labels, images, parts, groups)

    def line(self, row: int) -> int:
        """The number of a row's line in the file, counted from 1, if no line is empty."""
        return row + 1 + self.layout.header

    def divided(self) -> dict[str, "_Table"]:
        """The rows of each part, by the column that says it; all are training images without one."""
        if self.parts is None:
            return {"train": self}
        tables = {}
        for part in ("train", "validation", "test"):
            rows = [row for row, name in enumerate(self.parts) if PARTS.get(name.strip().lower()) == part]
            if rows:
                groups = None if self.groups is None else [self.groups[row] for row in rows]
                labels = [self.labels[row] for row in rows]
                tables[part] = _Table(self.path, self.layout, labels, self.images[rows], groups=groups)
        odd = sorted({name for name in self.parts if name.strip().lower() not in PARTS})
        if odd or "train" not in tables:
            column = self.layout.names[self.layout.usage or 0]
            raise SeedtrialError(
                f"The column '{column}' of {self.path} says {listed(odd or self.parts)}; expected Training, PublicTest "
                "or PrivateTest; or train, validation or test."
            )
        return tables


def _numeric(path: Path, layout: Layout) -> bool:
    """Whether the first line of values has numbers beside its pixels: as its label, and where columns are not used."""
    pixels = set(layout.pixels)
    for cells in _lines(path, layout):
        return all(is_number(cell.strip()) for position, cell in enumerate(cells) if position not in pixels)
    return True


def _lines(path: Path, layout: Layout, errors: str = "strict") -> Iterator[list[str]]:
    csv.field_size_limit(2**27)  # the module's own limit is 128 kB, too little for an image in one cell
    with opened(path, layout.encoding, errors) as file:
        for number, cells in enumerate(csv.reader(file, delimiter=layout.delimiter)):
            if cells and not (layout.header and number == 0):
                yield cells


def _by_columns(path: Path, layout: Layout, form: Form) -> tuple[list[str], np.ndarray]:
    """Labels and images of a file that holds nothing but numbers, read by NumPy, which is much quicker."""
    assert layout.label is not None
    try:
        table = _numbers(path, layout, np.int32 if form.range is None else np.float32)
    except (ValueError, OverflowError, DeprecationWarning):
        try:  # whole numbers may be written as 3.0
            table = _numbers(path, layout, np.float64)
        except (ValueError, OverflowError, DeprecationWarning) as error:
            raise _problem(path, layout, form, str(error)) from None
    if not len(table):
        raise SeedtrialError(f"{path} has no images.")
    labels, pixels = table[:, layout.label], table[:, layout.pixels]
    if not np.isfinite(table).all():
        raise _problem(path, layout, form, "a value is no number")
    outside = form.range is None and (pixels.min() < 0 or pixels.max() > 255 or (pixels % 1).any())
    if table.shape[1] != layout.columns or labels.min() < 0 or (labels % 1).any() or outside:
        raise _problem(path, layout, form, "a number is out of range")
    pixels = pixels.astype(np.uint8) if form.range is None else as_bytes(pixels, form.range)
    return labels.astype(np.int64).astype(str).tolist(), pixels.reshape(-1, 1, layout.side, layout.side)


def _numbers(path: Path, layout: Layout, kind: type[np.number]) -> np.ndarray:
    """All cells of a file as numbers, (lines, columns). Raises ValueError where one is none."""
    with warnings.catch_warnings(), opened(path, layout.encoding) as file:
        warnings.simplefilter("error", DeprecationWarning)  # NumPy's, for 1.5 in place of a whole number
        warnings.filterwarnings("ignore", "loadtxt: input contained no data", UserWarning)
        return np.loadtxt(
            file,
            kind,
            comments=None,
            delimiter=layout.delimiter,
            skiprows=int(layout.header),
            ndmin=2,
            quotechar='"',
        )


def _by_lines(path: Path, layout: Layout, form: Form) -> tuple[list[str], np.ndarray, list[str] | None]:
    """Labels, images and parts of a file in which words stand among the numbers, line by line."""
    assert layout.label is not None
    labels: list[str] = []
    images: list[np.ndarray] = []
    parts: list[str] = []
    for cells in _lines(path, layout):
        line = f"{path}, line {len(images) + 1 + layout.header}"
        if len(cells) != layout.columns:
            raise SeedtrialError(f"{line}: expected {layout.columns} values, but there are {len(cells)}.")
        texts = _separated(cells[layout.text]) if layout.text is not None else [cells[n] for n in layout.pixels]
        try:
            pixels = np.array(texts, np.float64)
        except ValueError:
            odd = next((text for text in texts if not is_number(text)), "")
            raise SeedtrialError(f"{line}: the pixels should be numbers, not {odd!a}.") from None
        if form.range is None and not ((pixels >= 0) & (pixels <= 255) & (pixels % 1 == 0)).all():
            raise SeedtrialError(f"{line}: the pixels should be whole numbers from 0 to 255; else set data.range.")
        side = int(len(pixels) ** 0.5 + 0.5)
        if side * side != len(pixels) or not side:
            raise SeedtrialError(f"{line}: {len(pixels)} pixels do not form a square image.")
        if images and pixels.size != images[0].size:
            raise SeedtrialError(f"{line}: {len(pixels)} pixels, but {images[0].size} in the lines before.")
        pixels = pixels.astype(np.uint8) if form.range is None else as_bytes(pixels, form.range)
        images.append(pixels.reshape(1, side, side))
        label = cells[layout.label].strip()
        if not label:
            raise SeedtrialError(f"{line}: the label is empty.")
        labels.append(str(int(float(label))) if is_number(label) and float(label) % 1 == 0 else label)
        parts.append(cells[layout.usage] if layout.usage is not None else "")
    if not images:
        raise SeedtrialError(f"{path} has no images.")
    return labels, np.stack(images), parts if layout.usage is not None else None


def _separated(cell: str) -> list[str]:
    """The pixels in one cell: 1 2 3, or a list such as [1, 2, 3]."""
    return cell.strip("[]() ").replace(",", " ").split()


def _problem(path: Path, layout: Layout, form: Form, reason: str) -> SeedtrialError:
    """The first line that is wrong and what is wrong with it.

    NumPy's messages do not say which cell is wrong, so the file is read again, slowly; that happens once.
    """
    for number, cells in enumerate(_lines(path, layout, errors="replace"), start=1 + layout.header):
        line = f"{path}, line {number}"
        if len(cells) != layout.columns:
            return SeedtrialError(
                f"{line}: expected a label and {len(layout.pixels)} pixels, but there are {len(cells)} values."
            )
        label = cells[layout.label or 0].strip()
        if not _whole(label) or len(label) > 9:
            return SeedtrialError(f"{line}: the label should be a whole number from 0 on, not '{label[:40]}'.")
        for pixel, column in enumerate(layout.pixels, start=1):
            cell = cells[column].strip()
            if form.range is not None and is_number(cell):
                continue
            if not _whole(cell) or len(cell) > 9 or int(cell) > 255:
                hint = "; for other values say their range, such as data.range=[0,1]" if is_number(cell) else ""
                return SeedtrialError(
                    f"{line}: pixel {pixel} should be a whole number from 0 to 255, not '{cell[:40]}'{hint}."
                )
    return SeedtrialError(f"{path} could not be read: {reason.rstrip('.')}.")


def _whole(cell: str) -> bool:
    return cell.isascii() and cell.isdigit()


READER = Reader(
    name="FILE.csv",
    title="label,pixel,pixel,... per line; beside x_train.csv, x_test.csv is the test part; also .tsv and .gz",
    claims=lambda source: any(has_suffix(source, suffix) for suffix in SUFFIXES),
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("range", "label", "groups"),
)
