"""How studies, results and runs show themselves in a notebook: tables in HTML, and data frames."""

import html
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from seedtrial.errors import SeedtrialError

STYLE = "text-align: left; padding: 0.2em 0.8em 0.2em 0"


def table_html(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in HTML; every cell is escaped.

    >>> table_html(["class"], [["<b>"]])[-35:]
    '&lt;b&gt;</td></tr></tbody></table>'
    """
    head = "".join(f'<th scope="col" style="{STYLE}">{html.escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{STYLE}">{html.escape(str(cell))}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str, *, strong: bool = False) -> str:
    """A paragraph in HTML, escaped.

    >>> paragraph("a < b", strong=True)
    '<p><strong>a &lt; b</strong></p>'
    """
    text = html.escape(text)
    return f"<p><strong>{text}</strong></p>" if strong else f"<p>{text}</p>"


def data_frame(rows: Sequence[Mapping[str, object]]) -> Any:
    """A data frame of pandas, or of polars where pandas is not installed; a row per mapping.

    >>> data_frame([{"seed": 0, "accuracy": 0.9}]).shape
    (1, 2)

    Raises SeedtrialError when neither is installed.
    """
    for library in ("pandas", "polars"):
        try:
            return import_module(library).DataFrame(list(rows))
        except ModuleNotFoundError:
            continue
    raise SeedtrialError("A data frame needs pandas or polars: pip install pandas.")
