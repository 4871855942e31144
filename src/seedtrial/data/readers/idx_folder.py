"""A folder with the four IDX files of a data set like MNIST, compressed or not, and optionally a classes.txt."""

import re
from pathlib import Path

import numpy as np

from seedtrial.data.idx import parse_idx, read_bytes
from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Form, Reader, as_bytes
from seedtrial.data.splits import parts_of
from seedtrial.errors import SeedtrialError

# With any set's name before them, as EMNIST's files have it: emnist-letters-train-images-idx3-ubyte.gz
NAMES = {
    "train-images": r"(?i:(.*[-_.])?train[-_.]images.*)",
    "train-labels": r"(?i:(.*[-_.])?train[-_.]labels.*)",
    "test-images": r"(?i:(.*[-_.])?(t10k|test)[-_.]images.*)",
    "test-labels": r"(?i:(.*[-_.])?(t10k|test)[-_.]labels.*)",
}
INSIDE = ("raw", "MNIST/raw", "FashionMNIST/raw", "EMNIST/raw", "KMNIST/raw")  # where torchvision puts the files


def has_idx_files(folder: Path) -> bool:
    """Whether a folder has a file that is named like one of the four.

    >>> has_idx_files(Path("no/such/folder"))
    False
    """
    return folder.is_dir() and _holding(folder) is not None


def _holding(folder: Path) -> Path | None:
    """The folder itself or the one inside it that has files with such names."""
    for inside in (folder, *(folder / name for name in INSIDE)):
        if inside.is_dir() and any(_named(inside, pattern) for pattern in NAMES.values()):
            return inside
    return None


def _named(folder: Path, pattern: str) -> list[Path]:
    """The files whose names fit; a download from Kaggle has each in a folder of its own name."""
    try:
        named = [path for path in folder.iterdir() if re.fullmatch(pattern, path.name)]
        inner = [path / path.name for path in named if path.is_dir()]
        return sorted(path for path in (*named, *inner) if path.is_file())
    except OSError as error:
        raise SeedtrialError(f"Cannot read {folder}: {error.strerror or error}.") from None


def find(folder: Path) -> dict[str, Path]:
    """The four files by role. Raises SeedtrialError when one is missing or there are several for one role.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("train-images", "train-labels", "t10k-images", "t10k-labels"):
    ...         Path(folder, name).touch()
    ...     find(Path(folder))["test-images"].name
    't10k-images'
    """
    if not folder.is_dir():
        raise SeedtrialError(f"There is no folder {folder}.")
    files, folder = {}, _holding(folder) or folder
    for role, pattern in NAMES.items():
        paths = _named(folder, pattern)
        if not paths:
            raise SeedtrialError(
                f"{folder} has no file with {role.replace('-', ' ')}; expected the four IDX files of MNIST, "
                f"such as {role}-idx{3 if 'images' in role else 1}-ubyte.gz."
            )
        stems = {path.name.removesuffix(".gz") for path in paths}
        if len(stems) > 1:
            raise SeedtrialError(
                f"{folder} has several files with {role.replace('-', ' ')}: {', '.join(sorted(stems))}; put the four "
                "of one data set into a folder of their own."
            )
        files[role] = paths[0]
    return files


def read(folder: Path, form: Form | None = None) -> Parts:
    """The images of a folder, EMNIST's turned upright.

    Class names come from classes.txt, one per line, or from EMNIST's mapping.txt, or are the labels as text.

    Raises SeedtrialError when a file is missing or damaged, or the files do not fit together.

    >>> from tempfile import TemporaryDirectory
    >>> from seedtrial.data.idx import write_idx
    >>> with TemporaryDirectory() as folder:
    ...     for part in ("train", "test"):
    ...         write_idx(Path(folder, f"{part}-images"), np.zeros((2, 8, 8)))
    ...         write_idx(Path(folder, f"{part}-labels"), np.array([0, 1]))
    ...     read(Path(folder)).train.images.shape
    (2, 1, 8, 8)
    """
    files, notes = find(folder), []
    splits = {
        name: split(name, read_bytes(files[f"{name}-images"]), read_bytes(files[f"{name}-labels"]), files)
        for name in ("train", "test")
    }
    if form is not None and form.range is not None:
        splits = {name: Split(name, as_bytes(each.images, form.range), each.labels) for name, each in splits.items()}
    if files["train-images"].name.lower().startswith("emnist"):
        splits = {name: _upright(each) for name, each in splits.items()}
        notes.append("EMNIST's files have rows and columns exchanged; the images are turned upright.")
    groups = form.groups if form is not None else None
    return parts_of(splits, _classes(files["train-images"]), str(folder), notes=tuple(notes), groups=groups)


def _upright(part: Split) -> Split:
    return Split(part.name, np.ascontiguousarray(part.images.swapaxes(2, 3)), part.labels)


def split(name: str, images: bytearray, labels: bytearray, files: dict[str, Path]) -> Split:
    """One part from the decompressed bytes of its two files.

    files: by role, as `find` returns them, for errors

    >>> images = bytearray.fromhex("00000803 00000001 00000001 00000002 00ff")
    >>> labels = bytearray.fromhex("00000801 00000001 03")
    >>> paths = {"train-images": Path("images"), "train-labels": Path("labels")}
    >>> split("train", images, labels, paths).images.shape
    (1, 1, 1, 2)
    """
    pixels = parse_idx(images, dimensions=3, name=str(files[f"{name}-images"]))
    classes = parse_idx(labels, dimensions=1, name=str(files[f"{name}-labels"]))
    return Split(name, pixels[:, None], classes.astype(np.int64))  # (N, H, W) -> (N, 1, H, W)


def _classes(images: Path) -> tuple[str, ...] | None:
    """The names in a classes.txt beside the images, or in EMNIST's file of label and letter, such as "1 65 97"."""
    mapping = images.with_name(f"{re.split('-(train|test)-', images.name)[0]}-mapping.txt")
    listed = images.with_name("classes.txt")
    if not listed.exists():
        return _mapped(mapping) if mapping.exists() else None
    try:
        return tuple(line.strip() for line in listed.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SeedtrialError(f"Cannot read the class names in {listed}: {error}.") from None


def _mapped(path: Path) -> tuple[str, ...]:
    """The letter of each label; labels that the file leaves out are named by their number."""
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
        letters = {int(label): chr(int(code)) for label, code, *_ in rows}
    except (OSError, ValueError) as error:
        raise SeedtrialError(f"Cannot read the class names in {path}: {error}.") from None
    return tuple(letters.get(label, str(label)) for label in range(max(letters, default=-1) + 1))


READER = Reader(
    name="DIR with IDX files",
    title="the four files of MNIST (train-images..., train-labels..., t10k- or test-...), .gz or not",
    claims=lambda source: has_idx_files(Path(source)),
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("range", "groups"),
)
