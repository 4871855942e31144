"""Many pictures of one source become arrays of one shape; what cannot be used is listed with its reason."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from seedtrial import memory
from seedtrial.data import picture
from seedtrial.data.parts import Skipped, Split
from seedtrial.data.reader import Form
from seedtrial.errors import SeedtrialError
from seedtrial.words import printable


class Pictures:
    """Reads the pictures of one source, which must all have one shape, and lists what it skips.

    root:    the source, for errors
    skipped: what could not be used so far

    >>> pictures = Pictures(Path("animals"), Form(size=8))
    >>> pictures.read(PurePosixPath("cat/1.png"), Path(__file__)), pictures.skipped[0].reason
    (None, 'not a known picture format')
    """

    def __init__(self, root: Path, form: Form) -> None:
        self.root, self.form = root, form
        self.skipped: list[Skipped] = []
        self.first: tuple[str, tuple[int, ...]] | None = None

    def read(self, name: PurePosixPath, where: Path | None, file: BinaryIO | None = None) -> np.ndarray | None:
        """One picture as (C, H, W) uint8; None, and an entry in `skipped`, if it cannot be used.

        name:  from the root of the source, as users read it
        where: the file; None where it lies inside another one and `file` is its content

        Raises SeedtrialError when it differs in size from those before and no size is given.
        """
        try:
            pixels = picture.read_picture(
                where or Path(name.name),
                size=self.form.size,
                channels=self.form.channels or 3,
                span=self.form.range,
                background=self.form.background or "white",
                fit=self.form.fit or "crop",
                file=file,
            )
        except picture.Unusable as error:
            self.skip(name, str(error))
            return None
        self._check_size(name, pixels)
        return pixels

    def skip(self, name: PurePosixPath, reason: str) -> None:
        """List a file that is not used."""
        self.skipped.append(Skipped(printable(name.as_posix()), reason))

    def _check_size(self, path: PurePosixPath, pixels: np.ndarray) -> None:
        name = printable(path.as_posix())
        if self.first is None:
            self.first = (name, pixels.shape)
        elif self.first[1] != pixels.shape:
            (_, height, width), (_, other_height, other_width) = self.first[1], pixels.shape
            raise SeedtrialError(
                f"The pictures of {self.root} differ in size ({self.first[0]} has {width} x {height} pixels, "
                f"{name} {other_width} x {other_height}); set the side of the square that they are resized to, such as "
                "--set data.size=64."
            )


def mixed(
    name: str,
    pictures: Sequence[Sequence[np.ndarray]],
    *,
    names: Sequence[Sequence[str]] | None = None,
    groups: Sequence[Sequence[str]] | None = None,
) -> Split:
    """A split of pictures that are given class by class, every class spread evenly over the whole.

    So the first images hold all classes in proportion, whatever number of them is taken.

    names, groups: of each picture, class by class too

    >>> black = np.zeros((1, 2, 2), np.uint8)
    >>> mixed("train", [[black, black, black, black], [black, black]]).labels.tolist()
    [0, 1, 0, 0, 1, 0]
    """
    # Where each picture comes in its class, in (0, 1).
    order = [(number + 0.5) / len(each) for each in pictures for number in range(len(each))]
    labels = np.repeat(np.arange(len(pictures)), [len(each) for each in pictures])
    every = [image for each in pictures for image in each]
    index = np.argsort(order, kind="stable")

    def rows(each: Sequence[Sequence[str]] | None) -> np.ndarray | None:
        return None if each is None else np.array([text for texts in each for text in texts])[index]

    images = np.stack([every[position] for position in index])
    return Split(name, images, labels[index].astype(np.int64), rows(names), rows(groups))


def check_memory(count: int, root: Path, form: Form, first_size: tuple[int, int] | None) -> None:
    """Refuse pictures that would not fit into memory, before any is decoded.

    first_size: (width, height) of the first picture, where no size is given; None: not known

    >>> check_memory(10, Path("photographs"), Form(size=64), None)
    """
    width, height = (form.size, form.size) if form.size else first_size or (0, 0)
    memory.refuse_too_much(
        2 * count * width * height * (form.channels or 3),  # once more while a part is put together
        f"The {count:,} pictures of {root}, at {width} x {height} pixels,",
        "set a smaller data.size" if form.size else "set the size that they are read at, such as --set data.size=64",
    )
