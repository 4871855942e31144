"""A page of answers: each picture as the network saw it, beside what it says."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seedtrial import __version__
from seedtrial.data.png import png_uri
from seedtrial.files import check_output
from seedtrial.report.html import PAGES, render, save
from seedtrial.serving.predict import Row

MOST = 2_000  # pictures on one page


def write_answers_page(rows: Sequence[Row], classes: Sequence[str], out: Path) -> Path:
    """Write the page and return its path; it needs no network and no other file. Raises SeedtrialError for a folder.

    >>> row = Row("shoe.jpg", "sneaker", "sneaker", np.array([0.1, 0.9]))
    >>> write_answers_page([row], ("boot", "sneaker"), Path("answers.html")).name
    'answers.html'
    """
    check_output(out, "--show", *PAGES)
    shown = [
        {
            "file": row.file,
            "answer": row.answer,
            "likely": row.likely,
            "picture": "" if row.pixels is None else png_uri(row.pixels),
            "best": [(classes[k], 100 * float(row.probs[k])) for k in np.argsort(-row.probs)[:3]],
        }
        for row in rows[:MOST]
    ]
    context = {"rows": shown, "total": len(rows), "more": max(0, len(rows) - MOST), "version": __version__}
    return save(render("serving/templates/answers.html", context), out)
