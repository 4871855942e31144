"""Writes the README's tables from the JSON files that the commands wrote, so that no number is typed by hand.

python benchmarks/readme_tables.py           write them
python benchmarks/readme_tables.py --check   only say whether they are up to date (exit code 1 if not)
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def quickstart(told: dict[str, Any]) -> str:
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
    verdicts = [f"**{v['claim']}: {v['verdict']}.** {v['sentence']}" for v in told["verdicts"]]
    return "\n".join([*lines, "", *verdicts])


def overhead(told: dict[str, Any]) -> str:
    """What a user waits for beside training, against the aims."""
    names = {
        "help_seconds": ("`lookbook --help`", "{:.2f} s"),
        "first_batch_seconds": ("`lookbook run` to its first batch", "{:.1f} s"),
        "nothing_to_do_seconds": ("`lookbook run` when all is done", "{:.1f} s"),
        "load_gz_seconds": ("Fashion-MNIST from its .gz files", "{:.2f} s"),
        "load_cache_seconds": ("Fashion-MNIST from the cache", "{:.2f} s"),
        "load_resident_mb": ("its resident memory", "{:.0f} MB"),
        "loop_overhead": ("the loop's share of a conv epoch", "{:.1%}"),
    }
    machine = told["machine"]
    lines = [
        f"`make bench`, medians, {machine['processor']}, {machine['cores']} cores, {machine['engine']['precision']}:",
        "",
        "| what | measured | aim at most |",
        "|---|---:|---:|",
    ]
    for key, (name, form) in names.items():
        if key in told["measured"]:
            lines.append(f"| {name} | {form.format(told['measured'][key])} | {form.format(told['aims'][key])} |")
    return "\n".join(lines)


TABLES = {"docs/results/quickstart.json": quickstart, "benchmarks/results/overhead.json": overhead}


def filled(text: str) -> str:
    """The text with each table between its marks made anew."""
    for file, table in TABLES.items():
        marks = rf"(<!-- results: {re.escape(file)} -->\n).*?(<!-- end -->)"
        made = table(json.loads((ROOT / file).read_text(encoding="utf-8")))
        text = re.sub(marks, lambda m, made=made: f"{m[1]}\n{made}\n\n{m[2]}", text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def main() -> None:
    """Write, or check."""
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = filled(before)
    if "--check" in sys.argv[1:]:
        sys.exit(
            "README.md's tables are out of date; run python benchmarks/readme_tables.py." if before != after else 0
        )
    readme.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
