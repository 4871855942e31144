"""How a text table of images is laid out: which column is the label, which are pixels, and what lies between them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from seedtrial.data.splits import listed
from seedtrial.data.text_file import encoding_of, no_text, opened, reading
from seedtrial.errors import SeedtrialError

LABELS = (
    "label", "labels", "class", "target", "y", "emotion", "category", "digit", "character", "class_name", "species",
)  # fmt: skip  # as people call them
INDEX = (
    "",
    "unnamed: 0",
    "index",
    "id",
    "imageid",
    "image_id",
    "row_id",
    "rowid",
    "idx",
)  # columns that number the lines
PIXELS = ("pixels", "image", "pixel")  # one column with all pixels of an image, separated by spaces
USAGE = ("usage", "split", "subset")  # a column that says which part a line belongs to
DELIMITERS = (",", ";", "\t", "|")  # or spaces, where a line has none of them, as NumPy writes tables
NUMBERED = r"(?i)(.*?)[ _.-]*\d+(?:[x_]\d+)?"  # pixel0, px_12, p-3, 28x28
MOST_LETTERS = 4_000_000  # of a line


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are read.

    header: whether the first line holds names
    label:  position of the label; None where the file has none
    pixels: positions of the pixels, one per column
    text:   position of a column that holds all pixels of an image; pixels is empty then
    usage:  position of the column that says which part a line belongs to
    group:  position of the column that says what a line belongs to, if the user named one
    notes:  which column is taken as the label where its name does not say so, and which are not used

    >>> layout = laid_out(["id", "label", "p1", "p2", "p3", "p4"], ",", "utf-8", Path("a.csv"))
    >>> layout.label, layout.pixels, layout.side
    (1, (2, 3, 4, 5), 2)
    """

    names: tuple[str, ...]
    delimiter: str
    encoding: str
    header: bool
    label: int | None
    pixels: tuple[int, ...] = ()
    text: int | None = None
    usage: int | None = None
    group: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """How many columns a line has."""
        return len(self.names)

    @property
    def side(self) -> int:
        """Height and width of an image, pixels; 0 where a line says it by its length."""
        return math.isqrt(len(self.pixels))


def layout(path: Path, label: str | None = None, group: str | None = None) -> Layout:
    """The layout of a file, from its first line.

    label, group: the names of the columns of labels and groups, if the user gave them

    Raises SeedtrialError when it is no text, or when no columns form square images.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "table.csv")
    ...     _ = path.write_text("label,pixel0,pixel1,pixel2,pixel3")
    ...     layout(path).label
    0
    """
    with reading(path):
        encoding = encoding_of(path)
        with opened(path, encoding) as file:
            line = file.readline(MOST_LETTERS).rstrip("\r\n")
    if any(not letter.isprintable() and letter != "\t" for letter in line):
        raise no_text(path)
    if not line.strip():
        raise SeedtrialError(f"{path} is empty or begins with an empty line.")
    delimiter = max(DELIMITERS, key=line.count)
    if delimiter not in line and " " in line.strip():
        delimiter = " "
    cells = [cell.strip().strip('"').strip() for cell in line.split(delimiter)]
    return laid_out(cells, delimiter, encoding, path, label, group)


def laid_out(
    cells: Sequence[str],
    delimiter: str,
    encoding: str,
    path: Path,
    label: str | None = None,
    group: str | None = None,
) -> Layout:
    """The layout of a file whose first line has these cells. Raises SeedtrialError as `layout` does.

    >>> cells = ["label", *(f"pixel{number}" for number in range(4))]
    >>> laid_out(cells, ",", "utf-8", Path("table.csv")).delimiter
    ','
    """
    word = _only_word(cells) if not {label, group} & {*cells} else None
    header = word is None and (not all(is_number(cell) for cell in cells) or _numbers_columns(cells))
    names = tuple(cells) if header else tuple(str(number) for number in range(len(cells)))
    lower = [name.lower() for name in names]

    def first(known: Sequence[str]) -> int | None:
        return next((lower.index(name) for name in known if name in lower), None) if header else None

    position = _label(names, header, label, first(LABELS), path) if word is None else word
    grouping = None if group is None else _named(names, group, path)
    text, usage = first(PIXELS), first(USAGE)
    if text is not None:
        return Layout(names, delimiter, encoding, header, position, text=text, usage=usage, group=grouping)
    used = {position, usage, grouping}
    pixels = tuple(n for n in range(len(names)) if n not in used and not (header and lower[n] in INDEX))
    notes = [] if word is None else [f"{path.name} has no line of names; its column {word + 1} is taken as the label."]
    if header and not _square(len(pixels)):
        pixels, position = _numbered_pixels(names, position, usage, pixels, path, notes)
    if not _square(len(pixels)):
        raise SeedtrialError(_no_square(len(pixels), names, path))
    return Layout(names, delimiter, encoding, header, position, pixels, usage=usage, group=grouping, notes=tuple(notes))


