"""The verbs about studies. Heavy imports stand inside, so that --help is instant."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedtrial.cli.options import (
    RUNS,
    DataDir,
    Device,
    Jobs,
    Json,
    OnlyLabels,
    Open,
    RunsFolder,
    SeedCount,
    Settings,
    StudyName,
    out_option,
)
from seedtrial.errors import SeedtrialError

if TYPE_CHECKING:
    from seedtrial.study.plan import Plan
    from seedtrial.study.study import Study


def studies(as_json: Json = False) -> None:
    """List the built-in studies."""
    from seedtrial.cli import printing
    from seedtrial.study.load import built_in

    printing.show_names(built_in(), "study", "question", as_json)


def plan(
    study: StudyName,
    seeds: SeedCount = None,
    settings: Settings = None,
    only: OnlyLabels = None,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what would run, how large it is, and how long it takes."""
    from seedtrial.cli import study_tables

    study_tables.show_plan(planned_study(study, seeds, settings, only, runs, data_dir), as_json)


def run(
    study: StudyName,
    seeds: SeedCount = None,
    settings: Settings = None,
    only: OnlyLabels = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Train and examine the runs of a study that are missing."""
    from seedtrial.cli import printing, study_tables
    from seedtrial.execution.execute import execute, jobs_from

    chosen = chosen_study(study, seeds, settings, only)
    execution = execute(
        chosen, runs=runs, data_dir=data_dir, device=device, jobs=jobs_from(jobs), watch=printing.watch()
    )
    raise typer.Exit(study_tables.show_execution(execution, as_json))


def status(
    study: StudyName,
    seeds: SeedCount = None,
    settings: Settings = None,
    only: OnlyLabels = None,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show the state of every run of a study."""
    from seedtrial.cli import study_tables

    study_tables.show_status(planned_study(study, seeds, settings, only, runs, data_dir), as_json)


def report(
    study: StudyName,
    out: Annotated[Path | None, out_option("reports/STUDY.html")] = None,
    show: Open = False,
    seeds: SeedCount = None,
    settings: Settings = None,
    only: OnlyLabels = None,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write the HTML report of a study."""
    from seedtrial.cli import printing, study_tables
    from seedtrial.report.study import page
    from seedtrial.study.results import results
    from seedtrial.study.results_json import results_json

    if study == "human":
        raise SeedtrialError("The page of the people who played is written by `seedtrial people [STUDY]`.")
    planned = planned_study(study, seeds, settings, only, runs, data_dir)
    gathered = results(planned)
    path = page.write(gathered, out or Path("reports") / f"{planned.study.name}.html", runs=runs, data_dir=data_dir)
    if show:
        typer.launch(str(path))
    if as_json:
        return printing.show_json(results_json(gathered) | {"report": str(path)})
    study_tables.show_results(gathered)
    printing.show(f"Report: {path}")


def chosen_study(name: str, seeds: int | None, settings: list[str] | None, only: list[str] | None) -> "Study":
    from seedtrial.study.load import load_study

    return load_study(name).varied(settings=settings or (), seeds=seeds, only=only or ())


def planned_study(
    name: str,
    seeds: int | None,
    settings: list[str] | None,
    only: list[str] | None,
    runs: Path,
    data_dir: Path | None,
) -> "Plan":
    from seedtrial.study.plan import plan

    return plan(chosen_study(name, seeds, settings, only), runs, data_dir=data_dir)
