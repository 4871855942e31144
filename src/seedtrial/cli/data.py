"""The verb about data. Heavy imports stand inside, so that --help is instant."""

from typing import Annotated

import typer

from seedtrial.cli.options import DataDir, Json, Settings


def data(
    name: Annotated[str | None, typer.Argument(metavar="[NAME|PATH]", help="data set to fetch and describe")] = None,
    settings: Settings = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List the data sets, or fetch, verify and describe one."""
    from seedtrial.cli import printing, tables
    from seedtrial.data.dataset import DataSpec, load
    from seedtrial.data.readers import READERS
    from seedtrial.models import ARCHITECTURES
    from seedtrial.runs.recipe import Recipe
    from seedtrial.spec import override

    if name is None:
        titles = {reader.name: reader.title for reader in READERS}
        return printing.show_names(titles, "data set", "what it is", as_json)
    recipe = Recipe(data=DataSpec(source=name, validation=None), model=ARCHITECTURES["linear"]())
    tables.show_dataset(load(override(recipe, settings or ()).data, data_dir=data_dir), as_json)
