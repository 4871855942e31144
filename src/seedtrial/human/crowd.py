"""Labels that a crowd gave elsewhere: votes per image and class, and what they say about people and networks.

N test images, K classes.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.statistics import Spread, spread
from seedtrial.files import make_folder, write_atomic

ENCODING = "utf-8-sig"  # a mark at the beginning, as spreadsheets write it, is no part of the first cell
MOST = 10**6  # votes of a class for one image; above, the file holds something else
SHOWN = 40  # letters of a cell that an error message repeats


@dataclass(frozen=True)
class Votes:
    """How many people put each test image into each class.

    counts: (N, K) int64, not negative, in the order of the test part
    """

    counts: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(N,) votes of each image."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def shares(self) -> np.ndarray:
        """(N, K) share of each image's votes; 0 where it has none."""
        return self.counts / np.maximum(self.total, 1)[:, None]

    @property
    def unanimous(self) -> np.ndarray:
        """(N,) bool, where all votes are for one class; a single vote agrees with nobody."""
        return (self.counts.max(axis=1) == self.total) & (self.total > 1)


def single(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """(N,) probability that one vote, drawn at random from those of the image, is right; its mean is the accuracy of a
    single annotator. labels: (N,) int64."""
    return votes.shares[np.arange(len(labels)), labels]


def majority(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """(N,) whether the class with most votes is right: 1 or 0, and 1 / t where it shares the top with t - 1 others.

    labels: (N,) int64; an image without votes is wrong
    """
    top = (votes.counts == votes.counts.max(axis=1, keepdims=True)) & (votes.total > 0)[:, None]
    return top[np.arange(len(labels)), labels] / np.maximum(top.sum(axis=1), 1)


def over_images(right: np.ndarray) -> Spread:
    """Mean over images and its 95 % interval by Student's t: the same crowd on other images of the kind.

    right: (N,) in [0, 1]
    """
    return spread(right.tolist(), resolution=1 / max(1, len(right)))


def by_class(right: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """(K,) mean of each class's images; nan for a class without any. right: (N,) in [0, 1]; labels: (N,) int64."""
    images = np.bincount(labels, minlength=classes)
    total = np.bincount(labels, weights=right, minlength=classes)
    return np.divide(total, images, out=np.full(classes, np.nan), where=images > 0)


def read_votes(path: Path, classes: Sequence[str], images: int) -> Votes:
    """The votes of a CSV file: a line per test image in the order of the test part, a column of counts per class.

    classes: names in the order of the labels. A first line that holds names is a header; if these are the names of the
             classes in another order, the columns are put in theirs
    images:  how many the test part has

    Raises SeedtrialError with the number of the line that cannot be used.
    """
    lines = _lines(path)
    order = list(range(len(classes)))
    names = lines[0][1] if lines else []
    named = sorted(names) == sorted(classes)  # of digits the names are numbers, and only the count tells
    if names and (not any(map(_number, names)) or (named and len(lines) == images + 1)):
        lines.pop(0)
        order = [names.index(name) for name in classes] if named else order
    if len(lines) != images:
        raise SeedtrialError(
            f"{path} has votes for {len(lines):,} images, but the test part has {images:,}; a line for each is needed."
        )
    counts = np.zeros((images, len(classes)), np.int64)
    for row, (number, cells) in enumerate(lines):
        where = f"{path}, line {number}"
        if len(cells) != len(classes):
            raise SeedtrialError(f"{where}: expected votes for {len(classes)} classes, found {len(cells)} columns.")
        counts[row] = [_count(cells[column], where) for column in order]
        if not counts[row].any():
            raise SeedtrialError(f"{where}: this image has no votes; every image needs at least one.")
    return Votes(counts)


def save(votes: Votes, runs: Path, fingerprint: str) -> Path:
    """Keep the votes beside the runs, in place of older ones for the same data, and return the file.

    fingerprint: of the data set
    """
    file = io.BytesIO()
    np.savez_compressed(file, counts=votes.counts, fingerprint=np.array(fingerprint))
    path = _place(make_folder(runs), fingerprint)
    try:
        write_atomic(path, file.getvalue())
    except OSError as error:
        raise SeedtrialError(f"Cannot write {path}: {error.strerror or error}.") from None
    return path


def find(runs: Path, fingerprint: str, *, shape: tuple[int, int]) -> Votes | None:
    """The votes that were kept for a data set, None where there are none.

    shape: number of test images and of classes

    Raises SeedtrialError when they are damaged.
    """
    path = _place(runs, fingerprint)
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            counts, belongs = arrays["counts"], str(arrays["fingerprint"])
        if belongs != fingerprint or counts.dtype != np.int64 or counts.shape != shape or (counts < 0).any():
            raise ValueError
    except Exception:  # whatever zipfile and NumPy raise on bytes that are something else
        raise SeedtrialError(f"{path} is damaged; `seedtrial play --import` writes it anew.") from None
    return Votes(counts)


def _place(runs: Path, fingerprint: str) -> Path:
    return runs / f"crowd-{fingerprint[:12]}.npz"


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Scoreboard and cells of the lines that are not empty."""
    try:
        text = path.read_text(encoding=ENCODING)
    except UnicodeDecodeError:
        raise SeedtrialError(f"{path} is no text file; expected numbers of votes, separated by commas.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    if "\0" in text:
        raise SeedtrialError(f"{path} is no text file; expected numbers of votes, separated by commas.")
    try:
        numbered = enumerate(csv.reader(text.splitlines(), strict=True), start=1)
        return [
            (n, [cell.strip() for cell in cells]) for n, cells in numbered if len(cells) > 1 or "".join(cells).strip()
        ]
    except csv.Error as error:
        raise SeedtrialError(f"{path} is not a table with commas ({error}).") from None


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _count(cell: str, where: str) -> int:
    text = cell.removeprefix("-")
    if not (text.isascii() and text.isdigit()):
        raise SeedtrialError(f"{where}: votes should be whole numbers, not '{cell[:SHOWN]}'.")
    if cell.startswith("-") and text.strip("0"):
        raise SeedtrialError(f"{where}: votes cannot be negative, and one is '{cell[:SHOWN]}'.")
    if len(text.lstrip("0")) > 7 or int(text.lstrip("0") or 0) > MOST:
        raise SeedtrialError(f"{where}: '{cell[:SHOWN]}' votes for one image are more than {MOST:,}.")
    return int(text.lstrip("0") or 0)
