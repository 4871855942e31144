"""The options that several verbs share. Heavy imports stand inside, so that --help is instant."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from seedtrial.study.plan import Plan
    from seedtrial.study.study import Study


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
OtherData = Annotated[
    str | None, typer.Option("--data", help="a built-in data set, a folder or a file, in place of the study's own")
]
SeedCount = Annotated[int | None, typer.Option("--seeds", help="number of seeds per recipe")]
FoldCount = Annotated[
    int | None, typer.Option("--folds", help="divide the images: every image is a test image once (cross-validation)")
]
RepeatCount = Annotated[int | None, typer.Option("--repeats", help="different divisions into folds; needs --folds")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="change a setting: training.epochs=5 (repeatable)"),
]
CrossedSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="A.B=C", help="change a setting: training.epochs=5, or [5,10] to try both (repeatable)"
    ),
]
OnlyLabels = Annotated[list[str] | None, typer.Option("--only", metavar="LABEL", help="only this recipe (repeatable)")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda")]
Jobs = Annotated[str, typer.Option("--jobs", help="runs at a time: a number, or auto for one per core")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")]
Open = Annotated[bool, typer.Option("--open", help="open the page in the browser")]
RUNS = Path("runs")


@dataclass(frozen=True)
class Selection:
    """Which runs a verb about a study is about: the options that such verbs have in common."""

    seeds: SeedCount = None
    folds: FoldCount = None
    repeats: RepeatCount = None
    settings: CrossedSettings = None
    only: OnlyLabels = None
    data: OtherData = None
    runs: RunsFolder = RUNS
    data_dir: DataDir = None

    def study(self, name: str) -> "Study":
        """The study of this name or file, varied as the options say."""
        from seedtrial.study.load import load_study

        return load_study(name).varied(
            settings=self.settings or (),
            seeds=self.seeds,
            only=self.only or (),
            folds=self.folds,
            repeats=self.repeats,
            data=self.data,
        )

    def plan(self, name: str) -> "Plan":
        """Its runs, and the state of each."""
        from seedtrial.study.plan import plan

        return plan(self.study(name), self.runs, data_dir=self.data_dir)


EVERYTHING = Selection()


def ungrouped(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb as Typer takes it: a group of options, such as Selection, is replaced by its fields."""
    parameters = inspect.signature(verb).parameters
    groups: dict[str, Any] = {
        name: each.annotation for name, each in parameters.items() if is_dataclass(each.annotation)
    }
    if not groups:
        return verb

    @wraps(verb)
    def called(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return verb(**given)

    flat = []
    for name, each in parameters.items():
        options = fields(groups[name]) if name in groups else ()
        flat += [each.replace(name=o.name, default=o.default, annotation=o.type) for o in options] or [each]
    called.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in flat}
    return called
