"""CIFAR-10's or CIFAR-100's binary version: data_batch_1.bin ... test_batch.bin, or train.bin and test.bin.

The version for Python is made of pickles, which can run code when they are read, and is refused.
Source: Krizhevsky 2009, Learning multiple layers of features from tiny images; the data set's page, "binary version".
"""

from pathlib import Path

import numpy as np

from seedtrial.data.citation import CIFAR
from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Form, Reader
from seedtrial.data.splits import parts_of
from seedtrial.errors import SeedtrialError

SHAPE = (3, 32, 32)  # red, green, blue, row by row
INSIDE = ("", "cifar-10-batches-bin", "cifar-100-binary", "cifar-10-batches-py", "cifar-100-python")
PICKLED = (("data_batch_1", "batches.meta"), ("train", "test", "meta"))  # files of the version for Python


def read(folder: Path, form: Form | None = None) -> Parts:
    """The images of a folder; class names come from its list of them, or are the labels as text.

    Raises SeedtrialError for the version for Python, and when a file is missing or cut short.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("data_batch_1.bin", "test_batch.bin"):
    ...         _ = Path(folder, name).write_bytes(b"".join(bytes([n]) + bytes(3072) for n in range(2)))
    ...     parts = read(Path(folder))
    >>> parts.train.images.shape, parts.classes
    ((2, 3, 32, 32), ('0', '1'))
    """
    where = _holding(folder) or folder
    if _pickled(where):
        raise SeedtrialError(
            f"{where} has CIFAR's version for Python, which is made of pickles that can run code when read; get the "
            "binary version (cifar-10-binary.tar.gz or cifar-100-binary.tar.gz) and give its folder."
        )
    hundred = (where / "train.bin").is_file()
    files = {
        "train": [where / "train.bin"] if hundred else sorted(where.glob("data_batch_*.bin")),
        "test": [where / ("test.bin" if hundred else "test_batch.bin")],
    }
    splits = {}
    for part, paths in files.items():
        images, labels = zip(*(_records(path, 2 if hundred else 1) for path in paths), strict=True)
        splits[part] = Split(part, np.concatenate(images), np.concatenate(labels))
    return parts_of(splits, _classes(where / ("fine_label_names.txt" if hundred else "batches.meta.txt")), str(where))


def _records(path: Path, numbers: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) and labels (N,) of a file. numbers: of labels before an image, of which the last counts"""
    try:
        raw = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    size = numbers + int(np.prod(SHAPE))
    if not len(raw) or len(raw) % size:
        raise SeedtrialError(f"{path} has {len(raw):,} bytes; expected a multiple of {size:,}, one for each image.")
    records = raw.reshape(-1, size)
    return records[:, numbers:].reshape(-1, *SHAPE).copy(), records[:, numbers - 1].astype(np.int64)


def _classes(path: Path) -> tuple[str, ...] | None:
    if not path.is_file():
        return None
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SeedtrialError(f"Cannot read the class names in {path}: {error}.") from None


def _pickled(folder: Path) -> bool:
    return any(all((folder / name).is_file() for name in names) for names in PICKLED)


def _holding(folder: Path) -> Path | None:
    """The folder itself or the one inside it that has such files."""
    for inside in INSIDE:
        where = folder / inside
        if (where / "data_batch_1.bin").is_file() or _pickled(where):
            return where
        if (where / "train.bin").is_file() and (where / "test.bin").is_file():
            return where
    return None


READER = Reader(
    name="DIR with CIFAR's .bin files",
    title="CIFAR-10 or CIFAR-100 in the binary version",
    claims=lambda source: _holding(Path(source)) is not None,
    read=lambda source, data_dir, form: read(Path(source), form),
    citation=CIFAR,
    images=60_000,
)
