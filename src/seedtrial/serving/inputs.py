"""What is to be predicted: files as they are, folders walked, tables of pixels row by row.

N images, C channels, H x W pixels.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedtrial.data.reader import as_bytes
from seedtrial.data.readers.picture_folder import SUFFIXES
from seedtrial.data.tree import all_files, of_folder
from seedtrial.errors import SeedtrialError
from seedtrial.serving.predictor import Predictor


@dataclass(frozen=True)
class Picture:
    """A picture to be predicted: a file, or the pixels of a row of a table.

    name:    as the user named it, or the file and the number of its row
    pixels:  (C, H, W) uint8, of a row of a table
    truth:   the class that its folder or its label names, if it is known
    problem: why it is not to be read, in a few words; empty if nothing is known against it

    >>> Picture("shoe.jpg", Path("shoe.jpg")).problem
    ''
    """

    name: str
    path: Path | None = None
    pixels: np.ndarray | None = None
    truth: str | None = None
    problem: str = ""


def pictures(sources: Sequence[Path], predictor: Predictor) -> Iterator[Picture]:
    """All pictures that are meant: files as they are, folders walked, .npz and .csv files row by row.

    Raises SeedtrialError when there is no such file, or a table does not fit the network.

    >>> predictor = Predictor(("boot", "sneaker"), (1, 8, 8), lambda images: np.zeros((len(images), 2)))
    >>> Path("boot").mkdir()
    >>> _ = Path("boot/one.png").write_bytes(b"...")
    >>> [(each.name, each.truth) for each in pictures([Path("boot/one.png")], predictor)]
    [('boot/one.png', 'boot')]
    """
    for source in sources:
        if source.is_dir():
            yield from _of_folder(source, predictor)
        elif not source.exists():
            raise SeedtrialError(f"There is no picture or folder {source}.")
        elif source.suffix.lower() == ".npz":
            yield from _of_arrays(source, predictor)
        elif source.suffix.lower() in (".csv", ".tsv"):
            yield from _of_table(source, predictor)
        else:
            folder = source.absolute().parent.name
            yield Picture(str(source), source, truth=_of_folders(predictor).get(folder, folder))


def _of_folder(folder: Path, predictor: Predictor) -> Iterator[Picture]:
    tree = of_folder(folder)
    files = sorted(all_files(tree), key=lambda file: file.path)
    wanted = [file for file in files if file.path.suffix.lower() in SUFFIXES]
    if not wanted:
        raise SeedtrialError(
            f"There is no picture in {folder}; pictures are {', '.join(each[1:] for each in SUFFIXES)}."
        )
    classes, own = _of_folders(predictor), folder.absolute().name
    for file in wanted:
        name = file.path.parent.name or own
        yield Picture(str(folder / file.path), file.where, truth=classes.get(name, name), problem=file.problem)


def _of_arrays(path: Path, predictor: Predictor) -> Iterator[Picture]:
    from seedtrial.data.readers.npz import load_arrays

    arrays = {name.lower(): array for name, array in load_arrays(path).items()}
    names = [name for name in ("images", "x", "x_test", "test_images", "x_train", "arr_0") if name in arrays]
    if not names:
        raise SeedtrialError(f"{path} has no array of images; it has: {', '.join(sorted(arrays))}.")
    images, label = (
        arrays[names[0]],
        {"images": "labels", "test_images": "test_labels"}.get(names[0], "y" + names[0][1:]),
    )
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim == 4 and images.shape[1:] != predictor.shape and images.shape[3] in (1, 3):
        images = np.moveaxis(images, 3, 1)
    if images.shape[1:] != predictor.shape or (images.dtype != np.uint8 and predictor.span is None):
        raise SeedtrialError(
            f"{names[0]} in {path} should be uint8 images of shape {predictor.shape}, not {images.dtype} of "
            f"{images.shape[1:]}."
        )
    images = _as_trained(images, predictor, f"{names[0]} in {path}")
    labels = arrays.get(label)
    known = labels is not None and len(labels) == len(images)
    for row, image in enumerate(images):
        truth = str(labels.ravel()[row]) if known and labels is not None else None
        yield Picture(f"{path}:{row}", pixels=image, truth=_named(truth, predictor))


def _of_table(path: Path, predictor: Predictor) -> Iterator[Picture]:
    from seedtrial.data.table import LABELS, layout
    from seedtrial.data.text_file import opened

    columns = layout(path)
    labelled = columns.header and columns.label is not None and columns.names[columns.label].lower() in LABELS
    _, height, width = predictor.shape
    if columns.text is None and len(columns.pixels) != height * width:
        raise SeedtrialError(
            f"{path} has {len(columns.pixels)} pixels per line; this network takes {height} x {width}."
        )
    csv.field_size_limit(2**27)
    with opened(path, columns.encoding) as file:
        for number, cells in enumerate(csv.reader(file, delimiter=columns.delimiter)):
            if not cells or (columns.header and number == 0):
                continue
            try:
                texts = cells[columns.text].split() if columns.text is not None else [cells[n] for n in columns.pixels]
                pixels = np.array(texts, np.float64).reshape(predictor.shape)
            except (ValueError, IndexError):
                raise SeedtrialError(f"{path}, line {number + 1} has no image of {height} x {width} pixels.") from None
            image = _as_trained(pixels, predictor, f"{path}, line {number + 1}")
            truth = cells[columns.label or 0].strip() if labelled else None
            yield Picture(f"{path}:{number + 1}", pixels=image, truth=_named(truth, predictor))


def _as_trained(values: np.ndarray, predictor: Predictor, where: str) -> np.ndarray:
    """Values as uint8, by the range that the training images were read with.

    Raises SeedtrialError for values that are no pixels, which a conversion would turn into other ones.
    """
    if not np.isfinite(values).all():
        raise SeedtrialError(f"{where} has values that are not finite numbers.")
    if predictor.span is not None:
        return as_bytes(values, predictor.span)
    if values.dtype != np.uint8 and ((values < 0) | (values > 255) | (values % 1 != 0)).any():
        raise SeedtrialError(
            f"{where} has values from {values.min():g} to {values.max():g}; this network takes 0 to 255, whole."
        )
    return values.astype(np.uint8)


def _named(truth: str | None, predictor: Predictor) -> str | None:
    """A label as a class name: itself, or the class that it is the number of."""
    if truth is None or truth in predictor.classes:
        return truth
    return predictor.classes[int(truth)] if truth.isdigit() and int(truth) < len(predictor.classes) else truth


def _of_folders(predictor: Predictor) -> dict[str, str]:
    """The class of each folder's name: its own, or as `folder_name` writes it, where the first of equal ones counts."""
    return {folder_name(name): name for name in reversed(predictor.classes)} | {
        name: name for name in predictor.classes
    }


def folder_name(answer: str) -> str:
    """An answer as a folder's name: without separators, so that no class name leads elsewhere.

    >>> folder_name("T-shirt/top")
    'T-shirt_top'
    """
    kept = ("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in answer)
    return "".join(kept).strip(". ")[:100] or "_"
