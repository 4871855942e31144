"""A folder of .npy files, one array each, named as the arrays of an .npz file: x_train.npy, y_train.npy, ..."""

from pathlib import Path

import numpy as np

from seedtrial.data.parts import Parts
from seedtrial.data.reader import Form, Reader, files_in, is_or_holds
from seedtrial.data.readers.npz import parts_in, refusals
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
    return parts_in({path.stem: _array(path) for path in files_in(folder, ".npy")}, folder, form or Form())


def _array(path: Path) -> np.ndarray:
    with refusals(path, suffix=".npy", save="np.save"):
        array = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray):  # an .npz of another name
        raise SeedtrialError(f"{path} is not an .npy file.")
    return array


READER = Reader(
    name="DIR with .npy files",
    title="one file per array: images.npy, labels.npy; or x_train.npy, y_train.npy, x_test.npy, y_test.npy",
    claims=lambda source: is_or_holds(source, ".npy"),
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("range", "groups"),
)
