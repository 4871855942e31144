"""The options that several verbs share."""

from pathlib import Path
from typing import Annotated, Any

import typer


def expanded(path: Path | None) -> Path | None:
    """A path with ~ as the user's own folder, which only a shell does by itself, and not within --runs=~/runs."""
    return None if path is None else path.expanduser()


def out_option(usual: str) -> Any:
    """The option of a verb that writes a file. usual: the file that is written without it"""
    return typer.Option("--out", metavar="FILE", help=f"file to write [{usual}]", callback=expanded)


StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="a built-in study, or a Python file of yours")]
RunsFolder = Annotated[
    Path, typer.Option("--runs", envvar="SEEDTRIAL_RUNS", help="folder of the runs", callback=expanded)
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="folder with the built-in data set's files, or with your images", callback=expanded
    ),
]
SeedCount = Annotated[int | None, typer.Option("--seeds", help="number of seeds per recipe")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="change a setting: training.epochs=5 (repeatable)"),
]
OnlyLabels = Annotated[list[str] | None, typer.Option("--only", metavar="LABEL", help="this recipe only (repeatable)")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda")]
Jobs = Annotated[str, typer.Option("--jobs", help="runs at a time: a number, or auto for one per core")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")]
Open = Annotated[bool, typer.Option("--open", help="open the page in the browser")]
RUNS = Path("runs")
