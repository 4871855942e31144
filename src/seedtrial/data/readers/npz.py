"""An .npz file of images and labels, whose arrays are named as here, as in Keras or as in MedMNIST.

N images of H x W pixels with C channels, K classes. Pickled objects are refused, since reading them runs their code.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Reader, has_suffix
from seedtrial.data.splits import parts_of
from seedtrial.errors import SeedtrialError

NAMES = {
    "train": (("images", "labels"), ("x_train", "y_train"), ("train_images", "train_labels")),
    "test": (("test_images", "test_labels"), ("x_test", "y_test")),
    "validation": (("val_images", "val_labels"), ("x_val", "y_val")),
}
CLASSES = "classes"
MOST_CLASSES = 100_000
EXPECTED = (
    "expected images (N, H, W) or (N, H, W, C) and labels (N,), optionally test_images, test_labels and classes; "
    "or x_train, y_train, x_test and y_test as in Keras"
)


def read(path: Path) -> Parts:
    """The images of an .npz file. Without a test part, a share of the training part is kept back as one.

    Raises SeedtrialError when arrays are missing, unknown, pickled, or of a wrong type or shape, or when a class has no
    image.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "tiny.npz")
    ...     np.savez(path, images=np.zeros((10, 8, 8), np.uint8), labels=np.arange(10) % 2)
    ...     parts = read(path)
    >>> parts.train.images.shape, parts.classes
    ((8, 1, 8, 8), ('0', '1'))
    """
    if not path.is_file():
        raise SeedtrialError(f"There is no file {path}.")
    arrays = _load(path)
    pairs = {part: [pair for pair in NAMES[part] if pair[0] in arrays or pair[1] in arrays] for part in NAMES}
    known = {name for named in pairs.values() for pair in named for name in pair} | {CLASSES}
    unknown = sorted(set(arrays) - known)
    if unknown or not pairs["train"]:
        problem = f"an unknown array '{unknown[0]}'" if unknown else "no array 'images'"
        raise SeedtrialError(f"{path} has {problem}; {EXPECTED}. It has: {', '.join(sorted(arrays)) or 'none'}.")
    splits = {}
    for part, named in pairs.items():
        if len(named) > 1:
            raise SeedtrialError(f"{path} has its {part} part twice, as {named[0][0]} and as {named[1][0]}.")
        for images, labels in named:
            splits[part] = _split(part, arrays, images, labels, path)
    classes = _classes(arrays.get(CLASSES), splits["train"].labels, path)
    return parts_of(splits, classes, str(path))


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        if not zipfile.is_zipfile(path):
            raise SeedtrialError(f"{path} is not an .npz file.")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        if "allow_pickle" in str(error):
            raise SeedtrialError(
                f"{path} holds pickled objects, which can run code when read; save plain arrays with np.savez."
            ) from None
        raise SeedtrialError(f"{path} is a damaged .npz file ({' '.join(str(error).split()).rstrip('.')}).") from None
    except MemoryError:
        raise SeedtrialError(f"{path} claims to hold more than fits into memory.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy returns any other file within the .npz as bytes
            raise SeedtrialError(f"{path} contains a file '{name}' that is not an array.")
    return arrays


def _split(part: str, arrays: dict[str, np.ndarray], images: str, labels: str, path: Path) -> Split:
    for name in (images, labels):
        if name not in arrays:
            raise SeedtrialError(f"{path} has {images if name == labels else labels}, but no array '{name}'.")
    return Split(part, _images(arrays[images], images, path), _labels(arrays[labels], labels, path))


def _images(array: np.ndarray, name: str, path: Path) -> np.ndarray:
    """(N, H, W) or (N, H, W, C) -> (N, C, H, W), uint8."""
    if array.dtype != np.uint8:
        raise SeedtrialError(f"{name} in {path} should be uint8 (pixels from 0 to 255), not {array.dtype}.")
    if array.ndim == 3:
        return array[:, None]
    if array.ndim == 4 and array.shape[3] in (1, 3):
        return np.ascontiguousarray(np.moveaxis(array, 3, 1))
    raise SeedtrialError(
        f"{name} in {path} should have the shape (N, H, W) or (N, H, W, C) with 1 or 3 channels, not {array.shape}."
    )


def _labels(array: np.ndarray, name: str, path: Path) -> np.ndarray:
    """(N,) or (N, 1) whole numbers -> (N,) int64."""
    if array.dtype.kind not in "iu":
        raise SeedtrialError(f"{name} in {path} should be whole numbers from 0, not {array.dtype}.")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise SeedtrialError(f"{name} in {path} should have the shape (N,), not {array.shape}.")
    if not len(array):
        raise SeedtrialError(f"{name} in {path} is empty.")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > MOST_CLASSES:  # checked before there is a class for every number up to it
        label = low if low < 0 else high
        raise SeedtrialError(f"{name} in {path} has the label {label}; labels count the classes from 0.")
    return array.astype(np.int64)


def _classes(named: np.ndarray | None, labels: np.ndarray, path: Path) -> tuple[str, ...]:
    if named is None:
        return tuple(str(label) for label in range(int(labels.max()) + 1))
    if named.ndim != 1 or named.dtype.kind != "U" or len(set(named.tolist())) != len(named):
        raise SeedtrialError(f"{CLASSES} in {path} should be a list of different names, one per class.")
    return tuple(str(name) for name in named)


READER = Reader(
    name="FILE.npz",
    title="arrays images, labels, optionally test_images, test_labels, classes; or names as in Keras",
    claims=lambda source: has_suffix(source, ".npz"),
    read=lambda source, data_dir, form: read(Path(source)),
)
