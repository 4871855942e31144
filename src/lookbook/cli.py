"""The commands, one verb per function. Heavy imports stand inside the verbs, so that --help is instant."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from lookbook.errors import LookbookError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lookbook.study.execute import Outcome
    from lookbook.study.plan import Plan
    from lookbook.study.progress import Watch
    from lookbook.study.results import Results
    from lookbook.study.study import Study

SOME_RUNS_FAILED = 3
app = typer.Typer(
    name="lookbook",
    help="Train image classifiers, compare them honestly, write the comparison up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="a built-in study or a Python file")]
Runs = Annotated[Path, typer.Option("--runs", envvar="LOOKBOOK_RUNS", help="the folder that runs live in")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="a folder with the built-in data set's files")]
Seeds = Annotated[int | None, typer.Option("--seeds", help="seeds per recipe")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="override a setting")]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="LABEL", help="this recipe only (repeatable)")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, nothing else there")]
RUNS = Path("runs")


@app.command()
def studies(as_json: Json = False) -> None:
    """The built-in studies, a line each."""
    from lookbook.study.study import built_in

    if as_json:
        return _print_json(built_in())
    table = _table("study", "question")
    for name, question in built_in().items():
        table.add_row(name, question)
    _print(table)


@app.command()
def plan(
    study: StudyName,
    seeds: Seeds = None,
    settings: Settings = None,
    only: Only = None,
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """What would run: recipes, seeds, parameters, estimated minutes, what is already done."""
    from lookbook.study.estimate import clock

    planned = _plan(study, seeds, settings, only, runs, data_dir)
    if as_json:
        return _print_json(_plan_json(planned))
    table = _table("recipe", "parameters", "multiply-adds", "epochs", "seeds", "finished", "per run")
    for label, recipe, _ in planned.labels():
        counted, all_runs = planned.summaries[label], planned.of(label)
        finished = sum(run.state in ("finished", "diverged") for run in all_runs)
        table.add_row(
            label,
            f"{counted.parameters:,}",
            f"{counted.multiply_adds:,}",
            str(recipe.training.epochs),
            str(len(all_runs)),
            str(finished),
            f"about {clock(planned.seconds[label])}",
        )
    _print(f"{planned.study.name}: {planned.study.question}", table)
    for claim in planned.study.claims:
        _print(f"Claim: {claim}.")
    left = f"about {clock(planned.seconds_left)} on two cores" if planned.missing else "nothing"
    _print(f"{len(planned.missing)} of {len(planned.runs)} runs to make: {left}.")


@app.command()
def run(
    study: StudyName,
    seeds: Seeds = None,
    settings: Settings = None,
    only: Only = None,
    device: Device = "auto",
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run what is missing of a study."""
    from lookbook.study.execute import execute

    chosen = _study(study, seeds, settings, only)
    outcome = execute(chosen, runs=runs, data_dir=data_dir, device=device, watch=_watch())
    _report_outcome(outcome, as_json)


