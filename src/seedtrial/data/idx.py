"""The IDX format of MNIST's files: a magic number, the size of each dimension, then the bytes.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, "file formats".
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from seedtrial.errors import SeedtrialError
from seedtrial.files import write_atomic

UBYTE = 0x08  # the only element type that MNIST-like files use
HOLDS = {1: "labels", 3: "images"}


def read_bytes(path: Path) -> bytearray:
    """The bytes of an IDX file, decompressed where its content (not its name) says that it is gzip.

    Raises SeedtrialError when the file cannot be read or is a damaged gzip file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(Path(folder, "labels"), np.array([5, 7]))
    ...     read_bytes(Path(folder, "labels")).hex(" ", 4)
    '0000 08010000 00020507'
    """
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if compressed:
                return bytearray(gzip.GzipFile(fileobj=file).read())
            raw = bytearray(path.stat().st_size)
            file.readinto(raw)
            return raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SeedtrialError(f"{path} is a damaged gzip file ({str(error).rstrip('.').lower()}).") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None


def parse_idx(raw: bytearray, *, dimensions: int, name: str) -> np.ndarray:
    """Decompressed IDX bytes as a uint8 array that shares their memory.

    dimensions: 1 for labels (N,), 3 for images (N, H, W)
    name:       of the file, for errors

    Raises SeedtrialError when the magic number, the number of dimensions or the length is wrong.

    >>> parse_idx(bytearray.fromhex("00000801 00000002 05 07"), dimensions=1, name="labels").tolist()
    [5, 7]
    """
    if len(raw) < 4:
        raise SeedtrialError(f"{name} is not an IDX file: it has only {len(raw)} bytes.")
    if raw[0] or raw[1] or raw[2] != UBYTE:
        raise SeedtrialError(
            f"{name} is not an IDX file of unsigned bytes: it begins with {bytes(raw[:4]).hex()}, "
            f"not {bytes((0, 0, UBYTE, dimensions)).hex()}."
        )
    if raw[3] != dimensions:
        held = HOLDS.get(raw[3], f"{raw[3]}-dimensional data")
        raise SeedtrialError(f"{name} should hold {HOLDS[dimensions]}, but it holds {held}.")
    start = 4 + 4 * dimensions
    if len(raw) < start:
        raise SeedtrialError(f"{name} is not an IDX file: it has only {len(raw)} bytes.")
    shape = tuple(int(size) for size in np.frombuffer(raw[4:start], dtype=">u4"))
    expected = start + math.prod(shape)
    if len(raw) != expected:
        raise SeedtrialError(f"{name} should have {expected} bytes by its header, but it has {len(raw)}.")
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write labels (N,) or images (N, H, W) as an uncompressed IDX file of unsigned bytes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(Path(folder, "images"), np.zeros((2, 28, 28)))
    ...     Path(folder, "images").stat().st_size  # 16 bytes of header
    1584
    """
    header = bytes((0, 0, UBYTE, array.ndim)) + np.asarray(array.shape, dtype=">u4").tobytes()
    write_atomic(path, header + array.astype(np.uint8).tobytes())
