"""The verb `cite`. Heavy imports stand inside, so that --help is instant."""

from typing import Annotated

import typer

from seedtrial.cli.options import RUNS, DataDir, Json, RunsFolder
from seedtrial.errors import SeedtrialError


def cite(
    what: Annotated[str | None, typer.Argument(metavar="[STUDY|RUN|DATA]", help="whose data to cite too")] = None,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="as BibTeX entries")] = False,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Print how to cite seedtrial, and the data of a study or a run."""
    from seedtrial.cli import printing
    from seedtrial.data.dataset import DataSpec
    from seedtrial.data.readers import built_in_readers
    from seedtrial.models import Linear
    from seedtrial.report.citation import citations, of_recipes
    from seedtrial.runs.listing import run_folder
    from seedtrial.runs.recipe import Recipe
    from seedtrial.runs.record import Folder
    from seedtrial.study.load import is_study, load_study

    if bibtex and as_json:
        raise SeedtrialError("Give either --bibtex or --json, not both.")
    if what is None:
        cited = citations()
    elif is_study(what):
        cited = of_recipes(load_study(what).recipes, data_dir=data_dir)
    elif what in built_in_readers():
        cited = of_recipes({what: Recipe(data=DataSpec(source=what), model=Linear())})
    else:
        recipe, _, facts = Folder(run_folder(what, runs)).identity()
        cited = citations([(recipe, facts)])
    if as_json:
        return printing.show_json({"citations": dict(cited.lines), "bibtex": cited.bibtex})
    if bibtex:
        return print(cited.bibtex)
    for name, text in cited.lines:
        printing.show(f"{name[0].upper()}{name[1:]}:", f"  {text}")
