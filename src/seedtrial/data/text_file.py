"""A text file, compressed or not, in UTF-8 or UTF-16."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

from seedtrial.errors import SeedtrialError

DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


def opened(path: Path, encoding: str | None = None, errors: str = "strict") -> TextIO:
    """A text file, uncompressed where its content says that it is gzip.

    encoding: None: by the mark at its beginning, else UTF-8

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "table.csv")
    ...     _ = path.write_bytes(gzip.compress(b"label,pixel0"))
    ...     with opened(path) as file:
    ...         file.readline()
    'label,pixel0'
    """
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    encoding = encoding or encoding_of(path)
    if compressed:
        return gzip.open(path, "rt", encoding=encoding, errors=errors, newline="")
    return path.open(encoding=encoding, errors=errors, newline="")


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 by the mark at a file's beginning, which is no part of its first cell.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "table.csv")
    ...     _ = path.write_text("label,pixel0", encoding="utf-16")
    ...     encoding_of(path)
    'utf-16'
    """
    with path.open("rb") as file:
        mark = file.read(3)
        file.seek(0)
        if mark.startswith(b"\x1f\x8b"):
            with closing(gzip.GzipFile(fileobj=file)) as unpacked:
                mark = unpacked.read(3)
    return "utf-16" if mark[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def no_text(path: Path) -> SeedtrialError:
    """The error for a file in another encoding.

    >>> print(no_text(Path("table.csv")))
    table.csv is not a text file in UTF-8 or UTF-16; save it as one of them.
    """
    return SeedtrialError(f"{path} is not a text file in UTF-8 or UTF-16; save it as one of them.")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong while a text file is read becomes one sentence.

    Raises SeedtrialError when it is damaged, no text, or cannot be opened.

    >>> with reading(Path("table.csv.gz")):
    ...     raise EOFError("The file ended early.")
    Traceback (most recent call last):
    seedtrial.errors.SeedtrialError: table.csv.gz is a damaged gzip file (the file ended early); download it again.
    """
    try:
        yield
    except DAMAGED as error:
        why = str(error).rstrip(".").lower()
        raise SeedtrialError(f"{path} is a damaged gzip file ({why}); download it again.") from None
    except UnicodeError:
        raise no_text(path) from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
