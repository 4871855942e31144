"""The verb that chooses. Heavy imports stand inside, so that --help is instant."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from seedtrial.cli.options import RUNS, DataDir, Device, Jobs, Json, Open, RunsFolder, Settings, expanded


def choose(
    data: Annotated[str, typer.Argument(metavar="DATA", help="a built-in data set, a folder or a file")],
    minutes: Annotated[float, typer.Option("--minutes", help="time for everything, the report included")] = 10.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="folder of the answer [choices/DATA]", callback=expanded),
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

    Candidates are compared on validation images; the test images are opened once, for the finalists. Another call with
    more minutes goes on. Ctrl-C ends the search and answers with what is there.
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
