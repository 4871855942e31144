"""A page of answers: each picture as the network saw it, beside what it says."""

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import jinja2
import numpy as np
from PIL import Image

from seedtrial import __version__
from seedtrial.files import check_output, write_atomic
from seedtrial.report.html import PAGES
from seedtrial.serving.predict import Row

MOST = 2_000  # pictures on one page


def write_answers_page(rows: Sequence[Row], classes: Sequence[str], out: Path) -> Path:
    """Write the page and return its path; it needs no network and no other file. Raises SeedtrialError for a folder."""
    check_output(out, "--show", *PAGES)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seedtrial", "serving"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = [
        {
            "file": row.file,
            "answer": row.answer,
            "likely": row.likely,
            "picture": _uri(row.pixels),
            "best": [(classes[k], 100 * float(row.probs[k])) for k in np.argsort(-row.probs)[:3]],
        }
        for row in rows[:MOST]
    ]
    page = environment.get_template("templates/answers.html").render(
        rows=shown, total=len(rows), more=max(0, len(rows) - MOST), version=__version__
    )
    write_atomic(out, page)
    return out


def _uri(pixels: np.ndarray | None) -> str:
    if pixels is None:
        return ""
    file = BytesIO()
    Image.fromarray(pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
