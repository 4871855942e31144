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
    from seedtrial.choosing.look import USUAL_SIDE, picture_sizes
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
    sizes, _ = picture_sizes(name, data_dir)
    if len(set(sizes)) > 1 and not any(setting.startswith("data.size=") for setting in settings or ()):
        widths, heights = ([size[axis] for size in sizes] for axis in (0, 1))
        recipe = override(recipe, [f"data.size={USUAL_SIDE}"])
        typer.echo(
            f"Pictures are {min(widths)} to {max(widths)} pixels wide and {min(heights)} to {max(heights)} high; here "
            f"they are resized to {USUAL_SIDE} x {USUAL_SIDE}. Training needs a size: --set data.size={USUAL_SIDE}.",
            err=True,
        )
    tables.show_dataset(load(override(recipe, settings or ()).data, data_dir=data_dir), as_json)
