"""An .npz file of images and labels, whose arrays are named as here, as in Keras or as in MedMNIST.

N images of H x W pixels with C channels, K classes. Pickled objects are refused, since reading them runs their code.
"""

import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Form, Reader, as_bytes, has_suffix
from seedtrial.data.splits import listed, parts_of
from seedtrial.errors import SeedtrialError

IMAGES, LABELS = r"(x|images?|imgs?|data|pixels)", r"(y|labels?|targets?)"
PARTS = {"train": "(train|training)", "test": "(test|t10k)", "validation": "(val|valid|validation|dev)"}
CLASSES = ("classes", "class_names", "label_names")
EXPECTED = (
    "expected images (N, H, W) or (N, H, W, C) and labels (N,), optionally test_images, test_labels and classes; "
    "or x_train, y_train, x_test and y_test as in Keras"
)


def read(path: Path, form: Form | None = None) -> Parts:
    """The images of an .npz file. Without a test part, a share of the training part is kept back as one.

    Raises SeedtrialError when arrays are missing, unknown, pickled, or of a wrong type or shape.

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
    return parts_in(load_arrays(path), path, form or Form())


def parts_in(arrays: dict[str, np.ndarray], path: Path, form: Form) -> Parts:
    """The parts that arrays of such names make; capitals in the names do not matter. path: for errors

    >>> arrays = {"X": np.zeros((10, 8, 8), np.uint8), "y": np.arange(10) % 2}
    >>> parts_in(arrays, Path("here"), Form()).train.images.shape
    (8, 1, 8, 8)
    """
    arrays = {name.lower(): _with_words(array) for name, array in arrays.items()}
    pairs = {part: pair for part in PARTS if (pair := _pair(arrays, part, path)) is not None}
    named = next((name for name in CLASSES if name in arrays), None)
    unused = sorted(set(arrays) - {name for pair in pairs.values() for name in pair} - {named})
    alike = [name for name in unused if "train" in pairs and _alike(arrays[name], arrays[pairs["train"][0]])]
    if "train" not in pairs or alike:  # images of a misspelt part must not be missed
        problem = f"an unknown array '{(alike or unused)[0]}'" if unused else "no array 'images'"
        raise SeedtrialError(f"{path} has {problem}; {EXPECTED}. It has: {', '.join(sorted(arrays)) or 'none'}.")
    names, number = _named_labels([arrays[labels] for _, labels in pairs.values()])
    splits, notes = {}, [f"Not used in {path}: {listed(unused, 5)}."] if unused else []
    for part, (images, labels) in pairs.items():
        pixels, note = _images(arrays[images], images, path, form)
        splits[part] = Split(part, pixels, _labels(arrays[labels], labels, path, number))
        notes += [note] if note else []
    return parts_of(splits, names or _classes(arrays, named, path), str(path), notes=tuple(notes), groups=form.groups)


def _alike(array: np.ndarray, images: np.ndarray) -> bool:
    """Whether an array may hold more images of the kind that another holds."""
    return array.ndim == images.ndim and array.shape[1:] == images.shape[1:]


def _with_words(array: np.ndarray) -> np.ndarray:
    """Bytes, as h5py and others save words, become words."""
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array


def _pair(arrays: dict[str, np.ndarray], part: str, path: Path) -> tuple[str, str] | None:
    """The names of the images and labels of a part: x_train, trainX, kmnist-train-imgs; without a part for training."""
    pairs = []
    for kind in (IMAGES, LABELS):
        either = rf"(.*[-_.])?{PARTS[part]}[-_.]?{kind}|{kind}[-_.]?{PARTS[part]}"
        pattern = rf"{either}|{kind}" if part == "train" else either
        names = sorted(name for name in arrays if re.fullmatch(pattern, name))
        if len(names) > 1:
            raise SeedtrialError(f"{path} has its {part} part twice, as {names[0]} and as {names[1]}.")
        pairs.append(names)
    images, labels = pairs
    if not images and not labels:
        return None
    if not images or not labels:
        there, missing = (images[0], "labels") if images else (labels[0], "images")
        raise SeedtrialError(f"{path} has {there}, but no array of its {missing}; {EXPECTED}.")
    return images[0], labels[0]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name. Raises SeedtrialError when it is none, damaged, or holds pickled objects.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(Path(folder, "data.npz"), images=np.zeros((10, 8, 8)))
    ...     load_arrays(Path(folder, "data.npz"))["images"].shape
    (10, 8, 8)
    """
    with refusals(path, suffix=".npz", save="np.savez"):
        if not zipfile.is_zipfile(path):
            raise SeedtrialError(f"{path} is not an .npz file.")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy returns any other file within the .npz as bytes
            raise SeedtrialError(f"{path} contains a file '{name}' that is not an array.")
    return arrays


