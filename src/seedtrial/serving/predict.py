"""Predicting many pictures: files, folders and tables in, a row per picture out.

N images, C channels, H x W pixels, K classes.
"""

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data import picture
from seedtrial.data.parts import Skipped
from seedtrial.data.reader import as_bytes
from seedtrial.data.tree import all_files, of_folder
from seedtrial.errors import SeedtrialError
from seedtrial.files import as_json, make_folder, write_atomic
from seedtrial.serving.predictor import AT_ONCE, Predictor
from seedtrial.words import printable

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
NOT_SURE, UNLIKE = "not sure", "looks like none of the classes"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


@dataclass(frozen=True)
class Row:
    """What a network says of one picture.

    file:   as the user named it, or the file and the number of its row
    answer: a class, or that it is not sure, or that the picture looks like none of the classes
    likely: the likeliest class, whatever the answer
    probs:  (K,) calibrated
    truth:  the class that its folder or its label names, if it is known
    path:   the file itself; None for a row of a table
    pixels: (C, H, W) uint8, as the network saw it

    >>> row = Row("shoe.jpg", "sneaker", "sneaker", np.array([0.1, 0.9]))
    >>> row.probability
    0.9
    """

    file: str
    answer: str
    likely: str
    probs: np.ndarray
    truth: str | None = None
    path: Path | None = None
    pixels: np.ndarray | None = None

    @property
    def probability(self) -> float:
        """Of the likeliest class."""
        return float(self.probs.max())


@dataclass(frozen=True)
class Picture:
    """A picture to be predicted: a file, or the pixels of a row of a table."""

    name: str
    path: Path | None = None
    pixels: np.ndarray | None = None
    truth: str | None = None


def pictures(sources: Sequence[Path], predictor: Predictor) -> Iterator[Picture]:
    """All pictures that are meant: files as they are, folders walked, .npz and .csv files row by row.

    Raises SeedtrialError when there is no such file, or a table does not fit the network.
    """
    for source in sources:
        if source.is_dir():
            files = sorted(all_files(of_folder(source)), key=lambda file: file.path)
            for file in files:
                if file.path.suffix.lower() in SUFFIXES and file.where is not None and not file.problem:
                    truth = file.path.parent.name
                    yield Picture(str(source / file.path), file.where, truth=truth or None)
        elif not source.exists():
            raise SeedtrialError(f"There is no picture or folder {source}.")
        elif source.suffix.lower() == ".npz":
            yield from _of_arrays(source, predictor)
        elif source.suffix.lower() in (".csv", ".tsv"):
            yield from _of_table(source, predictor)
        else:
            yield Picture(str(source), source, truth=source.absolute().parent.name)


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

    found = layout(path)
    labelled = found.header and found.label is not None and found.names[found.label].lower() in LABELS
    _, height, width = predictor.shape
    if found.text is None and len(found.pixels) != height * width:
        raise SeedtrialError(f"{path} has {len(found.pixels)} pixels per line; this network takes {height} x {width}.")
    csv.field_size_limit(2**27)
    with opened(path, found.encoding) as file:
        for number, cells in enumerate(csv.reader(file, delimiter=found.delimiter)):
            if not cells or (found.header and number == 0):
                continue
            try:
                texts = cells[found.text].split() if found.text is not None else [cells[n] for n in found.pixels]
                pixels = np.array(texts, np.float64).reshape(predictor.shape)
            except (ValueError, IndexError):
                raise SeedtrialError(f"{path}, line {number + 1} has no image of {height} x {width} pixels.") from None
            image = _as_trained(pixels, predictor, f"{path}, line {number + 1}")
            truth = cells[found.label or 0].strip() if labelled else None
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


def predict(
    found: Iterable[Picture],
    predictor: Predictor,
    *,
    threshold: float = 0.0,
    prepare: Callable[[Path], np.ndarray] | None = None,
    tick: Callable[[int], None] = lambda count: None,
) -> tuple[list[Row], list[Skipped]]:
    """A row for every usable picture, and the files that cannot be used.

    threshold: below this probability the answer is "not sure"
    prepare:   how a file becomes pixels, if not as the training pictures did
    tick:      hears how many more pictures are done
    """
    rows: list[Row] = []
    skipped: list[Skipped] = []
    batch: list[tuple[Picture, np.ndarray]] = []
    read = prepare or predictor.pixels

    def flush() -> None:
        if batch:
            answers = predictor.predict(np.stack([pixels for _, pixels in batch]))
            for (item, pixels), probs, unlike in zip(batch, answers.probs, answers.unlike, strict=True):
                likely = predictor.classes[int(probs.argmax())]
                answer = UNLIKE if unlike else NOT_SURE if probs.max() < threshold else likely
                rows.append(Row(printable(item.name), answer, likely, probs, item.truth, item.path, pixels))
            tick(len(batch))
            batch.clear()

    for item in found:
        try:
            pixels = item.pixels if item.pixels is not None else read(item.path or Path())
        except picture.Unusable as error:
            skipped.append(Skipped(printable(item.name), str(error)))
            continue
        except OSError as error:
            skipped.append(Skipped(printable(item.name), error.strerror or str(error)))
            continue
        batch.append((item, pixels))
        if len(batch) == AT_ONCE:
            flush()
    flush()
    return rows, skipped


def write(rows: Sequence[Row], classes: Sequence[str], out: Path) -> None:
    """Write a row per picture into a .csv, .json or .parquet file. Raises SeedtrialError for another kind."""
    kind = out.suffix.lower()
    if kind not in (".csv", ".json", ".parquet"):
        raise SeedtrialError(f"Answers can be written as .csv, .json or .parquet, not as {kind or out.name}.")
    make_folder(out.parent)
    if kind == ".csv":
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "answer", "probability", *map(_cell, classes)])
        writer.writerows(
            [_cell(r.file), _cell(r.answer), f"{r.probability:.6f}", *(f"{p:.6f}" for p in r.probs)] for r in rows
        )
        return write_atomic(out, file.getvalue())
    if kind == ".json":
        return write_atomic(out, as_json({"answers": [plain(row, classes) for row in rows]}))
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SeedtrialError("Parquet needs pyarrow, which is not installed: pip install seedtrial[parquet]") from None
    columns: dict[str, Any] = {"file": [r.file for r in rows], "answer": [r.answer for r in rows]}
    columns |= {"probability": [r.probability for r in rows]}
    columns |= {f"p({name})": [float(r.probs[k]) for r in rows] for k, name in enumerate(classes)}
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    write_atomic(out, buffer.getvalue())


def plain(row: Row, classes: Sequence[str]) -> dict[str, Any]:
    """A row as JSON values."""
    return {
        "file": row.file,
        "answer": row.answer,
        "likeliest": row.likely,
        "probability": round(row.probability, 6),
        "probabilities": {name: round(float(p), 6) for name, p in zip(classes, row.probs, strict=True)},
    }


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULAS) else text


def sort(rows: Sequence[Row], folder: Path) -> int:
    """Copy every picture into a folder named after its answer, and return how many were copied.

    A name that is there already gets a number; nothing is overwritten.
    """
    count = 0
    for row in rows:
        if row.path is not None:
            place = make_folder(folder / _folder_name(row.answer))
            name, number = row.path.name, 1
            while (place / name).exists():
                number += 1
                name = f"{row.path.stem}-{number}{row.path.suffix}"
            shutil.copyfile(row.path, place / name)
            count += 1
    return count


def _folder_name(answer: str) -> str:
    """An answer as a folder's name: without separators, so that no class name leads elsewhere."""
    name = "".join("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in answer).strip(
        ". "
    )
    return name[:100] or "_"
