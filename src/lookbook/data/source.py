"""Where data sets come from: the built-in ones by name, any folder of IDX files by its path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookbook.data import fashion_mnist, idx_folder
from lookbook.data.parts import Parts, Split
from lookbook.errors import LookbookError, unknown


@dataclass(frozen=True)
class Facts:
    """What identifies a data set and what must be known to build a network for it.

    fingerprint: SHA-256 over shapes and decoded arrays of both parts (`dataset.fingerprint`)
    shape:       (C, H, W) of an image
    """

    fingerprint: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: int
    test: int


@dataclass(frozen=True)
class Source:
    """A built-in data set: how to read it, and what reading it must give."""

    title: str
    read: Callable[[Path | None], Parts]
    facts: Facts


def read_digits(data_dir: Path | None = None) -> Parts:
    """scikit-learn's 1,797 handwritten digits of 8x8 pixels; the last 360, by other writers, are the test part.

    Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    if data_dir is not None:
        raise LookbookError("The digits are embedded in scikit-learn; --data-dir does not apply to them.")
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]  # 0..16 -> 0..255
    labels = digits.target.astype(np.int64)
    return Parts(
        Split("train", images[:-360].copy(), labels[:-360].copy()),  # no memory in common with the test part
        Split("test", images[-360:].copy(), labels[-360:].copy()),
        classes=tuple(str(digit) for digit in range(10)),
        origin="embedded in scikit-learn",
    )


SOURCES = {
    "fashion-mnist": Source(
        "70,000 grey 28x28 images of clothing in 10 classes (Xiao et al. 2017)",
        fashion_mnist.read,
        Facts(
            "b42e0f3189f494f730119201c9e1a41654a875ffd564ea07b7cf8032d5327c02",
            fashion_mnist.CLASSES,
            (1, 28, 28),
            60_000,
            10_000,
        ),
    ),
    "digits": Source(
        "1,797 grey 8x8 handwritten digits, embedded in scikit-learn, no download",
        read_digits,
        Facts(
            "ed44642ab3b16ada9bfeb3b6c84f29236f3fbc7eb5194107090cf2943b15dfeb",
            tuple("0123456789"),
            (1, 8, 8),
            1437,
            360,
        ),
    ),
}


FOLDER = "any folder of IDX files (train-images..., train-labels..., t10k- or test-...), .gz or not"


def read(name: str, data_dir: Path | None = None) -> Parts:
    """The parts of a built-in data set, or of a folder of IDX files.

    data_dir: a folder to read a built-in data set's files from, instead of the places known to have them
    """
    if name in SOURCES:
        return SOURCES[name].read(data_dir)
    if data_dir is not None:
        raise LookbookError(f"--data-dir says where a built-in data set's files are, and '{name}' is not built in.")
    if looks_like_folder(name):
        return idx_folder.read(Path(name))
    raise unknown("data set", name, SOURCES)


def looks_like_folder(name: str) -> bool:
    """Whether a data set's name is meant as a path: it exists, or it has a separator in it."""
    return Path(name).exists() or "/" in name or "\\" in name
