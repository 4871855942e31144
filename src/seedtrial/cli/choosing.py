"""The verbs that choose and tune. Heavy imports stand inside, so that --help is instant."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from seedtrial.cli.options import RUNS, DataDir, Device, Jobs, Json, Open, RunsFolder, Settings, expanded


def choose(
    data: Annotated[str, typer.Argument(metavar="DATA", help="a built-in data set, a folder or a file")],
    minutes: Annotated[float, typer.Option("--minutes", help="time for everything, including the report")] = 10.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="folder to write to [choices/DATA]", callback=expanded),
    ] = None,
    settings: Settings = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    show: Open = False,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Find out which network to use for your images, how good it is, and whether the difference is real.

    Candidates are compared on validation images; the test images are opened once, for the finalists. The same command
    again continues the search. Ctrl-C ends it and answers with the results so far.
    """
    from seedtrial.choosing.choose import choice_json
    from seedtrial.choosing.choose import choose as choose_for
    from seedtrial.cli import printing, study_tables
    from seedtrial.execution.execute import jobs_from

    choice = choose_for(
        data,
        minutes=minutes,
        out=out,
        runs=runs,
        settings=settings or (),
        device=device,
        jobs=jobs_from(jobs),
        data_dir=data_dir,
        watch=printing.watch(epochs=False),
        command=" ".join(["seedtrial", *sys.argv[1:]]),
    )
    if show:
        typer.launch(str(choice.report))
    if as_json:
        return printing.show_json(choice_json(choice))
    study_tables.show_results(choice.results)
    printing.show("", *choice.answer, "")
    printing.show(
        f"Report: {choice.report}",
        f"Network: {choice.bundle} (seedtrial predict {choice.bundle} PICTURE, seedtrial serve {choice.bundle} --open)",
        f"Study: {choice.folder / 'study.py'}",
    )


def tune(
    what: Annotated[
        str, typer.Argument(metavar="ARCHITECTURE|STUDY", help="one that `seedtrial models` lists, or a study")
    ],
    data: Annotated[
        str | None, typer.Option("--data", help="a built-in data set, a folder or a file [fashion-mnist]")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="A.B=LOW..HIGH", help="a range, or a list: A.B=1,2,3 (repeatable)"),
    ] = None,
    trials: Annotated[int | None, typer.Option("--trials", min=1, help="number of trials, at most")] = None,
    minutes: Annotated[float, typer.Option("--minutes", help="time for the search")] = 10.0,
    settings: Settings = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="folder to write to [tuning/NAME]", callback=expanded)
    ] = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Search for the best settings on validation images; the test images stay sealed.

    Running it again continues the search.
    """
    from seedtrial.choosing.choose import trial_json
    from seedtrial.choosing.ranges import parse
    from seedtrial.choosing.tune import tune as search
    from seedtrial.cli import printing
    from seedtrial.data.dataset import DataSpec
    from seedtrial.execution.execute import jobs_from
    from seedtrial.models import ARCHITECTURES
    from seedtrial.runs.recipe import Recipe
    from seedtrial.spec import override
    from seedtrial.study.load import load_study
    from seedtrial.training.prepare import usual

    if what in ARCHITECTURES:
        model = ARCHITECTURES[what]()
        recipes = {what: Recipe(data=DataSpec(source=data or "fashion-mnist"), model=model, training=usual(model))}
    else:
        recipes = dict(load_study(what).recipes)
        if data is not None:
            recipes = {
                label: recipe.model_copy(update={"data": recipe.data.model_copy(update={"source": data})})
                for label, recipe in recipes.items()
            }
    recipes = {label: override(recipe, settings or ()) for label, recipe in recipes.items()}
    tuning = search(
        recipes,
        [parse(text) for text in vary or ()],
        minutes=minutes,
        trials=trials,
        out=out or Path("tuning") / Path(what).stem,
        runs=runs,
        device=device,
        jobs=jobs_from(jobs),
        data_dir=data_dir,
        watch=printing.watch(epochs=False),
    )
    if as_json:
        values = {"trials": [trial_json(trial) for trial in tuning.trials], "skipped": tuning.skipped}
        return printing.show_json(values | {"seconds": round(tuning.seconds, 1), "storage": str(tuning.storage)})
    rows = printing.table("recipe", "validation", "epochs", "state", "settings")
    for trial in tuning.trials[:20]:
        epochs = str(trial.at(trial.rung).training.epochs)
        rows.add_row(
            trial.candidate.name, f"{100 * trial.accuracy:.2f} %", epochs, trial.state, " ".join(trial.settings) or "–"
        )
    printing.show(rows)
    if len(tuning.trials) > 20:
        printing.show(f"The best 20 of {len(tuning.trials)} trials.")
    printing.show("Settings were chosen by validation accuracy, so the best one's accuracy is optimistic.")
    best = tuning.best
    chosen = [*best.settings, f"training.epochs={best.at(best.rung).training.epochs}"]
    given = [each for each in settings or () if each.split("=")[0] not in {other.split("=")[0] for other in chosen}]
    sets = " ".join(f"--set {shlex.quote(setting)}" for setting in (*given, *chosen))
    if what in ARCHITECTURES:
        where = f" --data {shlex.quote(data)}" if data else ""
        printing.show(f"Train it with: seedtrial train {what}{where} --seeds 3 {sets}")
    else:
        printing.show(f"The best settings of {best.candidate.name}: {sets}")
