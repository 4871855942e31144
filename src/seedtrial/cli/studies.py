"""The verbs about studies. Heavy imports stand inside, so that --help is instant."""

import re
from pathlib import Path
from typing import Annotated

import typer

from seedtrial.cli.options import (
    EVERYTHING,
    RUNS,
    CrossedSettings,
    DataDir,
    Device,
    FoldCount,
    Jobs,
    Json,
    OnlyLabels,
    Open,
    OtherData,
    RepeatCount,
    RunsFolder,
    SeedCount,
    Selection,
    StudyName,
    out_option,
)
from seedtrial.errors import SeedtrialError


def studies(as_json: Json = False) -> None:
    """List the built-in studies."""
    from seedtrial.cli import printing
    from seedtrial.study.load import built_in_studies

    printing.show_names(built_in_studies(), "study", "question", as_json)


def plan(
    study: StudyName,
    chosen: Selection = EVERYTHING,
    as_json: Json = False,
) -> None:
    """Show what would run, how large it is, and how long it takes."""
    from seedtrial.cli import study_tables

    study_tables.show_plan(chosen.plan(study), as_json)


def run(
    study: StudyName,
    seeds: SeedCount = None,
    folds: FoldCount = None,
    repeats: RepeatCount = None,
    settings: CrossedSettings = None,
    only: OnlyLabels = None,
    data: OtherData = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Train the missing runs of a study and score them."""
    from seedtrial.cli import printing, study_tables
    from seedtrial.execution.execute import execute, jobs_from

    # The options stand here one by one, since a group of them costs a frame between the command and the gradient.
    chosen = Selection(seeds, folds, repeats, settings, only, data).study(study)
    execution = execute(
        chosen, runs=runs, data_dir=data_dir, device=device, jobs=jobs_from(jobs), watch=printing.watch()
    )
    raise typer.Exit(study_tables.show_execution(execution, as_json))


def status(
    study: StudyName,
    chosen: Selection = EVERYTHING,
    as_json: Json = False,
) -> None:
    """Show the state of every run of a study."""
    from seedtrial.cli import study_tables

    study_tables.show_status(chosen.plan(study), as_json)


def report(
    study: StudyName,
    out: Annotated[Path | None, out_option("reports/STUDY.html; .csv, .md or .tex: the table alone")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="print the table alone, comma-separated")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print table and verdicts in Markdown")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="print the table alone, for LaTeX with booktabs")] = False,
    show: Open = False,
    chosen: Selection = EVERYTHING,
    as_json: Json = False,
) -> None:
    """Write the HTML report of a study."""
    from seedtrial.cli import printing, study_tables
    from seedtrial.report.study import files, page
    from seedtrial.study.results import results
    from seedtrial.study.results_json import results_json

    suffixes = [suffix for suffix, asked in ((".csv", csv), (".md", markdown), (".tex", latex)) if asked]
    if len(suffixes) + bool(out or show) + as_json > 1 and suffixes:
        raise SeedtrialError(
            "--csv, --markdown and --latex print one table; give one of them, without --out or --json."
        )
    if study == "human":
        raise SeedtrialError("The page of the people who played is written by `seedtrial people [STUDY]`.")
    planned = chosen.plan(study)
    gathered = results(planned)
    if suffixes:
        return print(files.results_table(gathered, suffixes[0]), end="")
    # Another page than that of the study's own data, which stays.
    on = re.sub(r"[^A-Za-z0-9._-]+", "-", f"-{Path(chosen.data).name}") if chosen.data else ""
    out = out or Path("reports") / f"{planned.study.name}{on}.html"
    path = page.write_report(gathered, out, runs=chosen.runs, data_dir=chosen.data_dir)
    if show:
        typer.launch(str(path))
    if as_json:
        return printing.show_json(results_json(gathered) | {"report": str(path)})
    study_tables.show_results(gathered)
    printing.show(f"Report: {path}")


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="the study file to write")],
    data: Annotated[str, typer.Option("--data", help="a built-in data set, a folder or a file")] = "fashion-mnist",
    data_dir: DataDir = None,
) -> None:
    """Write a study file to begin with: your images, three recipes that suit them, a claim, and comments."""
    from seedtrial.choosing.starter import write_starter
    from seedtrial.cli import printing

    starter = write_starter(file.expanduser(), data, data_dir=data_dir)
    printing.show(*(f"Note: {sentence}" for sentence in starter.decided))
    printing.show(f"Written: {file}", f"Next: seedtrial plan {file}, then seedtrial run {file}")
