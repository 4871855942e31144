"""Votes of a crowd, imported from a CSV file: how many people put each test image into each class.

N test images, K classes.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.statistics import Spread, share_spread
from seedtrial.files import make_folder, write_atomic
from seedtrial.words import counted

ENCODING = "utf-8-sig"  # drops the byte order mark that spreadsheets write before the first cell
MAX_VOTES = 10**6  # for one class of one image; a larger number is not a number of votes
MAX_SHOWN = 40  # characters of a cell that an error message repeats


@dataclass(frozen=True)
class Votes:
    """How many people put each test image into each class.

    counts: (N, K) int64, not negative, in the order of the test part

    >>> votes = Votes(np.array([[2, 1], [0, 3]]))
    >>> votes.total.tolist(), votes.unanimous.tolist()
    ([3, 3], [False, True])
    """

    counts: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(N,) int64: the number of votes on each image."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def shares(self) -> np.ndarray:
        """(N, K) float64: the share of an image's votes for each class; 0 for an image without votes."""
        return self.counts / np.maximum(self.total, 1)[:, None]

    @property
    def unanimous(self) -> np.ndarray:
        """(N,) bool: whether an image has at least two votes and all are for the same class."""
        return (self.counts.max(axis=1) == self.total) & (self.total > 1)


def single(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """(N,) probability that one vote, drawn at random from the image's votes, is correct.

    labels: (N,) int64

    The mean over images is the accuracy of a single annotator.

    >>> single(Votes(np.array([[3, 1], [0, 2]])), np.array([0, 1])).tolist()
    [0.75, 1.0]
    """
    return votes.shares[np.arange(len(labels)), labels]


def majority(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """(N,) whether the class with most votes is correct: 1 or 0, or 1 / t where t classes tie and one is correct.

    labels: (N,) int64

    An image without votes counts as wrong.

    >>> majority(Votes(np.array([[3, 1], [2, 2]])), np.array([0, 1])).tolist()
    [1.0, 0.5]
    """
    top = (votes.counts == votes.counts.max(axis=1, keepdims=True)) & (votes.total > 0)[:, None]
    return top[np.arange(len(labels)), labels] / np.maximum(top.sum(axis=1), 1)


def over_images(right: np.ndarray) -> Spread:
    """Mean over images with its 95 % interval by Student's t, which covers the same crowd on other images.

    right: (N,) in [0, 1]

    >>> over_images(np.array([1.0, 0.5, 0.0])).mean
    0.5
    """
    return share_spread(right.tolist(), images=max(1, len(right)))


def votes_by_class(right: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """(K,) mean over the images of each class; nan for a class without images.

    right:  (N,) in [0, 1]
    labels: (N,) int64

    >>> votes_by_class(np.array([1.0, 0.5, 0.0]), np.array([0, 0, 1]), 2).tolist()
    [0.75, 0.0]
    """
    images = np.bincount(labels, minlength=classes)
    total = np.bincount(labels, weights=right, minlength=classes)
    return np.divide(total, images, out=np.full(classes, np.nan), where=images > 0)


def read_votes(path: Path, classes: Sequence[str], images: int) -> Votes:
    """Reads votes from a CSV file: one line per test image, in the order of the test part, and one column per class.

    classes: names in the order of the labels. A first line of names is taken as a header. If it holds the names of the
             classes in another order, the columns are reordered
    images:  number of test images

    Raises SeedtrialError with the number of the line that cannot be used.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "votes.csv"
    ...     _ = path.write_text("coat,bag\\n3,0\\n1,2\\n")
    ...     print(read_votes(path, ["bag", "coat"], 2).counts.tolist())
    [[0, 3], [2, 1]]
    """
    lines = _lines(path)
    order = list(range(len(classes)))
    names = lines[0][1] if lines else []
    named = sorted(names) == sorted(classes)
    # Class names of digits are numbers themselves, so that a header looks like votes. Then the number of lines decides.
    if names and (not any(map(_number, names)) or (named and len(lines) == images + 1)):
        lines.pop(0)
        order = [names.index(name) for name in classes] if named else order
    if len(lines) != images:
        raise SeedtrialError(
            f"{path} has votes for {counted(len(lines), 'image')}, but the test part has {images:,}; "
            "it needs one line per test image."
        )
    counts = np.zeros((images, len(classes)), np.int64)
    for row, (number, cells) in enumerate(lines):
        where = f"{path}, line {number}"
        if len(cells) != len(classes):
            raise SeedtrialError(
                f"{where}: expected votes for {len(classes)} classes, got {counted(len(cells), 'column')}."
            )
        counts[row] = [_count(cells[column], where) for column in order]
        if not counts[row].any():
            raise SeedtrialError(f"{where}: this image has no votes; every image needs at least one.")
    return Votes(counts)


def save_votes(votes: Votes, runs: Path, fingerprint: str) -> Path:
    """Saves votes in the runs folder, replaces earlier ones for the same data set, and returns the file's path.

    fingerprint: of the data set

    Raises SeedtrialError when the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_votes(Votes(np.array([[2, 1], [0, 3]])), Path(folder), "f" * 64).exists()
    True
    """
    file = io.BytesIO()
    np.savez_compressed(file, counts=votes.counts, fingerprint=np.array(fingerprint))
    path = _path(make_folder(runs), fingerprint)
    try:
        write_atomic(path, file.getvalue())
    except OSError as error:
        raise SeedtrialError(f"Cannot write {path}: {error.strerror or error}.") from None
    return path


def load_votes(runs: Path, fingerprint: str, *, shape: tuple[int, int]) -> Votes | None:
    """The saved votes for a data set; None if there are none.

    shape: number of test images and number of classes

    Raises SeedtrialError when the file is damaged.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as runs:
    ...     path = save_votes(Votes(np.array([[2, 1]])), Path(runs), "f" * 64)
    ...     saved = load_votes(Path(runs), "f" * 64, shape=(1, 2))
    >>> path.name, saved.counts.tolist()
    ('crowd-ffffffffffff.npz', [[2, 1]])
    """
    path = _path(runs, fingerprint)
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            counts, stored = arrays["counts"], str(arrays["fingerprint"])
        if stored != fingerprint or counts.dtype != np.int64 or counts.shape != shape or (counts < 0).any():
            raise ValueError
    # On bytes that are not an npz file, zipfile and NumPy raise errors of many unrelated types.
    except Exception:
        raise SeedtrialError(f"{path} is damaged; `seedtrial play --import` writes it again.") from None
    return Votes(counts)


def _path(runs: Path, fingerprint: str) -> Path:
    return runs / f"crowd-{fingerprint[:12]}.npz"


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of every line that is not empty."""
    try:
        text = path.read_text(encoding=ENCODING)
    except UnicodeDecodeError:
        raise SeedtrialError(f"{path} is not a text file; expected numbers of votes, separated by commas.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    if "\0" in text:
        raise SeedtrialError(f"{path} is not a text file; expected numbers of votes, separated by commas.")
    try:
        numbered = enumerate(csv.reader(text.splitlines(), strict=True), start=1)
        return [
            (n, [cell.strip() for cell in cells]) for n, cells in numbered if len(cells) > 1 or "".join(cells).strip()
        ]
    except csv.Error as error:
        raise SeedtrialError(f"{path} is not a CSV file ({error}).") from None


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _count(cell: str, where: str) -> int:
    text = cell.removeprefix("-")
    if not (text.isascii() and text.isdigit()):
        raise SeedtrialError(f"{where}: votes must be whole numbers, not '{cell[:MAX_SHOWN]}'.")
    if cell.startswith("-") and text.strip("0"):
        raise SeedtrialError(f"{where}: votes cannot be negative: '{cell[:MAX_SHOWN]}'.")
    if len(text.lstrip("0")) > 7 or int(text.lstrip("0") or 0) > MAX_VOTES:
        raise SeedtrialError(f"{where}: '{cell[:MAX_SHOWN]}' votes are more than the {MAX_VOTES:,} allowed per class.")
    return int(text.lstrip("0") or 0)
