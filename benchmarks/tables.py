"""Writes the tables of the documents from the JSON files that the commands wrote, so that no number is typed by hand.

python benchmarks/tables.py           write them
python benchmarks/tables.py --check   only say whether they are up to date (exit code 1 if not)

A table stands between `<!-- KIND: FILE.json -->` and `<!-- end -->`. The template tables/KIND.md says how it looks.
"""

import argparse
import json
import re
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from seedtrial.study.load import load_study

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md", "docs/accuracy.md", "docs/choose.md", "docs/play.md", "docs/speed.md", "docs/use.md",
    "docs/reports/index.md",
)  # fmt: skip
ABSENT = "–"


def percent(share: float) -> str:
    """A share as percent with two digits, without the sign."""
    return f"{100 * share:.2f}"


def spread(values: Mapping[str, Any]) -> str:
    """Standard deviation and interval, as two cells."""
    if values["n"] == 1:
        return f"{ABSENT} | {ABSENT}"
    return f"{percent(values['sd'])} | {percent(values['low'])} to {percent(values['high'])}"


def fewest_rounds(networks: Mapping[str, Any]) -> int:
    """How often each network was measured at least."""
    return min(len(network["rounds"]) for network in networks.values())


def crossed(study: str, recipes: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracies of a study that crosses two settings; the recipe with the best validation accuracy is in bold."""
    known = {row["label"]: row for row in recipes}
    table = load_study(study).table
    table = table and table.only(set(known))
    assert table is not None
    chosen = max(known, key=lambda label: known[label]["validation"]["mean"])
    numbers = {label: percent(row["test"]["mean"]) for label, row in known.items()}
    numbers[chosen] = f"**{numbers[chosen]}**"
    by_cell = {cell: numbers[label] for label, cell in table.cells.items()}
    cells = {row: [by_cell.get((row, column), ABSENT) for column in table.column_names] for row in table.row_names}
    return {"rows": table.rows, "columns": table.columns, "column_names": table.column_names, "cells": cells}


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "tables"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters |= {
    "n": format,
    "percent": percent,
    "spread": spread,
    "mean": statistics.fmean,
    "median": statistics.median,
    "rounds": fewest_rounds,
}
ENVIRONMENT.globals["crossed"] = crossed


def filled(text: str) -> str:
    """The text with the tables between its marks written again."""

    def table(mark: re.Match[str]) -> str:
        data = json.loads((ROOT / mark[3]).read_text(encoding="utf-8"))
        return f"{mark[1]}\n{ENVIRONMENT.get_template(f'{mark[2]}.md').render(data).strip()}\n\n{mark[4]}"

    return re.sub(r"(<!-- (\w+): (\S+\.json) -->\n).*?(<!-- end -->)", table, text, flags=re.DOTALL)


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description="Write the tables of the documents from the JSON files.")
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    check = parser.parse_args().check
    stale = []
    for name in DOCUMENTS:
        before = (ROOT / name).read_text(encoding="utf-8")
        after = filled(before)
        if before != after:
            stale.append(name)
            if not check:
                (ROOT / name).write_text(after, encoding="utf-8")
    if stale and check:
        sys.exit(f"Tables are out of date in {', '.join(stale)}; run python benchmarks/tables.py.")


if __name__ == "__main__":
    main()
