"""The commands, one verb per function. Heavy imports stand inside the verbs, so that --help is instant."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedtrial.human.command import play

if TYPE_CHECKING:
    from seedtrial.study.plan import Plan
    from seedtrial.study.study import Study

app = typer.Typer(
    name="seedtrial",
    help="Train image classifiers, compare them honestly, write the comparison up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="a built-in study or a Python file")]
Runs = Annotated[Path, typer.Option("--runs", envvar="SEEDTRIAL_RUNS", help="the folder that runs live in")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="a folder with the built-in data set's files")]
Seeds = Annotated[int | None, typer.Option("--seeds", help="seeds per recipe")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="override a setting")]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="LABEL", help="this recipe only (repeatable)")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda")]
Jobs = Annotated[str, typer.Option("--jobs", help="runs at a time: a number, or auto for one per core")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, nothing else there")]
RUNS = Path("runs")


@app.callback(invoke_without_command=True)
def top(version: Annotated[bool, typer.Option("--version", help="say which version this is")] = False) -> None:
    """Train image classifiers, compare them honestly, write the comparison up."""
    if version:
        from seedtrial import __version__

        typer.echo(f"seedtrial {__version__}")
        raise typer.Exit()


@app.command()
def studies(as_json: Json = False) -> None:
    """The built-in studies, a line each."""
    from seedtrial.cli import printing
    from seedtrial.study.load import built_in

    printing.show_names(built_in(), "study", "question", as_json)


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
    from seedtrial.cli import printing

    printing.show_plan(_plan(study, seeds, settings, only, runs, data_dir), as_json)


@app.command()
def run(
    study: StudyName,
    seeds: Seeds = None,
    settings: Settings = None,
    only: Only = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run what is missing of a study."""
    from seedtrial.cli import printing
    from seedtrial.execution.execute import execute, jobs_from

    chosen = _study(study, seeds, settings, only)
    execution = execute(
        chosen, runs=runs, data_dir=data_dir, device=device, jobs=jobs_from(jobs), watch=printing.watch()
    )
    raise typer.Exit(printing.show_execution(execution, as_json))


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
    from seedtrial.cli import printing

    printing.show_status(_plan(study, seeds, settings, only, runs, data_dir), as_json)


