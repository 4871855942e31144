"""A folder of pictures: DIR/train/CLASS/*, optionally DIR/val (or validation) and DIR/test; or only DIR/CLASS/*.

The folders in train are the classes, sorted by name. A val folder is the validation split. Without a test folder, a
stratified share of the training part, always the same, is kept back as the sealed test part. A val folder is never used
as the test part, since somebody may have chosen a network by it already.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from seedtrial.data import picture
from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.data.reader import Reader
from seedtrial.data.splits import parts_of
from seedtrial.errors import SeedtrialError

NAMES = {"train": ("train",), "validation": ("val", "validation"), "test": ("test",)}


def looks_like(folder: Path) -> bool:
    """Whether this is a folder with folders in it.

    >>> looks_like(Path("no/such/folder"))
    False
    """
    return folder.is_dir() and any(path.is_dir() for path in _listed(folder))


def read(folder: Path, *, size: int | None = None, channels: int | None = None) -> Parts:
    """All pictures of a folder.

    size:     side of the square that each is resized to, pixels; None: all have one size already
    channels: 1 for grey, 3 for colour; None: 3

    The classes of a part are mixed evenly, so that its first images hold all classes in proportion. Files that are
    damaged, too large, of another format, or links to elsewhere are listed in `Parts.skipped`.

    Raises SeedtrialError when a class has no usable picture in a part, when there is only one class, or when the
    pictures differ in size and no size is given.

    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for number in range(10):
    ...         path = Path(folder, ("cat", "dog")[number % 2], f"{number}.png")
    ...         path.parent.mkdir(exist_ok=True)
    ...         Image.new("RGB", (40, 20)).save(path)
    ...     parts = read(Path(folder), size=8)
    >>> parts.train.images.shape, parts.classes
    ((8, 3, 8, 8), ('cat', 'dog'))
    """
    if not folder.is_dir():
        raise SeedtrialError(f"There is no folder {folder}.")
    folders = _part_folders(folder)
    classes = tuple(path.name for path in _folders(folders["train"], folder))
    if len(classes) < 2:
        raise SeedtrialError(
            f"{folders['train']} has {len(classes) or 'no'} class folder{'s' * (len(classes) != 1)}; "
            "expected two or more, each with the pictures of one class."
        )
    for name in classes:
        if not name.isprintable():
            raise SeedtrialError(f"The folder name {name!a} in {folders['train']} cannot be printed as a class name.")
    skipped: list[Skipped] = []
    reader = _Reader(folder, size, channels or 3, skipped)
    splits = {part: _part(part, part_folder, classes, reader) for part, part_folder in folders.items()}
    return parts_of(splits, classes, str(folder), tuple(skipped))


class _Reader:
    """Reads the pictures of one folder, which must all have one shape, and lists the files that it skips."""

    def __init__(self, root: Path, size: int | None, channels: int, skipped: list[Skipped]) -> None:
        self.root, self.size, self.channels, self.skipped = root, size, channels, skipped
        self.inside = os.path.realpath(root)
        self.first: tuple[str, tuple[int, ...]] | None = None

    def pictures(self, files: Sequence[Path]) -> Iterator[np.ndarray]:
        for path in files:
            try:
                if not leads_inside(path, self.inside):
                    raise picture.Unusable("a link that leads out of the folder")
                if path.is_dir():
                    raise picture.Unusable("a folder inside a class folder")
                if not path.is_file():  # reading a pipe would wait for ever
                    raise picture.Unusable("not a file")
                pixels = picture.read(path, size=self.size, channels=self.channels)
            except picture.Unusable as error:
                self.skip(path, str(error))
                continue
            self._check_size(path, pixels)
            yield pixels

    def skip(self, path: Path, reason: str) -> None:
        self.skipped.append(Skipped(_printable(path.relative_to(self.root)), reason))

    def _check_size(self, path: Path, pixels: np.ndarray) -> None:
        name = _printable(path.relative_to(self.root))
        if self.first is None:
            self.first = (name, pixels.shape)
        elif self.first[1] != pixels.shape:
            (_, height, width), (_, other_height, other_width) = self.first[1], pixels.shape
            raise SeedtrialError(
                f"The pictures of {self.root} differ in size ({self.first[0]} has {width} x {height} pixels, "
                f"{name} {other_width} x {other_height}); set the side of the square that they are resized to, such as "
                "--set data.size=64."
            )


def leads_inside(path: Path, root: str) -> bool:
    """Whether a path stays inside a folder when links are followed.

    root: the folder as `os.path.realpath` gives it

    >>> leads_inside(Path("/data/train"), "/data"), leads_inside(Path("/data/../etc"), "/data")
    (True, False)
    """
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def _part_folders(folder: Path) -> dict[str, Path]:
    """The folder of each part. Where none is named train, val or test, all folders are classes of the training part."""
    folders = {}
    for part, names in NAMES.items():
        present = [folder / name for name in names if (folder / name).is_dir()]
        if len(present) > 1:
            raise SeedtrialError(f"{folder} has both {' and '.join(path.name for path in present)}; expected one.")
        if present:
            folders[part] = present[0]
    if "train" not in folders:
        if folders:
            raise SeedtrialError(f"{folder} has a folder {next(iter(folders.values())).name}, but none named train.")
        return {"train": folder}
    for part_folder in folders.values():
        _refuse_outside(part_folder, folder)
    return folders


def _part(name: str, part_folder: Path, classes: tuple[str, ...], reader: _Reader) -> Split:
    """The pictures of one part, with its classes mixed evenly."""
    unknown = sorted({path.name for path in _folders(part_folder, reader.root)} - set(classes))
    if unknown:
        raise SeedtrialError(f"{part_folder} has a class '{unknown[0]}', but the training part does not.")
    for path in _listed(part_folder):
        if not path.is_dir():
            reader.skip(path, "not in a class folder")
    images: list[np.ndarray] = []
    labels: list[int] = []
    order: list[float] = []
    for label, class_name in enumerate(classes):
        before = len(reader.skipped)
        pictures = list(reader.pictures(_listed(part_folder / class_name)))
        if not pictures:
            raise SeedtrialError(_empty(part_folder / class_name, reader.skipped[before:]))
        images += pictures
        labels += [label] * len(pictures)
        # Where each picture comes in its class, in (0, 1); sorted by that, every class is spread over the whole part.
        order += [(number + 0.5) / len(pictures) for number in range(len(pictures))]
    index = np.argsort(order, kind="stable")
    return Split(name, np.stack(images)[index], np.array(labels, np.int64)[index])


def _empty(class_folder: Path, skipped: list[Skipped]) -> str:
    if not skipped:
        return f"The class folder {class_folder} has no pictures."
    return (
        f"The class folder {class_folder} has no usable picture among {len(skipped)} "
        f"file{'s' * (len(skipped) != 1)} ({skipped[0].path}: {skipped[0].reason})."
    )


def _listed(folder: Path) -> list[Path]:
    """The files and folders in a folder, sorted; names that begin with a dot belong to the system and are left out."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SeedtrialError(f"Cannot read {folder}: {error.strerror or error}.") from None


def _folders(folder: Path, root: Path) -> list[Path]:
    folders = [path for path in _listed(folder) if path.is_dir()]
    for path in folders:
        _refuse_outside(path, root)
    return folders


def _refuse_outside(path: Path, root: Path) -> None:
    if not leads_inside(path, os.path.realpath(root)):
        raise SeedtrialError(f"{path} is a link that leads out of {root}; such links are not followed.")


def _printable(path: Path) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in path.as_posix())


READER = Reader(
    name="DIR with pictures",
    title="DIR/train/CLASS/*.jpg, optionally val and test; or DIR/CLASS/*.jpg; PNG and JPEG",
    claims=lambda source: looks_like(Path(source)),
    read=lambda source, data_dir, form: read(Path(source), size=form.size, channels=form.channels),
    takes_form=True,
)
