"""The drawing that all figures share: colours, style, empty panels, and a matplotlib Figure as a part of a page.

The colours are Okabe and Ito's, which colour-blind readers can distinguish; lines differ in their dashes as well.
"""

import io
import re
import warnings
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
INK = "#010203"  # stands for the page's text colour, which is black or white
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be searched and takes the page's font
    "svg.hashsalt": "seedtrial",  # the same figure has the same bytes
    "text.parse_math": False,  # a dollar in a name is a dollar
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.color": INK,
    "axes.axisbelow": True,
    "legend.frameon": False,
    **{key: INK for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")},
}
UNUSED = (  # a third of a small figure: fonts (the page has its own), rotations by 0, ids, indentation
    r"font-family: [^;\"]*; ",
    r' transform="rotate\(-?0 [^)]*\)"',
    r'(?<=<g) id="[^"]*"',
    r"(?m)^\s+(?=<)",
)


def svg(figure: Figure, *, title: str) -> str:
    """A figure as an inline <svg> that takes its ink from the page and its width from its container.

    title: what a screen reader says; it is escaped here

    >>> figure, (axis,) = blank(3, 2)
    >>> svg(figure, title="Nothing yet")[:44]
    '<svg role="img" aria-label="Nothing yet" xml'
    """
    file = io.StringIO()
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's browser has the font, not matplotlib
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Title": title})
    text = file.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    label = escaped(title)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' (?:d|x|y|points|transform)="[^"]*"', _rounded, text)
    for idle in UNUSED:
        text = re.sub(idle, "", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def escaped(text: str) -> str:
    """Text as HTML.

    >>> escaped('a < "b"')
    'a &lt; &quot;b&quot;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def blank(width: float, height: float, columns: int = 1, *, rows: int = 1) -> tuple[Figure, list[Any]]:
    """An empty figure of this many inches and its panels, which share their x-axis where one stands below the other.

    >>> figure, axes = blank(8.4, 3.0, columns=2)
    >>> len(axes)
    2
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, list(np.atleast_1d(figure.subplots(rows, columns, sharex=rows > 1)).flat)


def short(text: str, most: int = 28) -> str:
    """A name cut to at most so many letters, so that it leaves space for the figure.

    >>> short("a very long name of a recipe", 11)
    'a very lon…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def _rounded(attribute: re.Match[str]) -> str:
    """Coordinates rounded to a hundredth of a point, which nobody sees; a page of many figures gets a third smaller."""
    return re.sub(r"(\.\d\d)\d+", r"\1", attribute[0])
