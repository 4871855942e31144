"""The verb `people`. Heavy imports stand inside, so that --help is instant."""

from pathlib import Path
from typing import Annotated

import typer

from seedtrial.cli.options import EVERYTHING, Json, Open, Selection, out_option
from seedtrial.errors import SeedtrialError


def people(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="study whose networks to compare with the people")
    ] = None,
    out: Annotated[Path | None, out_option("reports/people.html")] = None,
    show: Open = False,
    chosen: Selection = EVERYTHING,
    as_json: Json = False,
) -> None:
    """Write the HTML page about the people who played the game.

    With STUDY, its networks are compared with them on exactly the images that the people saw.
    """
    from seedtrial.cli import tables
    from seedtrial.report.people import command

    if study is None and (chosen.folds or chosen.repeats or chosen.data):
        raise SeedtrialError("--folds, --repeats and --data are of a study; name it: seedtrial people STUDY.")
    path, numbers = command.people_report(
        study,
        out,
        seeds=chosen.seeds,
        folds=chosen.folds,
        repeats=chosen.repeats,
        settings=chosen.settings or (),
        only=chosen.only or (),
        data=chosen.data,
        runs=chosen.runs,
        data_dir=chosen.data_dir,
    )
    tables.show_people(path, numbers, show, as_json)
