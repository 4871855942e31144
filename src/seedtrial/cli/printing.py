"""What commands print: tables, results, JSON, progress. Results go to stdout, all else to stderr."""

import json
import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from seedtrial.data.dataset import Dataset
    from seedtrial.execution.execute import Execution
    from seedtrial.models.count import Summary
    from seedtrial.report.people.numbers import Numbers
    from seedtrial.runs.watch import Watch
    from seedtrial.study.plan import Plan
    from seedtrial.study.results import Results

SOME_RUNS_FAILED = 3
SKIPPED_SHOWN = 10  # files that `seedtrial data` names
WIDTH = 120  # columns where there is no terminal to ask


def show_names(described: dict[str, str], kind: str, what: str, as_json: bool) -> None:
    """Names with a line on each."""
    if as_json:
        return show_json(described)
    made = table(kind, what)
    for name, line in described.items():
        made.add_row(name, line)
    show(made)


def show_dataset(loaded: "Dataset", as_json: bool) -> None:
    """What a data set holds and where it came from."""
    facts, counts = loaded.facts, loaded.counts()
    if as_json:
        told = {"name": loaded.name, "origin": loaded.origin, "fingerprint": facts.fingerprint, "shape": facts.shape}
        return show_json(
            told
            | {
                "classes": facts.classes,
                "counts": counts,
                "duplicates": loaded.duplicates,
                "skipped": [file._asdict() for file in loaded.skipped],
            }
        )
    made = table("class", *counts)
    for label, numbers in zip(facts.classes, zip(*counts.values(), strict=True), strict=True):
        made.add_row(label, *(f"{number:,}" for number in numbers))
    made.add_section()
    made.add_row("all", *(f"{sum(numbers):,}" for numbers in counts.values()))
    channels, height, width = facts.shape
    show(
        f"{loaded.name}: {width} x {height} pixels, {channels} channel{'s' if channels > 1 else ''}",
        f"from: {loaded.origin}",
        f"fingerprint: {facts.fingerprint}",
        made,
        f"Exact duplicates between train and test: {loaded.duplicates['train/test'] or 'none'}. "
        "The test part is sealed until a run is scored.",
        *_skipped(loaded),
    )


def _skipped(loaded: "Dataset") -> list[str]:
    """How many files could not be used, and the first of them with the reason."""
    if not loaded.skipped:
        return []
    rest = len(loaded.skipped) - SKIPPED_SHOWN
    return [
        f"Skipped files: {len(loaded.skipped):,}.",
        *(f"  {file.path}: {file.reason}" for file in loaded.skipped[:SKIPPED_SHOWN]),
        *([f"  and {rest:,} more; --json lists all"] if rest > 0 else []),
    ]


def show_summary(counted: "Summary", as_json: bool) -> None:
    """A network layer by layer."""
    if as_json:
        return show_json(asdict(counted))
    made = table("layer", "kind", "output", "parameters", "multiply-adds")
    for row in counted.layers:
        shape = " x ".join(map(str, row.shape))
        made.add_row(row.name, row.kind, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}")
    rest = counted.parameters - counted.trained
    kept = f" ({rest:,} of them running averages, not trained)" if rest else ""
    show(made, f"{counted.parameters:,} parameters{kept}, {counted.multiply_adds:,} multiply-adds per image.")


def show_plan(planned: "Plan", as_json: bool) -> None:
    """What would run, how large it is and how long it may take."""
    from seedtrial.words import duration

    if as_json:
        return show_json(_plan_json(planned))
    made = table("recipe", "parameters", "multiply-adds", "epochs", "seeds", "finished", "per run")
    for label, recipe, _ in planned.labels():
        counted, runs = planned.summaries[label], planned.of(label)
        made.add_row(
            label,
            f"{counted.parameters:,}",
            f"{counted.multiply_adds:,}",
            str(recipe.training.epochs),
            str(len(runs)),
            str(sum(run.state in ("finished", "diverged") for run in runs)),
            f"about {duration(planned.seconds[label])}",
        )
    left = f"about {duration(planned.seconds_left)} on two cores" if planned.missing else "nothing"
    show(
        f"{planned.study.name}: {planned.study.question}",
        made,
        *(f"Claim: {claim}." for claim in planned.study.claims),
        f"{len(planned.missing)} of {len(planned.runs)} runs to make: {left}.",
    )


def show_status(planned: "Plan", as_json: bool) -> None:
    """The state of every run, and why it is not finished."""
    if as_json:
        return show_json(_plan_json(planned))
    made = table("recipe", "seed", "state", "folder", "why")
    for item in planned.runs:
        made.add_row(item.label, str(item.seed), item.state, item.folder.path.name, item.reason)
    states = ("finished", "missing", "failed", "diverged", "damaged")
    counts = {state: sum(item.state == state for item in planned.runs) for state in states}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count or state == "finished")
    show(made, f"{told}.")