def _square(count: int) -> bool:
    return count > 0 and math.isqrt(count) ** 2 == count


def _numbered_pixels(
    names: Sequence[str],
    label: int | None,
    usage: int | None,
    pixels: tuple[int, ...],
    path: Path,
    notes: list[str],
) -> tuple[tuple[int, ...], int | None]:
    """The columns that are numbered alike, pixel0, pixel1, ..., where they form a square; and the label beside them.

    A single column beside them is the label; others are not used. Both are noted.
    """
    stems: dict[str, list[int]] = {}
    for position in pixels:
        match = re.fullmatch(NUMBERED, names[position])
        if match:
            stems.setdefault(match[1].lower(), []).append(position)
    alike = max(stems.values(), key=len, default=[])
    if not _square(len(alike)) or len(alike) < 4:
        return pixels, label
    others = [position for position in pixels if position not in alike]
    if label is None and len(others) == 1:
        label = others.pop()
        notes.append(f"The column '{names[label]}' of {path.name} is taken as the label.")
    if others:
        notes.append(
            f"Columns of {path.name} that are not used: {listed([names[n] or '(no name)' for n in others], 5)}."
        )
    return tuple(alike), label


def _no_square(count: int, names: Sequence[str], path: Path) -> str:
    """The error for lines whose pixels form no square, with what may be the reason."""
    side = math.isqrt(count // 3)
    if count and 3 * side * side == count and side > 1:
        hint = (
            f"They may be {side} x {side} pixels in three colours, whose order a table does not say: save them as an "
            f".npz file with images of shape (N, {side}, {side}, 3). "
        )
    else:
        hint = "If one of them is the label, say its name, such as --set data.label=NAME. " if count > 1 else ""
    return (
        f"{path} has {count} pixels per line, which do not form a square image; expected label,pixel,pixel,... such as "
        f"1 + 28 * 28 columns. {hint}The columns are {listed(names, 5)}."
    )


def _label(names: Sequence[str], header: bool, asked: str | None, usual: int | None, path: Path) -> int | None:
    """The position of the label: the one that the user names, a usual name, or the first column of bare numbers."""
    if asked is not None:
        return _named(names, asked, path)
    if usual is not None or (header and not _numbers_columns(names)):
        return usual
    return 1 if names[0] == "" else 0


def _named(names: Sequence[str], asked: str, path: Path) -> int:
    """The position of a column that the user names."""
    if asked not in names:
        raise SeedtrialError(f"{path} has no column '{asked}'; the columns are {listed(names, 5)}.")
    return names.index(asked)


def _only_word(cells: Sequence[str]) -> int | None:
    """The position of the label in a first line that is an image already: the only word among its numbers.

    None for a line of names, whose numbers, if it has some, count the pixels.
    """
    words = [position for position, cell in enumerate(cells) if not is_number(cell)]
    if len(words) != 1 or len(cells) < 5 or cells[words[0]].lower() in (*LABELS, *INDEX, *PIXELS, *USAGE):
        return None
    numbers = [float(cell) for cell in cells if is_number(cell)]
    counted = all(after - before == 1 for before, after in pairwise(numbers))
    return None if counted else words[0]


def _numbers_columns(cells: Sequence[str]) -> bool:
    """Whether a line numbers the columns 0, 1, 2, ..., as pandas does where they have no names."""
    numbered = cells[1:] if cells[0] == "" else cells
    return len(numbered) > 2 and list(numbered) == [str(number) for number in range(len(numbered))]


def is_number(cell: str) -> bool:
    """Whether a cell holds a number.

    >>> is_number("12"), is_number("0.5"), is_number("pixel1"), is_number("nan")
    (True, True, False, False)
    """
    try:
        return math.isfinite(float(cell)) and cell.isascii() and "_" not in cell
    except ValueError:
        return False
