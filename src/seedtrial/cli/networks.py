"""The verbs about networks: train, models, explain. Heavy imports stand inside, so that --help is instant."""

from pathlib import Path
from typing import Annotated

import typer

from seedtrial.cli.asking import ANY, NetworkChoice
from seedtrial.cli.options import (
    RUNS,
    CrossedSettings,
    DataDir,
    Device,
    FoldCount,
    Jobs,
    Json,
    Open,
    RepeatCount,
    RunsFolder,
    Settings,
    out_option,
)
from seedtrial.errors import SeedtrialError


def explain(
    network: Annotated[str, typer.Argument(metavar="RUN|STUDY", help="a run, the beginning of its name, or a study")],
    images: Annotated[
        list[int] | None,
        typer.Option("--image", metavar="N", help="validation, or else training, image to show (repeatable)"),
    ] = None,
    pictures: Annotated[
        list[Path] | None, typer.Option("--picture", metavar="FILE", help="your PNG or JPEG file (repeatable)")
    ] = None,
    choice: NetworkChoice = ANY,
    out: Annotated[Path | None, out_option("reports/explain-RUN.html")] = None,
    show: Open = False,
    as_json: Json = False,
) -> None:
    """Show what a trained network learnt.

    The page shows the weights of the first layer, and the output of each layer for some images. For a study, it shows
    the run that is best on validation images.
    """
    from seedtrial.cli import tables
    from seedtrial.report.explain.explanation import explain, explanation_json, images_of
    from seedtrial.report.explain.page import write_explanation

    picked = choice.chosen(network)
    opened = picked.runs[0]
    asked = images_of(
        opened, indices=images or (), pictures=[path.expanduser() for path in pictures or ()], data_dir=choice.data_dir
    )
    explanation = explain(opened, asked)
    path = write_explanation(explanation, out or Path("reports") / f"explain-{explanation.name}.html")
    if show:
        typer.launch(str(path))
    tables.show_explanation(explanation_json(explanation, path) | {"chosen": picked.why}, as_json)


def train(
    architecture: Annotated[str, typer.Argument(help="one that `seedtrial models` lists")],
    data: Annotated[str, typer.Option("--data", help="a built-in data set, a folder or a file")] = "fashion-mnist",
    seeds: Annotated[int, typer.Option("--seeds", help="number of seeds")] = 1,
    folds: FoldCount = None,
    repeats: RepeatCount = None,
    settings: CrossedSettings = None,
    examine: Annotated[
        bool, typer.Option("--examine", help="open the test images too, once nothing is left to tune")
    ] = False,
    device: Device = "auto",
    jobs: Jobs = "auto",
    out: Annotated[Path | None, out_option("none; with --open reports/train-ARCHITECTURE.html")] = None,
    show: Open = False,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Train one architecture without a study file.

    Scores are on validation images, so that settings can be tuned; --examine scores on the test images.
    """
    from seedtrial.cli import printing, study_tables
    from seedtrial.data.dataset import DataSpec
    from seedtrial.execution.execute import execute, jobs_from
    from seedtrial.models import architecture_named
    from seedtrial.runs.recipe import Recipe
    from seedtrial.study.study import Study
    from seedtrial.training.prepare import usual

    model = architecture_named(architecture)()
    recipe = Recipe(data=DataSpec(source=data), model=model, training=usual(model))
    question = f"How good is {architecture} on {data}?"
    chosen = Study(name=f"train-{architecture}", question=question, recipes={architecture: recipe})
    chosen = chosen.varied(
        settings=settings or (),
        seeds=max(seeds, repeats) if seeds > 0 and repeats else seeds,
        folds=folds,
        repeats=repeats,
    )
    # Settings first: only then is it known whether there are validation images to be judged on.
    if not examine:
        if any(each.data.validation is None for each in chosen.recipes.values()):
            raise SeedtrialError(
                "Without validation images there is nothing to score by; add --examine for the test images."
            )
        chosen = chosen.model_copy(update={"judged_on": "validation"})
    if out is not None:
        from seedtrial.report.study.files import check_report

        check_report(out)  # hours before it is written
    execution = execute(
        chosen, runs=runs, data_dir=data_dir, device=device, jobs=jobs_from(jobs), watch=printing.watch()
    )
    code = study_tables.show_execution(execution, as_json)
    if out or show:
        from seedtrial.report.study import page
        from seedtrial.study.results import results

        page_path = out or Path("reports") / f"{chosen.name}.html"
        path = page.write_report(results(execution.plan), page_path, runs=runs, data_dir=data_dir)
        if show:
            typer.launch(str(path))
        typer.echo(f"Report: {path}", err=as_json)
    raise typer.Exit(code)


def models(
    architecture: Annotated[str | None, typer.Argument(help="show its layers")] = None,
    settings: Settings = None,
    data: Annotated[str, typer.Option("--data", help="data set with the shape and classes")] = "fashion-mnist",
    as_json: Json = False,
) -> None:
    """List the architectures, or one network layer by layer."""
    from seedtrial.cli import printing, tables
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
    tables.show_summary(recipe.model.summary(known.shape, len(known.classes)), as_json)
