"""How a text table of images is laid out: which column is the label, which are pixels, and what lies between them."""

import gzip
import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from seedtrial.data.splits import listed
from seedtrial.errors import SeedtrialError

LABELS = ("label", "labels", "class", "target", "y", "emotion", "category", "digit", "character")  # as people call them
INDEX = ("", "unnamed: 0", "index", "id", "imageid", "image_id")  # columns that number the lines
PIXELS = ("pixels", "image", "pixel")  # one column with all pixels of an image, separated by spaces
USAGE = ("usage", "split", "subset")  # a column that says which part a line belongs to
DELIMITERS = (",", ";", "\t")
MOST_LETTERS = 4_000_000  # of a line


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are read.

    header: whether the first line holds names
    label:  position of the label; None where the file has none
    pixels: positions of the pixels, one per column
    text:   position of a column that holds all pixels of an image; pixels is empty then
    usage:  position of the column that says which part a line belongs to

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

    @property
    def columns(self) -> int:
        """How many columns a line has."""
        return len(self.names)

    @property
    def side(self) -> int:
        """Height and width of an image, pixels; 0 where a line says it by its length."""
        return math.isqrt(len(self.pixels))


def opened(path: Path, encoding: str | None = None, errors: str = "strict") -> TextIO:
    """A text file, uncompressed where its content says that it is gzip.

    encoding: None: by the mark at its beginning, else UTF-8
    """
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    encoding = encoding or encoding_of(path)
    if compressed:
        return gzip.open(path, "rt", encoding=encoding, errors=errors, newline="")
    return path.open(encoding=encoding, errors=errors, newline="")


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 by the mark at a file's beginning, which is no part of its first cell."""
    with path.open("rb") as file:
        mark = file.read(3)
        file.seek(0)
        if mark.startswith(b"\x1f\x8b"):
            with closing(gzip.GzipFile(fileobj=file)) as unpacked:
                mark = unpacked.read(3)
    return "utf-16" if mark[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def layout(path: Path, label: str | None = None) -> Layout:
    """The layout of a file, from its first line.

    label: the name of the column of labels, if the user gave it

    Raises SeedtrialError when it is no text, or when no columns form square images.
    """
    try:
        encoding = encoding_of(path)
        with opened(path, encoding) as file:
            line = file.readline(MOST_LETTERS).rstrip("\r\n")
    except (UnicodeError, gzip.BadGzipFile, EOFError):
        raise SeedtrialError(f"{path} is not a text file in UTF-8 or UTF-16.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    if any(not letter.isprintable() and letter != "\t" for letter in line):
        raise SeedtrialError(f"{path} is not a text file in UTF-8 or UTF-16.")
    if not line.strip():
        raise SeedtrialError(f"{path} is empty or begins with an empty line.")
    delimiter = max(DELIMITERS, key=line.count)
    cells = [cell.strip().strip('"').strip() for cell in line.split(delimiter)]
    return laid_out(cells, delimiter, encoding, path, label)


def laid_out(cells: Sequence[str], delimiter: str, encoding: str, path: Path, label: str | None = None) -> Layout:
    """The layout of a file whose first line has these cells. Raises SeedtrialError as `layout` does."""
    header = not all(is_number(cell) for cell in cells) or _numbers_columns(cells)
    names = tuple(cells) if header else tuple(str(number) for number in range(len(cells)))
    lower = [name.lower() for name in names]

    def first(known: Sequence[str]) -> int | None:
        return next((lower.index(name) for name in known if name in lower), None) if header else None

    position = _label(names, header, label, first(LABELS), path)
    text, usage = first(PIXELS), first(USAGE)
    used = {position, usage}
    pixels = tuple(n for n in range(len(names)) if n not in used and not (header and lower[n] in INDEX))
    if text is not None:
        return Layout(names, delimiter, encoding, header, position, text=text, usage=usage)
    side = math.isqrt(len(pixels))
    if not pixels or side * side != len(pixels):
        raise SeedtrialError(
            f"{path} has {len(pixels)} pixels per line, which do not form a square image; "
            f"expected label,pixel,pixel,... such as 1 + 28 * 28 columns. The columns are {listed(names, 5)}."
        )
    return Layout(names, delimiter, encoding, header, position, pixels, usage=usage)


def _label(names: Sequence[str], header: bool, asked: str | None, usual: int | None, path: Path) -> int | None:
    """The position of the label: the one that the user names, a usual name, or the first column of bare numbers."""
    if asked is not None:
        if asked not in names:
            raise SeedtrialError(f"{path} has no column '{asked}'; the columns are {listed(names, 5)}.")
        return names.index(asked)
    if usual is not None or (header and not _numbers_columns(names)):
        return usual
    return 1 if names[0] == "" else 0


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
