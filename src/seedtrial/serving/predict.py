"""Predicting many pictures: a row per picture, written as a table or as folders of pictures. K classes."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data import picture
from seedtrial.data.parts import Skipped
from seedtrial.errors import SeedtrialError
from seedtrial.files import as_json, check_output, make_folder, write_atomic
from seedtrial.serving.inputs import Picture, folder_name
from seedtrial.serving.predictor import AT_ONCE, Predictor
from seedtrial.words import printable

KINDS = (".csv", ".json", ".parquet")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


@dataclass(frozen=True)
class Row:
    """What a network says of one picture.

    file:   as the user named it, or the file and the number of its row
    answer: a class, or why there is none, as `Decision` has it
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


def predict(
    pictures: Iterable[Picture],
    predictor: Predictor,
    *,
    prepare: Callable[[Path], np.ndarray] | None = None,
    tick: Callable[[int], None] = lambda count: None,
) -> tuple[list[Row], list[Skipped]]:
    """A row for every usable picture, and the files that cannot be used.

    prepare: how a file becomes pixels, if not as the training pictures did
    tick:    hears how many more pictures are done

    >>> brightness = lambda images: np.stack([images.mean((1, 2, 3)), 100 - images.mean((1, 2, 3))], 1)
    >>> predictor = Predictor(("bright", "dark"), (1, 2, 2), brightness)
    >>> rows, skipped = predict([Picture("line 1", pixels=np.zeros((1, 2, 2), np.uint8))], predictor)
    >>> rows[0].answer, skipped
    ('dark', [])
    """
    rows: list[Row] = []
    skipped: list[Skipped] = []
    batch: list[tuple[Picture, np.ndarray]] = []
    read = prepare or predictor.pixels

    def flush() -> None:
        if batch:
            answers = predictor.predict(np.stack([pixels for _, pixels in batch]))
            decided = predictor.decision.words(predictor.classes, answers.probs, answers.unlike)
            for (item, pixels), probs, answer in zip(batch, answers.probs, decided, strict=True):
                likely = predictor.classes[int(probs.argmax())]
                rows.append(Row(printable(item.name), answer, likely, probs, item.truth, item.path, pixels))
            tick(len(batch))
            batch.clear()

    for item in pictures:
        if item.problem:
            skipped.append(Skipped(printable(item.name), item.problem))
            continue
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


def check_answers_file(out: Path, sources: Sequence[Path] = ()) -> None:
    """Raises SeedtrialError when answers cannot be written into this file: its kind, its folder, or no Parquet.

    sources: what is to be predicted, and must not be overwritten

    >>> try:
    ...     check_answers_file(Path("answers.docx"))
    ... except SeedtrialError as error:
    ...     print(error)
    --out takes a file that ends in .csv or .json or .parquet, not answers.docx.
    """
    if out.exists() and any(path.exists() and path.samefile(out) for path in sources):
        raise SeedtrialError(f"{out} has the pictures that are to be predicted; give --out another name.")
    kind = check_output(out, "--out", *KINDS).suffix.lower()
    if kind == ".parquet" and find_spec("pyarrow") is None:
        raise SeedtrialError("Parquet needs pyarrow, which is not installed: pip install seedtrial[parquet]")


def write_rows(rows: Sequence[Row], classes: Sequence[str], out: Path) -> None:
    """Write a row per picture into a .csv, .json or .parquet file. Raises as `check_answers_file` does.

    >>> row = Row("shoe.jpg", "sneaker", "sneaker", np.array([0.1, 0.9]))
    >>> write_rows([row], ("boot", "sneaker"), Path("answers.csv"))
    >>> print(Path("answers.csv").read_text(encoding="utf-8").strip())
    file,answer,probability,boot,sneaker
    shoe.jpg,sneaker,0.900000,0.100000,0.900000
    """
    check_answers_file(out)
    kind = out.suffix.lower()
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
    import pyarrow
    from pyarrow import parquet

    columns: dict[str, Any] = {"file": [r.file for r in rows], "answer": [r.answer for r in rows]}
    columns |= {"probability": [r.probability for r in rows]}
    columns |= {f"p({name})": [float(r.probs[k]) for r in rows] for k, name in enumerate(classes)}
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    write_atomic(out, buffer.getvalue())


def plain(row: Row, classes: Sequence[str]) -> dict[str, Any]:
    """A row as JSON values.

    >>> plain(Row("shoe.jpg", "sneaker", "sneaker", np.array([0.1, 0.9])), ("boot", "sneaker"))["probabilities"]
    {'boot': 0.1, 'sneaker': 0.9}
    """
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

    A name that is there already gets a number; nothing is overwritten. A copy that is there already counts, so that a
    call that was killed can be made again.

    >>> _ = Path("shoe.jpg").write_bytes(b"...")
    >>> sort([Row("shoe.jpg", "boot", "boot", np.ones(1), path=Path("shoe.jpg"))], Path("sorted"))
    1
    >>> Path("sorted/boot/shoe.jpg").exists()
    True
    """
    count = 0
    for row in rows:
        if row.path is not None:
            target = make_folder(folder / folder_name(row.answer))
            name, number, content = row.path.name, 1, row.path.read_bytes()
            while (target / name).exists() and (target / name).read_bytes() != content:
                number += 1
                name = f"{row.path.stem}-{number}{row.path.suffix}"
            if not (target / name).exists():
                write_atomic(target / name, content)
            count += 1
    return count
