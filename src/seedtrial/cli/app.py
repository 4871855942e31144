"""The command line: its verbs, in the order in which --help lists them, each with an example."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from seedtrial.cli.choosing import choose, tune
from seedtrial.cli.cite import cite
from seedtrial.cli.data import data
from seedtrial.cli.networks import explain, models, train
from seedtrial.cli.options import ungrouped
from seedtrial.cli.people import people
from seedtrial.cli.play import play
from seedtrial.cli.runs import runs
from seedtrial.cli.serving import export, predict, serve
from seedtrial.cli.settings import settings
from seedtrial.cli.studies import init, plan, report, run, status, studies

VERBS: dict[Callable[..., Any], str] = {
    choose: "seedtrial choose photographs --minutes 20 --open",
    studies: "seedtrial studies",
    init: "seedtrial init mine.py --data photographs",
    plan: "seedtrial plan quickstart",
    run: "seedtrial run quickstart --seeds 5",
    status: "seedtrial status quickstart",
    report: "seedtrial report quickstart --open",
    train: "seedtrial train conv --data photographs --set data.size=64 --seeds 3",
    tune: "seedtrial tune conv --data photographs --vary training.optimiser.rate=0.0001..0.01 --minutes 20",
    models: "seedtrial models conv --set model.dense=[64]",
    settings: "seedtrial settings conv",
    runs: "seedtrial runs",
    explain: "seedtrial explain quickstart --picture shoe.jpg --open",
    predict: "seedtrial predict quickstart shoe.jpg holiday/ --out answers.csv",
    serve: "seedtrial serve network.zip --open",
    export: "seedtrial export quickstart --out network.zip",
    data: "seedtrial data photographs --set data.size=64",
    play: "seedtrial play --images 200",
    people: "seedtrial people quickstart --open",
    cite: "seedtrial cite quickstart --bibtex",
}

app = typer.Typer(
    name="seedtrial",
    help="Train image classifiers, compare them honestly, and write the comparison up.",
    epilog="Begin with: seedtrial run quickstart",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb, example in VERBS.items():
    app.command(epilog=f"Example: {example}")(ungrouped(verb))


@app.callback(invoke_without_command=True)
def top(version: Annotated[bool, typer.Option("--version", help="show the version")] = False) -> None:
    """Train image classifiers, compare them honestly, and write the comparison up."""
    if version:
        from seedtrial import __version__

        typer.echo(f"seedtrial {__version__}")
        raise typer.Exit()
