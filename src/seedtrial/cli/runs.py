"""The verb `runs`. Heavy imports stand inside, so that --help is instant."""

from typing import Annotated, Literal

import typer

from seedtrial.cli.options import RUNS, Json, RunsFolder


def runs(
    what: Annotated[Literal["list"], typer.Argument(help="what to do with the runs")] = "list",
    runs: RunsFolder = RUNS,
    as_json: Json = False,
) -> None:
    """List the runs in the runs folder: study, recipe, data, accuracy."""
    from dataclasses import asdict

    from seedtrial.cli import printing
    from seedtrial.runs.listing import listing

    listed = list(listing(runs))
    if as_json:
        return printing.show_json({"runs": [asdict(run) for run in listed]})
    if not listed:
        return printing.show(f"There are no runs in {runs}.")
    rows = printing.table("folder", "study", "recipe", "data", "seed", "state", "validation", "test")
    for run in listed:
        accuracies = [f"{100 * share:.2f} %" if share is not None else "–" for share in (run.validation, run.test)]
        rows.add_row(
            run.folder, run.study or "–", run.recipe or run.model, run.data, str(run.seed), run.state, *accuracies
        )
    printing.show(rows)
