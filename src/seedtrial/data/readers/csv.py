"""A .csv file with the label and the grey pixels of one square image per line, as Kaggle distributes Fashion-MNIST.

The first line may be a header (label,pixel1,...). If the file's name contains `train` and a file beside it has the same
name with `test` instead, that file is the test part.
"""

import math
import warnings
from pathlib import Path

import numpy as np

from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Reader, has_suffix
from seedtrial.data.splits import parts_of
from seedtrial.errors import SeedtrialError

ENCODING = "utf-8-sig"  # leaves out the byte order mark that spreadsheets write before the first cell


def read(path: Path) -> Parts:
    r"""The images of a file and of its twin with `test` in its name; without a twin, a share is kept back as test part.

    Raises SeedtrialError with the number of the first line that is not a label and its pixels.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "tiny.csv")
    ...     _ = path.write_text("0,9,8,7,6\n1,0,0,0,1\n" * 5, encoding="utf-8")
    ...     read(path).train.images.shape
    (8, 1, 2, 2)
    """
    if not path.is_file():
        raise SeedtrialError(f"There is no file {path}.")
    files = {"train": path}
    twin = path.with_name("test".join(path.name.rsplit("train", 1)))
    if twin != path and twin.is_file():
        files["test"] = twin
    splits = {part: _split(part, file) for part, file in files.items()}
    top = int(splits["train"].labels.max())
    if top >= len(splits["train"]):  # checked before there is a class for every number up to it
        raise SeedtrialError(
            f"{path}, line {_line_of(path, top)}: the label {top} is unknown; labels count the classes from 0."
        )
    for part, split in splits.items():
        unknown = sorted(set(split.labels.tolist()) - set(splits["train"].labels.tolist()))
        if unknown:
            raise SeedtrialError(
                f"{files[part]}, line {_line_of(files[part], unknown[0])}: the label {unknown[0]} is unknown; "
                f"{path} has no image of such a class."
            )
    origin = str(path) if len(files) == 1 else f"{path} and {twin.name}"
    return parts_of(splits, tuple(str(label) for label in range(top + 1)), origin)


def _split(part: str, path: Path) -> Split:
    first, columns = _first_line(path)
    side = math.isqrt(max(columns - 1, 0))
    if columns < 2 or side * side != columns - 1:
        raise SeedtrialError(
            f"{path} has {columns - 1} pixels per line, which do not form a square image; "
            "expected label,pixel,pixel,... such as 1 + 28 * 28 columns."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # NumPy's, for 1.5 in place of a whole number
        warnings.filterwarnings("ignore", "loadtxt: input contained no data", UserWarning)
        try:
            table = np.loadtxt(path, np.int16, comments=None, delimiter=",", skiprows=first, ndmin=2, encoding=ENCODING)
        except (ValueError, OverflowError, DeprecationWarning) as error:
            raise _problem(path, first, columns, str(error)) from None
        except OSError as error:
            raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    if not len(table):
        raise SeedtrialError(f"{path} has no images.")
    labels, pixels = table[:, 0], table[:, 1:]
    if labels.min() < 0 or pixels.min() < 0 or pixels.max() > 255:
        raise _problem(path, first, columns, "a number is out of range")
    return Split(part, pixels.astype(np.uint8).reshape(-1, 1, side, side), labels.astype(np.int64))


def _first_line(path: Path) -> tuple[int, int]:
    """The number of header lines, 0 or 1, and the number of columns."""
    try:
        with path.open(encoding=ENCODING) as file:
            cells = file.readline(1_000_000).strip().split(",")
    except UnicodeDecodeError:
        raise SeedtrialError(f"{path} is not a text file in UTF-8.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    if cells == [""]:
        raise SeedtrialError(f"{path} is empty or begins with an empty line.")
    name = cells[0].strip().strip('"').lower()
    if name == "label":
        return 1, len(cells)
    if not _whole(cells[0]):
        raise SeedtrialError(
            f"{path} should begin with a column 'label', not '{cells[0][:40]}'; a file without labels cannot be used."
        )
    return 0, len(cells)


def _problem(path: Path, header: int, columns: int, reason: str) -> SeedtrialError:
    """The first line that is wrong and what is wrong with it.

    NumPy's messages do not say which cell is wrong, so the file is read again, slowly; that happens once.
    """
    with path.open(encoding=ENCODING, errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if number <= header or not line.strip():
                continue
            cells = line.rstrip("\n").split(",")
            line_name = f"{path}, line {number}"
            if len(cells) != columns:
                return SeedtrialError(
                    f"{line_name}: expected a label and {columns - 1} pixels, but there are {len(cells)} values."
                )
            for column, cell in enumerate(cells):
                value = int(cell.strip()[:9]) if _whole(cell) else -1  # int refuses thousands of digits
                if value < 0 or (value > 255 and column) or value > 32_767:
                    rule = (
                        f"pixel {column} should be a whole number from 0 to 255"
                        if column
                        else "the label should be a whole number from 0 on"
                    )
                    return SeedtrialError(f"{line_name}: {rule}, not '{cell.strip()[:40]}'.")
    return SeedtrialError(f"{path} could not be read: {reason.rstrip('.')}.")


def _line_of(path: Path, label: int) -> int:
    with path.open(encoding=ENCODING) as file:
        return next(n for n, line in enumerate(file, start=1) if _whole(c := line.split(",")[0]) and int(c) == label)


def _whole(cell: str) -> bool:
    text = cell.strip().removeprefix("-")
    return text.isascii() and text.isdigit()


READER = Reader(
    name="FILE.csv",
    title="label,pixel,pixel,... per line; beside x_train.csv, x_test.csv is the test part",
    claims=lambda source: has_suffix(source, ".csv"),
    read=lambda source, data_dir, form: read(Path(source)),
)