@app.command()
def report(
    study: StudyName,
    out: Annotated[Path | None, typer.Option("--out", help="the file to write [reports/STUDY.html]")] = None,
    show: Annotated[bool, typer.Option("--open", help="open it in the browser")] = False,
    beside: Annotated[str | None, typer.Option("--study", help="of `human`: the study with the networks")] = None,
    seeds: Seeds = None,
    settings: Settings = None,
    only: Only = None,
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write the HTML report of a study; of the people who played, where STUDY is `human`."""
    from seedtrial.cli import printing
    from seedtrial.report.people import command as people_command
    from seedtrial.report.study import page
    from seedtrial.study import results

    if study == "human" or beside:
        path, numbers = people_command.report(study, beside, out, seeds, settings, only, runs, data_dir)
        return printing.show_people(path, numbers, show, as_json)
    planned = _plan(study, seeds, settings, only, runs, data_dir)
    gathered = results.results(planned)
    path = page.write(gathered, out or Path("reports") / f"{planned.study.name}.html", runs=runs, data_dir=data_dir)
    if show:
        typer.launch(str(path))
    if as_json:
        return printing.show_json(results.results_json(gathered) | {"report": str(path)})
    printing.show_results(gathered)
    printing.show(f"Report: {path}")


@app.command()
def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="a run's folder, or its name within --runs")],
    images: Annotated[
        list[int] | None,
        typer.Option("--image", metavar="N", help="this image of the validation split, or training split (repeatable)"),
    ] = None,
    pictures: Annotated[
        list[Path] | None, typer.Option("--picture", metavar="FILE", help="a PNG or JPEG of yours (repeatable)")
    ] = None,
    study: Annotated[
        str | None, typer.Option("--study", help="the study file that builds a network of your own")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="the file to write [reports/explain-RUN.html]")] = None,
    show: Annotated[bool, typer.Option("--open", help="open it in the browser")] = False,
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """What a trained network learnt: its first weights, and what each layer makes of some images."""
    from seedtrial.cli import printing
    from seedtrial.report.explain.explanation import explain, explanation_json, images_of
    from seedtrial.report.explain.page import write
    from seedtrial.runs.trained import open_run
    from seedtrial.study.load import load_study

    opened = open_run(Path(run) if Path(run).is_dir() else runs / run)
    if study is not None:
        opened = replace(opened, model=load_study(study).model_like(opened.recipe.model))
    asked = images_of(opened, indices=images or (), pictures=pictures or (), data_dir=data_dir)
    explanation = explain(opened, asked)
    path = write(explanation, out or Path("reports") / f"explain-{explanation.name}.html")
    if show:
        typer.launch(str(path))
    printing.show_explanation(explanation_json(explanation, path), as_json)


@app.command()
def train(
    architecture: Annotated[str, typer.Argument(help="one of `seedtrial models`")],
    data: Annotated[str, typer.Option("--data", help="a built-in data set, a folder or a file")] = "fashion-mnist",
    seeds: Annotated[int, typer.Option("--seeds", help="seeds")] = 1,
    settings: Settings = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    runs: Runs = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Train one architecture without a study file."""
    from seedtrial.cli import printing
    from seedtrial.data.dataset import DataSpec
    from seedtrial.execution.execute import execute, jobs_from
    from seedtrial.models import architecture_named
    from seedtrial.runs.recipe import Recipe
    from seedtrial.study.study import Study
    from seedtrial.training.prepare import usual

    model = architecture_named(architecture)()
    recipe = Recipe(data=DataSpec(source=data), model=model, training=usual(model))
    question = f"How good is {architecture} on {data}?"
    study = Study(name=f"train-{architecture}", question=question, recipes={architecture: recipe})
    chosen = study.varied(settings=settings or (), seeds=seeds)
    execution = execute(
        chosen, runs=runs, data_dir=data_dir, device=device, jobs=jobs_from(jobs), watch=printing.watch()
    )
    raise typer.Exit(printing.show_execution(execution, as_json))


@app.command()
def models(
    architecture: Annotated[str | None, typer.Argument(help="one of them, to see its layers")] = None,
    settings: Settings = None,
    data: Annotated[str, typer.Option("--data", help="for images and classes as this data set has")] = "fashion-mnist",
    as_json: Json = False,
) -> None:
    """The architectures, or one network layer by layer with shapes, parameters and multiply-adds."""
    from seedtrial.cli import printing
    from seedtrial.data.dataset import DataSpec, facts
    from seedtrial.models import ARCHITECTURES, architecture_named
    from seedtrial.runs.recipe import Recipe
    from seedtrial.spec import override

    if architecture is None:
        docs = {name: (spec.__doc__ or "").split("\n")[0] for name, spec in ARCHITECTURES.items()}
        return printing.show_names(docs, "architecture", "what it is", as_json)
    recipe = Recipe(data=DataSpec(source=data), model=architecture_named(architecture)())
    recipe = override(recipe, settings or ())
    known = facts(recipe.data)
    printing.show_summary(recipe.model.summary(known.shape, len(known.classes)), as_json)


@app.command()
def data(
    name: Annotated[str | None, typer.Argument(metavar="[NAME|PATH]", help="a data set to fetch and describe")] = None,
    settings: Settings = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """The data sets, or fetch, verify and describe one."""
    from seedtrial.cli import printing
    from seedtrial.data.dataset import DataSpec, load
    from seedtrial.data.readers import READERS
    from seedtrial.models import ARCHITECTURES
    from seedtrial.runs.recipe import Recipe
    from seedtrial.spec import override

    if name is None:
        titles = {reader.name: reader.title for reader in READERS}
        return printing.show_names(titles, "data set", "what it is", as_json)
    recipe = Recipe(data=DataSpec(source=name, validation=None), model=ARCHITECTURES["linear"]())
    printing.show_dataset(load(override(recipe, settings or ()).data, data_dir=data_dir), as_json)


app.command()(play)


def _study(name: str, seeds: int | None, settings: list[str] | None, only: list[str] | None) -> "Study":
    from seedtrial.study.load import load_study

    return load_study(name).varied(settings=settings or (), seeds=seeds, only=only or ())


def _plan(
    name: str,
    seeds: int | None,
    settings: list[str] | None,
    only: list[str] | None,
    runs: Path,
    data_dir: Path | None,
) -> "Plan":
    from seedtrial.study.plan import plan

    return plan(_study(name, seeds, settings, only), runs, data_dir=data_dir)
