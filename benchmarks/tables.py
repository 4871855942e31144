"""Writes the tables of the documents from the JSON files that the commands wrote, so that no number is typed by hand.

python benchmarks/tables.py           write them
python benchmarks/tables.py --check   only say whether they are up to date (exit code 1 if not)

A table stands between `<!-- KIND: FILE.json -->` and `<!-- end -->`; KINDS has the kinds.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from seedtrial.study.load import load_study
from speed_tables import (
    equal_results,
    growth,
    jobs,
    offline_page,
    overhead,
    pace,
    play_load,
    records,
    sweep,
    throughput,
)

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "docs/accuracy.md", "docs/play.md", "docs/speed.md", "docs/use.md", "docs/reports/index.md")


def results(told: dict[str, Any]) -> str:
    """One row per recipe, then the verdicts."""
    lines = [
        "| recipe | parameters | seeds | validation, % | test, % | sd | 95 % interval | s/epoch |",
        "|---|---:|---:|---:|---:|---:|---|---:|",
    ]
    for row in told["recipes"]:
        test = row["test"]
        interval = f"{100 * test['low']:.2f} to {100 * test['high']:.2f}"
        lines.append(
            f"| {row['label']} | {row['parameters']:,} | {row['seeds']} | {100 * row['validation']['mean']:.2f} "
            f"| {100 * test['mean']:.2f} | {100 * test['sd']:.2f} | {interval} "
            f"| {row['seconds_per_epoch']['mean']:.2f} |"
        )
    answers = [f"**{v['claim']}: {v['verdict']}.** {v['sentence']}" for v in told["verdicts"]]
    return "\n".join([*lines, "", *answers])


def published(told: dict[str, Any]) -> str:
    """What was published, ours, and the word, then the recipes of which no number was published."""
    lines = [
        "| recipe | published, % | ours, % | sd | 95 % interval | seeds | difference | word |",
        "|---|---:|---:|---:|---|---:|---:|---|",
    ]
    for row in told["published"]:
        ours = row["ours"]
        printed = f"{100 * row['published']:.{max(row['digits'] - 2, 0)}f}"
        word = row["word"] if row["split"] == "test" else f"{row['word']} (validation)"
        lines.append(
            f"| {row['recipe']} | {printed} | {100 * ours['mean']:.2f} | {_spread(ours)} | {ours['n']} "
            f"| {row['difference']:+.2f} | {word} |"
        )
    known = {row["recipe"] for row in told["published"]}
    for row in told["recipes"]:
        if row["label"] not in known and row["test"] is not None:
            test = row["test"]
            lines.append(f"| {row['label']} | – | {100 * test['mean']:.2f} | {_spread(test)} | {test['n']} | – | – |")
    return "\n".join(lines)


def _spread(values: dict[str, Any]) -> str:
    if values["n"] == 1:
        return "– | –"
    return f"{100 * values['sd']:.2f} | {100 * values['low']:.2f} to {100 * values['high']:.2f}"


def verdicts(told: dict[str, Any]) -> str:
    """Every claim with the word on it."""
    lines = ["| claim | verdict | numbers |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {v['claim']} | {v['verdict']} | {v['sentence']} |" for v in told["verdicts"])])


def crossed(told: dict[str, Any]) -> str:
    """Test accuracies of a study that crosses two settings; the recipe with the best validation accuracy is in bold."""
    table = load_study(told["study"]).table
    assert table is not None
    table = table.only({row["label"] for row in told["recipes"]})
    assert table is not None
    place = {where: label for label, where in table.cells.items()}
    found = {row["label"]: row for row in told["recipes"]}
    chosen = max(told["recipes"], key=lambda row: row["validation"]["mean"])["label"]

    def cell(row: str, column: str) -> str:
        label = place.get((row, column))
        if label is None:
            return "–"
        number = f"{100 * found[label]['test']['mean']:.2f}"
        return f"**{number}**" if label == chosen else number

    lines = [
        f"Test accuracy, %, one seed; {table.rows} down, {table.columns} across:",
        "",
        f"| | {' | '.join(table.column_names)} |",
        f"|---|{'---:|' * len(table.column_names)}",
    ]
    lines += [
        f"| {row} | {' | '.join(cell(row, column) for column in table.column_names)} |" for row in table.row_names
    ]
    return "\n".join(lines)


def frontier(told: dict[str, Any]) -> str:
    """How accurate networks are for what they cost, the smallest first."""
    lines = [
        "| network | parameters | multiply-adds | test, % | sd | 95 % interval | seeds | training, s |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    for row in sorted(told["recipes"], key=lambda row: row["parameters"]):
        if row["test"] is not None:
            test = row["test"]
            lines.append(
                f"| {row['label']} | {row['parameters']:,} | {row['multiply_adds']:,} | {100 * test['mean']:.2f} "
                f"| {_spread(test)} | {test['n']} | {row['seconds_training']['mean']:.0f} |"
            )
    return "\n".join(lines)


KINDS = {
    "results": results,
    "published": published,
    "verdicts": verdicts,
    "crossed": crossed,
    "overhead": overhead,
    "throughput": throughput,
    "pace": pace,
    "records": records,
    "jobs": jobs,
    "sweep": sweep,
    "frontier": frontier,
    "equal_results": equal_results,
    "growth": growth,
    "play_load": play_load,
    "offline_page": offline_page,
}


def filled(text: str) -> str:
    """The text with each table between its marks made anew."""

    def table(found: re.Match[str]) -> str:
        made = KINDS[found[2]](json.loads((ROOT / found[3]).read_text(encoding="utf-8")))
        return f"{found[1]}\n{made}\n\n{found[4]}"

    marks = rf"(<!-- ({'|'.join(KINDS)}): (\S+\.json) -->\n).*?(<!-- end -->)"
    return re.sub(marks, table, text, flags=re.DOTALL)


def main() -> None:
    """Write, or check."""
    stale = []
    for name in DOCUMENTS:
        before = (ROOT / name).read_text(encoding="utf-8")
        after = filled(before)
        if before != after:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                (ROOT / name).write_text(after, encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        sys.exit(f"Tables are out of date in {', '.join(stale)}; run python benchmarks/tables.py.")


if __name__ == "__main__":
    main()