@app.command()
def status(
    study: StudyName,
    seeds: Seeds = None,
    settings: Settings = None,
    only: Only = None,
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """What is done, missing, failed, and why."""
    planned = _plan(study, seeds, settings, only, runs, data_dir)
    if as_json:
        return _print_json(_plan_json(planned))
    table = _table("recipe", "seed", "state", "folder", "why")
    for item in planned.runs:
        table.add_row(item.label, str(item.seed), item.state, item.folder.path.name, item.reason)
    _print(table)
    counts = {state: len(planned.having(state)) for state in ("finished", "missing", "failed", "diverged", "damaged")}
    _print(", ".join(f"{count} {state}" for state, count in counts.items() if count or state == "finished") + ".")


@app.command()
def report(
    study: StudyName,
    out: Annotated[Path | None, typer.Option("--out", help="the file to write [reports/STUDY.html]")] = None,
    show: Annotated[bool, typer.Option("--open", help="open it in the browser")] = False,
    seeds: Seeds = None,
    settings: Settings = None,
    only: Only = None,
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write the HTML report of a study."""
    from lookbook.report.page import write
    from lookbook.study.results import as_json as results_json
    from lookbook.study.results import results

    planned = _plan(study, seeds, settings, only, runs, data_dir)
    gathered = results(planned)
    path = write(gathered, out or Path("reports") / f"{planned.study.name}.html", runs=runs, data_dir=data_dir)
    if show:
        typer.launch(str(path))
    if as_json:
        return _print_json(results_json(gathered) | {"report": str(path)})
    _print_results(gathered)
    _print(f"Report: {path}")


@app.command()
def train(
    architecture: Annotated[str, typer.Argument(help="one of `lookbook models`")],
    data: Annotated[str, typer.Option("--data", help="a built-in data set or a folder of IDX files")] = "fashion-mnist",
    seeds: Annotated[int, typer.Option("--seeds", help="seeds")] = 1,
    settings: Settings = None,
    device: Device = "auto",
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Train one architecture without a study file."""
    from lookbook.data.dataset import DataSpec
    from lookbook.models import ARCHITECTURES
    from lookbook.study.execute import execute
    from lookbook.study.recipe import Recipe
    from lookbook.study.study import Study

    recipe = Recipe(data=DataSpec(source=data), model=_architecture(architecture, ARCHITECTURES)())
    question = f"How good is {architecture} on {data}?"
    study = Study(name=f"train-{architecture}", question=question, recipes={architecture: recipe})
    chosen = study.varied(settings=settings or (), seeds=seeds)
    outcome = execute(chosen, runs=runs, data_dir=data_dir, device=device, watch=_watch())
    _report_outcome(outcome, as_json)


@app.command()
def models(
    architecture: Annotated[str | None, typer.Argument(help="one of them, to see its layers")] = None,
    settings: Settings = None,
    data: Annotated[str, typer.Option("--data", help="for images and classes as this data set has")] = "fashion-mnist",
    as_json: Json = False,
) -> None:
    """The architectures, or one network layer by layer with shapes, parameters and multiply-adds."""
    from dataclasses import asdict

    from lookbook.data.dataset import DataSpec, facts
    from lookbook.models import ARCHITECTURES
    from lookbook.models.summary import summary
    from lookbook.study.recipe import Recipe

    if architecture is None:
        docs = {name: (spec.__doc__ or "").split("\n")[0] for name, spec in ARCHITECTURES.items()}
        if as_json:
            return _print_json(docs)
        table = _table("architecture", "what it is")
        for name, doc in docs.items():
            table.add_row(name, doc)
        return _print(table)
    from lookbook.spec import override

    recipe = override(Recipe(model=_architecture(architecture, ARCHITECTURES)()), settings or ())
    known = facts(DataSpec(source=data))
    counted = summary(recipe.model, known.shape, len(known.classes))
    if as_json:
        return _print_json(asdict(counted))
    table = _table("layer", "kind", "output", "parameters", "multiply-adds")
    for row in counted.layers:
        shape = " x ".join(map(str, row.shape))
        table.add_row(row.name, row.kind, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}")
    rest = counted.parameters - counted.trained
    kept = f" ({rest:,} of them running averages, not trained)" if rest else ""
    _print(table, f"{counted.parameters:,} parameters{kept}, {counted.multiply_adds:,} multiply-adds per image.")


@app.command()
def data(
    name: Annotated[str | None, typer.Argument(metavar="[NAME|DIR]", help="a data set to fetch and describe")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """The data sets, or fetch, verify and describe one."""
    from lookbook.data.source import SOURCES

    if name is None:
        if as_json:
            return _print_json({key: source.title for key, source in SOURCES.items()})
        table = _table("data set", "what it is")
        for key, source in SOURCES.items():
            table.add_row(key, source.title)
        table.add_row(
            "DIR", "any folder of IDX files (train-images..., train-labels..., t10k- or test-...), .gz or not"
        )
        return _print(table)
    from lookbook.data.dataset import DataSpec, load

    loaded = load(DataSpec(source=name, validation=None), data_dir=data_dir)
    facts, counts = loaded.facts, loaded.counts()
    if as_json:
        told = {"name": name, "origin": loaded.origin, "fingerprint": facts.fingerprint, "shape": facts.shape}
        return _print_json(told | {"classes": facts.classes, "counts": counts, "duplicates": loaded.duplicates})
    table = _table("class", *counts)
    for label, numbers in zip(facts.classes, zip(*counts.values(), strict=True), strict=True):
        table.add_row(label, *(f"{number:,}" for number in numbers))
    table.add_section()
    table.add_row("all", *(f"{sum(numbers):,}" for numbers in counts.values()))
    channels, height, width = facts.shape
    _print(
        f"{name}: {width} x {height} pixels, {channels} channel{'s' if channels > 1 else ''}",
        f"from: {loaded.origin}",
        f"fingerprint: {facts.fingerprint}",
        table,
    )
    shared = loaded.duplicates["train/test"]
    _print(
        f"Exact duplicates between train and test: {shared or 'none'}. The test part is sealed until a run is scored."
    )


def main() -> None:
    """The entry point: bad input is one sentence on stderr and exit code 1, without a traceback."""
    try:
        code = app(standalone_mode=False)
        if code == 130:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except (LookbookError, TyperException) as error:
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        _fail(message or "Say what to do; see lookbook --help.")
    except (KeyboardInterrupt, typer.Abort):
        _fail("Stopped. Finished runs are kept; the same command goes on with the rest.", code=130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `lookbook ... | head` is no mistake
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int = 1) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)


def _study(name: str, seeds: int | None, settings: list[str] | None, only: list[str] | None) -> "Study":
    from lookbook.study.study import load_study

    return load_study(name).varied(settings=settings or (), seeds=seeds, only=only or ())


def _plan(
    name: str,
    seeds: int | None,
    settings: list[str] | None,
    only: list[str] | None,
    runs: Path,
    data_dir: Path | None,
) -> "Plan":
    from lookbook.study.plan import plan

    return plan(_study(name, seeds, settings, only), runs, data_dir=data_dir)


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


def _architecture(name: str, known: dict[str, Any]) -> Any:
    from lookbook.errors import unknown

    if name not in known:
        raise unknown("architecture", name, known)
    return known[name]


def _report_outcome(outcome: "Outcome", as_json: bool) -> None:
    from lookbook.study.results import as_json as results_json
    from lookbook.study.results import results

    gathered = results(outcome.plan)
    if as_json:
        failed = [{"recipe": item.label, "seed": item.seed, "reason": reason} for item, reason in outcome.failed]
        _print_json(results_json(gathered) | {"made": outcome.made, "failed": failed})
    else:
        _print_results(gathered)
        if not outcome.made:
            _print("Nothing was missing; all runs were made before.")
    for item, reason in outcome.failed:
        print(f"Failed: {item.label}, seed {item.seed}: {reason}", file=sys.stderr)
    if outcome.failed:
        raise typer.Exit(SOME_RUNS_FAILED)


def _print_results(results: "Results") -> None:
    from lookbook.study.results import percent

    table = _table("recipe", "parameters", "seeds", "validation", "test", "sd", "95 % interval", "s/epoch")
    for row in results.rows:
        table.add_row(
            row.label,
            f"{row.parameters:,}",
            str(row.seeds) if row.seeds == row.planned else f"{row.seeds} of {row.planned}",
            percent(row.validation),
            percent(row.test),
            f"{100 * row.test.sd:.2f}" if row.test and row.test.n > 1 else "–",
            percent(row.test, interval=True),
            f"{row.seconds_per_epoch.mean:.2f}" if row.seconds_per_epoch else "–",
        )
    _print(table)
    for verdict in results.verdicts:
        _print(f"{verdict.claim}: {verdict.word}. {verdict.sentence}")


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        words = column in ("kind", "output", "question", "what it is", "state", "folder", "why")
        table.add_column(column, justify="left" if number == 0 or words else "right", overflow="fold")
    return table


def _console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else 120)


def _print(*things: Any) -> None:
    console = _console()
    for thing in things:
        console.print(thing, soft_wrap=isinstance(thing, str))


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def _watch() -> "Watch":
    from lookbook.study.progress import Bars, Lines

    console = _console(stderr=True)
    return Bars(console) if console.is_terminal else Lines(console)
