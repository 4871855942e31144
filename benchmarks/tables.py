"""Writes the tables of the documents from the JSON files that the commands wrote, so that no number is typed by hand.

python benchmarks/tables.py           write them
python benchmarks/tables.py --check   only say whether they are up to date (exit code 1 if not)

A table stands between `<!-- KIND: FILE.json -->` and `<!-- end -->`; KINDS has the kinds.
"""

import json
import re
import statistics
import sys
from pathlib import Path
from typing import Any

from lookbook.study.study import load_study

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "docs/reports/index.md")


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


def grid(told: dict[str, Any]) -> str:
    """Test accuracies of a study that crosses two settings; the recipe with the best validation accuracy is in bold."""
    cells = load_study(told["study"]).grid
    assert cells is not None
    cells = cells.of({row["label"] for row in told["recipes"]})
    assert cells is not None
    place = {where: label for label, where in cells.cells.items()}
    found = {row["label"]: row for row in told["recipes"]}
    chosen = max(told["recipes"], key=lambda row: row["validation"]["mean"])["label"]

    def cell(row: str, column: str) -> str:
        label = place.get((row, column))
        if label is None:
            return "–"
        number = f"{100 * found[label]['test']['mean']:.2f}"
        return f"**{number}**" if label == chosen else number

    lines = [
        f"Test accuracy, %, one seed; {cells.rows} down, {cells.columns} across:",
        "",
        f"| | {' | '.join(cells.column_names)} |",
        f"|---|{'---:|' * len(cells.column_names)}",
    ]
    lines += [
        f"| {row} | {' | '.join(cell(row, column) for column in cells.column_names)} |" for row in cells.row_names
    ]
    return "\n".join(lines)


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


def throughput(told: dict[str, Any]) -> str:
    """Images per second of training, ours and Keras's, and whether the aims were reached."""
    machine = told["machine"]
    rounds = min(len(found["rounds"]) for found in told["networks"].values())
    lines = [
        f"`python benchmarks/throughput.py`, medians of {rounds} turns each, in alternation; {machine['processor']}, "
        f"{machine['cores']} cores; {', '.join(told['keras'])}:",
        "",
        "| network | batch | lookbook, images/s | Keras, images/s | ratio | Keras at its best, images/s | ratio "
        "| memory, share of Keras's |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, found in told["networks"].items():
        one = found["summary"]
        lines.append(
            f"| {name} | {found['batch_size']} | {one['lookbook_images_per_second']:,.0f} "
            f"| {one['keras_images_per_second']:,.0f} | {one['ratio']:.1f} "
            f"| {one['keras best_images_per_second']:,.0f} | {one['ratio_to_best']:.1f} | {one['memory_ratio']:.2f} |"
        )
    names = {
        "mean_ratio": "geometric mean of the ratios to Keras",
        "least_ratio": "the least of them",
        "least_ratio_to_best": "the least ratio to Keras at its best",
        "memory_ratio": "the largest share of Keras's memory",
        "floor_share": "convolutional networks' least share of what the processor's convolutions can do",
        "evaluation_ratio": "how much faster thingwall2019's conv network predicts 10,000 images",
    }
    lines += ["", "| over all networks | measured | aim |", "|---|---:|---:|"]
    for key, what in names.items():
        value, aim, most = told["overall"][key], told["aims"][key], key == "memory_ratio"
        missed = ", missed" if (value > aim if most else value < aim) else ""
        lines.append(f"| {what} | {value:.2f} | {'at most' if most else 'at least'} {aim:g}{missed} |")
    return "\n".join(lines)


def records(told: dict[str, Any]) -> str:
    """Accuracy of the fast recipes, and their time in Keras's epochs."""
    machine = told["machine"]
    epoch = statistics.median(found["keras_epoch_seconds"] for found in told["rounds"])
    lines = [
        f"`python benchmarks/time_to_accuracy.py`, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['engine']['precision']}; an epoch of thingwall2019's conv network takes Keras {epoch:.0f} s there:",
        "",
        "| recipe | test, % | sd | 95 % interval | seeds | unmirrored, % | training, s | Keras epochs | range | aim |",
        "|---|---:|---:|---|---:|---:|---:|---:|---|---:|",
    ]
    for label, found in told["summary"].items():
        known, (least, most) = found["accuracy"], found["keras_epochs_range"]
        lines.append(
            f"| {label} | {known['mean']:.2f} | {known['sd']:.2f} | {known['low']:.2f} to {known['high']:.2f} "
            f"| {known['n']} | {found['unmirrored']['mean']:.2f} | {found['seconds']:.0f} "
            f"| {found['keras_epochs']:.2f} | {least:.2f} to {most:.2f} | {found['aim']:g} |"
        )
    return "\n".join(lines)


def jobs(told: dict[str, Any]) -> str:
    """Several runs at a time against one after the other."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/jobs.py`, medians of {told['rounds']} rounds in alternation, {machine['processor']}, "
        f"{told['cores']} cores, four seeds each; aim at least {told['aim']:g} times:",
        "",
        "| runs of | one at a time, all threads | one per core | ratio | range | memory of a worker's own |",
        "|---|---:|---:|---:|---|---:|",
    ]
    for name, found in told["measured"].items():
        least, most = found["ratios"][0], found["ratios"][-1]
        missed = "" if found["ratio"] >= told["aim"] else ", missed"
        lines.append(
            f"| {name} | {found['one_at_a_time']:.1f} s | {found['one_per_core']:.1f} s | {found['ratio']:.2f}{missed} "
            f"| {least:.2f} to {most:.2f} | {found['private_megabytes']:.0f} MB |"
        )
    return "\n".join(lines)


def sweep(told: dict[str, Any]) -> str:
    """A whole study against Keras, in a sentence."""
    keras, aim = sum(one["whole"] for one in told["keras_seconds"].values()), told["aim"]
    whole, training = told["shares"]["whole"], told["shares"]["training"]
    machine = told["machine"]
    missed = ", missed" if whole > aim else ""
    return (
        f"`python benchmarks/sweep.py`, {machine['processor']}, {machine['cores']} cores: the fourteen experiments of "
        f"boetticher2020, 20 epochs each, one seed, take {told['seconds'] / 60:.1f} minutes. In Keras, one after the "
        f"other, they take {keras / 60:.0f} minutes by its measured pace, without start-up and scoring: a share of "
        f"{whole:.2f}, aim at most {aim:.2f}{missed}. Against its training alone, without validation and augmentation, "
        f"it is {training:.2f}."
    )


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


def equal_results(told: dict[str, Any]) -> str:
    """Whether the fast engine learns as well as torch's plain layers in float32."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/equal_results.py`, {machine['processor']}; validation accuracy after equal epochs, paired "
        f"by seed; aim: the interval within ±{told['aim']} points:",
        "",
        "| network | seeds | epochs | fast, % | float32, torch's layers, % | difference | 95 % interval | |",
        "|---|---:|---:|---:|---:|---:|---|---|",
    ]
    for name, found in told["measured"].items():
        fast, plain = (statistics.fmean(found[side]) for side in ("fast", "plain"))
        gap = found["difference"]
        word = "within" if max(-gap["low"], gap["high"]) <= told["aim"] else "wider"
        lines.append(
            f"| {name} | {len(found['plain'])} | {found['epochs']} | {fast:.2f} | {plain:.2f} | {gap['mean']:+.2f} "
            f"| {gap['low']:+.2f} to {gap['high']:+.2f} | {word} |"
        )
    return "\n".join(lines)