@contextmanager
def refusals(path: Path, *, suffix: str, save: str) -> Iterator[None]:
    """What NumPy cannot or must not read, as a SeedtrialError with one sentence.

    save: the function that writes such files

    >>> try:
    ...     with refusals(Path("data.npz"), suffix=".npz", save="np.savez"):
    ...         raise EOFError("no more bytes")
    ... except SeedtrialError as error:
    ...     print(error)
    data.npz is a damaged .npz file (no more bytes).
    """
    try:
        yield
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        if "pickle" in str(error):
            raise SeedtrialError(
                f"{path} holds pickled objects, which can run code when read; save plain arrays with {save}."
            ) from None
        raise SeedtrialError(
            f"{path} is a damaged {suffix} file ({' '.join(str(error).split()).rstrip('.')})."
        ) from None
    except MemoryError:
        raise SeedtrialError(f"{path} claims to hold more than fits into memory.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None


def _images(array: np.ndarray, name: str, path: Path, form: Form) -> tuple[np.ndarray, str]:
    """(N, H, W), (N, H, W, C) or (N, C, H, W) -> (N, C, H, W), uint8; and a note, if the order was a guess."""
    if array.dtype.kind not in "uifb":
        raise SeedtrialError(f"{name} in {path} should be pixels from 0 to 255, not {array.dtype}.")
    if not np.isfinite(array).all():
        raise SeedtrialError(f"{name} in {path} has values that are not finite numbers.")
    if array.dtype != np.uint8 and form.range is None:
        low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
        raise SeedtrialError(
            f"{name} in {path} is {array.dtype} with values from {low:g} to {high:g}, not uint8 (pixels from 0 to "
            f"255); say what is black and white, such as --set data.range=[{low:g},{high:g}]."
        )
    note = ""
    if array.ndim == 4 and array.shape[3] not in (1, 3) and array.shape[1] in (1, 3):
        note = f"{name} has the shape {array.shape}: its second dimension is taken as the channels."
        array = np.moveaxis(array, 1, 3)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] not in (1, 3):
        side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
        square = side > 1 and side * side == array.shape[1]
        hint = f" Save it as {name}.reshape(-1, {side}, {side})." if square else ""
        if array.ndim == 4 and array.shape[3] == 4:
            hint = f" Save its colours without the fourth channel: {name}[..., :3]."
        raise SeedtrialError(
            f"{name} in {path} should have the shape (N, H, W) or (N, H, W, C) with 1 or 3 channels, not "
            f"{array.shape}.{hint}"
        )
    pixels = array if form.range is None else as_bytes(array, form.range)
    return np.ascontiguousarray(np.moveaxis(pixels, 3, 1)), note


def _named_labels(labels: list[np.ndarray]) -> tuple[tuple[str, ...] | None, dict[str, int]]:
    """The class names where labels are words, sorted, and the number of each; None where they are numbers."""
    if any(array.dtype.kind != "U" for array in labels):
        return None, {}
    names = tuple(sorted({str(name) for array in labels for name in array.ravel()}))
    return names, {name: position for position, name in enumerate(names)}


def _labels(array: np.ndarray, name: str, path: Path, number: dict[str, int]) -> np.ndarray:
    """(N,) or (N, 1) whole numbers, or words -> (N,) int64."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        one_hot = array.ndim == 2 and array.dtype.kind in "iufb" and bool((array.sum(axis=1) == 1).all())
        hint = " Each image needs one label, that of its class."
        hint = f" These look one-hot: save {name}.argmax(axis=1)." if one_hot else hint
        raise SeedtrialError(f"{name} in {path} should have the shape (N,), not {array.shape}.{hint}")
    if number:
        return np.array([number[str(word)] for word in array], np.int64)
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    whole = array.dtype.kind in "iu" or (
        array.dtype.kind == "f" and bool(np.isfinite(array).all()) and not (array % 1).any()
    )
    if not whole:
        raise SeedtrialError(f"{name} in {path} should be whole numbers from 0, not {array.dtype}.")
    if not len(array):
        raise SeedtrialError(f"{name} in {path} is empty.")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > 2**40:
        raise SeedtrialError(
            f"{name} in {path} has the label {low if low < 0 else high}; labels count the classes from 0."
        )
    return array.astype(np.int64)


def _classes(arrays: dict[str, np.ndarray], name: str | None, path: Path) -> tuple[str, ...] | None:
    if name is None:
        return None
    names = arrays[name]
    if names.ndim != 1 or names.dtype.kind != "U" or len(set(names.tolist())) != len(names):
        raise SeedtrialError(f"{name} in {path} should be a list of different names, one per class.")
    return tuple(str(word) for word in names)


READER = Reader(
    name="FILE.npz",
    title="arrays images, labels, optionally test_images, test_labels, classes; or names as in Keras",
    claims=lambda source: has_suffix(source, ".npz"),
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("range", "groups"),
)
