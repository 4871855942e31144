"""A template and plain values become one HTML file that needs no network and no other file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.statistics import percent
from seedtrial.files import write_atomic
from seedtrial.words import duration

PAGES = (".html", ".htm", "")  # how the name of a page ends


def render(template: str, context: Mapping[str, Any]) -> str:
    """A page from a template, such as "report/study/templates/report.html".

    Values are escaped in every page, whatever it is; a missing name is an error.

    >>> render("report/templates/parts.html", {}).strip()
    ''
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seedtrial", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "duration": duration,
        "count": lambda number: f"{number:,}",
        "short": lambda number: f"{number:.3g}".replace("-", "−"),
    }
    return environment.get_template(template).render(context)


def save(page: str, out: Path) -> Path:
    """Write a page and return its path. Raises SeedtrialError when it cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save("<!doctype html>", Path(folder, "mine.html")).name
    'mine.html'
    """
    try:
        write_atomic(out, page)
    except OSError as error:
        raise SeedtrialError(f"Cannot write {out}: {error.strerror or error}.") from None
    return out