def _plan_json(planned: "Plan") -> dict[str, Any]:
    runs = [
        {
            "recipe": item.label,
            "seed": item.seed,
            "state": item.state,
            "folder": str(item.folder.path),
            "reason": item.reason,
            "seconds": planned.seconds[item.label],
        }
        for item in planned.runs
    ]
    recipes = {
        label: {"parameters": counted.parameters, "multiply_adds": counted.multiply_adds}
        for label, counted in planned.summaries.items()
    }
    return {"study": planned.study.name, "recipes": recipes, "runs": runs, "seconds_left": planned.seconds_left}


def show_execution(execution: "Execution", as_json: bool) -> int:
    """Show what an execution gave, and return the exit code that says the same."""
    from seedtrial.study.results import results, results_json

    gathered = results(execution.plan)
    if as_json:
        failed = [{"recipe": item.label, "seed": item.seed, "reason": reason} for item, reason in execution.failed]
        show_json(results_json(gathered) | {"trained": execution.trained, "failed": failed})
    else:
        show_results(gathered)
        if not execution.trained and not execution.failed:
            show("Nothing was missing; all runs are finished.")
    for item, reason in execution.failed:
        print(f"Failed: {item.label}, seed {item.seed}: {reason}", file=sys.stderr)
    return SOME_RUNS_FAILED if execution.failed else 0


def show_results(results: "Results") -> None:
    """Show the results, a line per recipe, and the verdicts."""
    from seedtrial.study.results import percent

    made = table("recipe", "parameters", "seeds", "validation", "test", "sd", "95 % interval", "s/epoch")
    for row in results.rows:
        made.add_row(
            row.label,
            f"{row.parameters:,}",
            str(row.seeds) if row.seeds == row.planned else f"{row.seeds} of {row.planned}",
            percent(row.validation),
            percent(row.test),
            f"{100 * row.test.sd:.2f}" if row.test and row.test.n > 1 else "–",
            percent(row.test, interval=True),
            f"{row.seconds_per_epoch.mean:.2f}" if row.seconds_per_epoch else "–",
        )
    show(made)
    if results.published:
        beside = table("recipe", "published", "ours", "difference", "word")
        for a in results.published:
            beside.add_row(
                a.label, f"{100 * a.published.accuracy:.2f} %", percent(a.ours), f"{a.difference:+.2f}", a.word
            )
        show(beside)
    for verdict in results.verdicts:
        show(f"{verdict.claim}: {verdict.word}. {verdict.sentence}")


def show_people(path: "Path", numbers: "Numbers", launch: bool, as_json: bool) -> None:
    """Show the players' accuracies and how networks fare against them, and where the page is."""
    import typer

    from seedtrial.report.people.numbers import EVERYBODY
    from seedtrial.report.people.numbers import as_json as people_json

    if launch:
        typer.launch(str(path))
    if as_json:
        return show_json(people_json(numbers) | {"report": str(path)})
    made = table("player", "answers", "right", "95 % interval")
    for player in numbers.players:
        share = player.accuracy
        interval = f"{100 * share.low:.1f} to {100 * share.high:.1f}"
        made.add_row(player.name, f"{player.answers:,}", f"{100 * share.value:.1f} %", interval)
    if numbers.players:
        show(made)
    for found, word, p in numbers.headline:
        who = EVERYBODY if len(found.players) > 1 else found.players[0]
        interval = f"95 % interval {found.low:.1f} to {found.high:.1f}"
        show(
            f"{found.network} beats {who}: {word}. Difference {found.difference:+.1f} points ({interval}; p = {p:.3f})."
        )
    show(f"Report: {path}")


def show_explanation(told: dict[str, Any], as_json: bool) -> None:
    """What a network says of each image, and where the page is."""
    if as_json:
        return show_json(told)
    made = table("image", "class", "answer", "probability")
    for image in told["images"]:
        answer, probability = max(image["probabilities"].items(), key=lambda item: item[1])
        made.add_row(image["image"], image["label"] or "unknown", answer, f"{100 * probability:.1f} %")
    show(made, f"Page: {told['page']}")


def table(*columns: str) -> Table:
    """An empty table; words stand to the left, numbers to the right."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
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
            "why",
            "word",
        )
        made.add_column(column, justify="left" if number == 0 or words else "right", overflow="fold")
    return made


def console(*, stderr: bool = False) -> Console:
    """Where to print, showing names as they are; elsewhere than on a terminal lines are WIDTH wide."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else WIDTH)


def show(*things: Any) -> None:
    """Print tables and lines on stdout; lines are not broken."""
    out = console()
    for thing in things:
        out.print(thing, soft_wrap=isinstance(thing, str))


def show_json(value: Any) -> None:
    """Print one JSON object on stdout; where that cannot show every letter, as escapes."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, indent=1, ensure_ascii=not unicode, allow_nan=False)
    # A row of a confusion matrix is a line, not ten.
    print(re.sub(r"\[\s+((?:[-\d.e]+,?\s+)+)\]", lambda found: f"[{' '.join(found[1].split())}]", text))


def watch() -> "Watch":
    """Who is told of the progress: bars on a terminal, plain lines elsewhere."""
    from seedtrial.cli.progress import Bars, Lines

    out = console(stderr=True)
    return Bars(out) if out.is_terminal else Lines(out)
