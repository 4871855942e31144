"""How commands print: tables, JSON, progress. Results go to stdout, all else to stderr."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from seedtrial.runs.watch import Watch

WIDTH = 120  # columns where there is no terminal to ask
NARROW = 60  # columns, below which a table would be broken up into letters


def show_names(described: dict[str, str], kind: str, what: str, as_json: bool) -> None:
    """Names with a line on each."""
    if as_json:
        return show_json(described)
    rows = table(kind, what)
    for name, line in described.items():
        rows.add_row(name, line)
    show(rows)


def table(*columns: str) -> Table:
    """An empty table; words stand to the left, numbers to the right."""
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))  # whole on 80 columns
    for number, column in enumerate(columns):
        words = column in (
            "kind",
            "output",
            "class",
            "answer",
            "question",
            "what it is",
            "state",
            "folder",
            "reason",
            "verdict",
            "picture",
            "study",
            "recipe",
            "data",
            "default",
            "example",
            "meaning",
        )
        rows.add_column(column, justify="left" if number == 0 or words else "right", overflow="fold")
    return rows


def console(*, stderr: bool = False) -> Console:
    """Where to print, showing names as they are; elsewhere than on a terminal lines are WIDTH wide."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else WIDTH)


def show(*things: Any) -> None:
    """Print tables and lines on stdout; lines are not broken. On a narrow terminal each row of a table is a list."""
    out = console()
    for thing in things:
        if isinstance(thing, Table) and out.width < NARROW:
            thing = listed(thing)
        out.print(thing, soft_wrap=isinstance(thing, str))


def listed(rows: Table) -> str:
    """A table as lines such as "recipe: conv", with an empty line after each row; columns are not lost or broken up.

    >>> rows = table("recipe", "seeds")
    >>> rows.add_row("conv", "3")
    >>> print(listed(rows), end="")
    recipe: conv
    seeds: 3
    """
    columns = [[f"{column.header}: {cell}\n" for cell in column.cells] for column in rows.columns]
    return "".join("".join(cells) + "\n" for cells in zip(*columns, strict=True)).removesuffix("\n")


def show_json(value: Any) -> None:
    """Print one JSON object on stdout; where that cannot show every letter, as escapes."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, indent=1, ensure_ascii=not unicode, allow_nan=False)
    # A row of a confusion matrix is a line, not ten.
    print(re.sub(r"\[\s+((?:[-\d.e]+,?\s+)+)\]", lambda match: f"[{' '.join(match[1].split())}]", text))


@contextmanager
def ticking(what: str) -> Iterator[Callable[[int], None]]:
    """Count on stderr how many pictures are done, on a terminal only."""
    out = console(stderr=True)
    if not out.is_terminal or out.is_dumb_terminal:
        yield lambda count: None
        return
    done = 0
    with out.status(f"{what} ...") as status:

        def tick(count: int) -> None:
            nonlocal done
            done += count
            status.update(f"{what}: {done:,}")

        yield tick


def watch(*, epochs: bool = True) -> "Watch":
    """The progress display: bars on a terminal, plain lines elsewhere; epochs: whether those have lines."""
    from seedtrial.cli.progress import Bars, Lines

    out = console(stderr=True)
    return Bars(out) if out.is_terminal and not out.is_dumb_terminal else Lines(out, epochs=epochs)
