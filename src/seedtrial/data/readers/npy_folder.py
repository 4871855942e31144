"""A folder of .npy files, one array each, named as the arrays of an .npz file: x_train.npy, y_train.npy, ..."""

from pathlib import Path

import numpy as np

from seedtrial.data.parts import Parts
from seedtrial.data.reader import Form, Reader
from seedtrial.data.readers.npz import parts_in
from seedtrial.errors import SeedtrialError


def read(source: Path, form: Form | None = None) -> Parts:
    """The images of a folder's .npy files, or of the files beside the one that is given.

    Raises SeedtrialError when arrays are missing, unknown, pickled, or of a wrong type or shape.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.save(Path(folder, "X_train.npy"), np.zeros((10, 8, 8), np.uint8))
    ...     np.save(Path(folder, "y_train.npy"), np.arange(10) % 2)
    ...     read(Path(folder)).train.images.shape
    (8, 1, 8, 8)
    """
    folder = source if source.is_dir() else source.parent
    return parts_in({path.stem: _array(path) for path in sorted(folder.glob("*.npy"))}, folder, form or Form())


def _array(path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        if "allow_pickle" in str(error) or "pickle" in str(error):
            raise SeedtrialError(
                f"{path} holds pickled objects, which can run code when read; save plain arrays with np.save."
            ) from None
        raise SeedtrialError(f"{path} is a damaged .npy file ({' '.join(str(error).split()).rstrip('.')}).") from None
    except MemoryError:
        raise SeedtrialError(f"{path} claims to hold more than fits into memory.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    if not isinstance(array, np.ndarray):  # an .npz of another name
        raise SeedtrialError(f"{path} is not an .npy file.")
    return array


def _claims(source: str) -> bool:
    path = Path(source)
    try:
        return path.suffix.lower() == ".npy" if path.is_file() else path.is_dir() and any(path.glob("*.npy"))
    except OSError:
        return False


READER = Reader(
    name="DIR with .npy files",
    title="one file per array: images.npy, labels.npy; or x_train.npy, y_train.npy, x_test.npy, y_test.npy",
    claims=_claims,
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("range",),
)
