"""Where data sets come from: the built-in ones by name, folders and files by their path and what they hold."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedtrial.data.parts import Parts, Split
from seedtrial.data.readers import csv as table
from seedtrial.data.readers import fashion_mnist, idx_folder
from seedtrial.data.readers import npz as arrays
from seedtrial.data.readers import picture_folder as folder
from seedtrial.errors import SeedtrialError, unknown


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
    """A built-in data set: how to read it, and what reading it must give.

    read:  None for pictures that do not come with seedtrial: the user names their folder
    facts: None where they are known only after reading
    """

    title: str
    read: Callable[[Path | None], Parts] | None
    facts: Facts | None


def read_digits(data_dir: Path | None = None) -> Parts:
    """scikit-learn's 1,797 handwritten digits of 8x8 pixels; the last 360, by other writers, are the test part.

    Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    if data_dir is not None:
        raise SeedtrialError("The digits are embedded in scikit-learn; --data-dir does not apply to them.")
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
    "hotdog": Source(
        "photographs of hot dogs and of other things, in a folder of yours: --data-dir DIR with DIR/train/CLASS/*.jpg",
        None,
        None,
    ),
}
PATHS = {
    "DIR": "any folder of IDX files (train-images..., train-labels..., t10k- or test-...), .gz or not; "
    "or of pictures (DIR/train/CLASS/*.jpg, perhaps val and test; or DIR/CLASS/*.jpg), PNG and JPEG",
    "FILE.npz": "arrays images, labels, perhaps test_images, test_labels, classes; or as Keras names them",
    "FILE.csv": "label,pixel,pixel,... per line, as Kaggle ships Fashion-MNIST; x_train.csv takes x_test.csv along",
}
FILES = {".npz": arrays.read, ".csv": table.read}


def read(name: str, data_dir: Path | None = None, *, size: int | None = None, channels: int | None = None) -> Parts:
    """The parts of a built-in data set, a folder of IDX files or of pictures, an .npz or a .csv file.

    data_dir: a folder to read a built-in data set's files from, instead of the places known to have them
    size:     side of the square that the pictures of a folder are brought to
    channels: 1 or 3, of the pictures of a folder
    """
    path = Path(name)
    if name in SOURCES:
        reader = SOURCES[name].read
        if reader is None:
            return folder.read(data_dir or _named_by_environment(name), size=size, channels=channels)
        refuse_form(name, size, channels)
        return reader(data_dir)
    if data_dir is not None:
        raise SeedtrialError(f"--data-dir says where a built-in data set's files are, and '{name}' is not built in.")
    if path.suffix.lower() in FILES and not path.is_dir():
        if not path.is_file():
            raise SeedtrialError(f"There is no file {name}.")
        refuse_form(name, size, channels)
        return FILES[path.suffix.lower()](path)
    if not looks_like_path(name):
        raise unknown("data set", name, SOURCES)
    if not idx_folder.looks_like(path) and folder.looks_like(path):
        return folder.read(path, size=size, channels=channels)
    if path.is_dir() and not idx_folder.looks_like(path):
        raise SeedtrialError(
            f"{name} holds neither the four IDX files of MNIST nor folders of pictures (DIR/train/CLASS/*.jpg)."
        )
    refuse_form(name, size, channels)
    return idx_folder.read(path)


def known_facts(name: str) -> Facts | None:
    """What reading a built-in data set must give, if that is known."""
    return SOURCES[name].facts if name in SOURCES else None


def refuse_form(name: str, size: int | None, channels: int | None) -> None:
    """Raise SeedtrialError when data that have a form of their own are asked for in another one."""
    for setting, value in (("size", size), ("channels", channels)):
        if value is not None:
            raise SeedtrialError(
                f"data.{setting} is for folders of pictures; the images of '{name}' are used as they are."
            )


def _named_by_environment(name: str) -> Path:
    base = os.environ.get("SEEDTRIAL_DATA")
    if base and (Path(base) / name).is_dir():
        return Path(base) / name
    raise SeedtrialError(
        f"The pictures of '{name}' do not come with seedtrial; name the folder that has them with --data-dir DIR, "
        "where DIR/train has a folder of pictures for each class."
    )


def looks_like_path(name: str) -> bool:
    """Whether a data set's name is meant as a path: it exists, or it has a separator in it."""
    return Path(name).exists() or "/" in name or "\\" in name