def growth(told: dict[str, Any]) -> str:
    """How seconds and memory grow with data and with studies."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/growth.py`, {machine['processor']}, one thread. An exponent of 1 is linear:",
        "",
        "| what grows | from | to | what is measured | from | to | exponent |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    for size, found in told["measured"].items():
        first, last = found["rows"][0], found["rows"][-1]
        for cost, exponent in found["exponents"].items():
            unit = "MB" if cost == "megabytes" else "s"
            lines.append(
                f"| {size} | {first[size]:,.0f} | {last[size]:,.0f} | {cost} | {first[cost]:,.2f} {unit} "
                f"| {last[cost]:,.2f} {unit} | {exponent:.2f} |"
            )
    return "\n".join(lines)


def play_load(told: dict[str, Any]) -> str:
    """How long an answer of the web game takes while many play."""
    machine, games = told["machine"], told["games"]
    lost, doubled = (max(game[key] for game in games) for key in ("lost", "doubled"))
    lines = [
        f"`python benchmarks/play_load.py`: {games[0]['players']} simulated players at once, "
        f"{games[0]['answers']:,} answers, {machine['processor']}, {machine['cores']} cores for players and server; "
        f"lost {lost}, doubled {doubled}.",
        "",
        "| mean look at an image | answers per second | median | 99th percentile | longest | aim for the 99th |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for game in games:
        look = f"{game['mean_pause_seconds']:g} s" if game["mean_pause_seconds"] else "none: as fast as they can"
        numbers = " | ".join(f"{game['milliseconds'][key]:.0f} ms" for key in ("median", "p99", "most"))
        lines.append(
            f"| {look} | {game['answers_per_second']:.0f} | {numbers} | {told['aim_p99_milliseconds']:.0f} ms |"
        )
    return "\n".join(lines)


KINDS = {
    "results": results,
    "published": published,
    "verdicts": verdicts,
    "grid": grid,
    "overhead": overhead,
    "throughput": throughput,
    "records": records,
    "jobs": jobs,
    "sweep": sweep,
    "frontier": frontier,
    "equal_results": equal_results,
    "growth": growth,
    "play_load": play_load,
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
