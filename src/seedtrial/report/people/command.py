"""What `seedtrial report human` does: which data, which networks, where the page goes."""

from collections.abc import Sequence
from pathlib import Path

from seedtrial.data.dataset import DataSpec
from seedtrial.errors import SeedtrialError
from seedtrial.models import ARCHITECTURES
from seedtrial.report.people import page as people
from seedtrial.report.people.numbers import Numbers
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.results import results


def report(
    study: str,
    beside: str | None,
    out: Path | None,
    seeds: int | None,
    settings: Sequence[str] | None,
    only: Sequence[str] | None,
    runs: Path,
    data_dir: Path | None,
) -> tuple[Path, Numbers]:
    """Write the page of people who played; return its path and its numbers.

    study:    as it was asked for; only people.NAME has such a page
    beside:   a study whose finished networks stand beside them; `seeds`, `settings` and `only` choose among its runs,
              and the data are those of its first recipe
    out:      reports/human.html, if None
    settings: without `beside`, of the data, such as data.source=digits; Fashion-MNIST, if none say otherwise

    Raises SeedtrialError for what `people.write` refuses, and for networks that are asked for in the wrong way.
    """
    if study != people.NAME:
        raise SeedtrialError(
            f"--study goes with `seedtrial report {people.NAME}`; of a study it is in the report anyway."
        )
    out = out or Path("reports") / f"{people.NAME}.html"
    if beside is None:
        if only or seeds:
            raise SeedtrialError("--only and --seeds choose networks; say of which study with --study STUDY.")
        recipe = override(Recipe(data=DataSpec(validation=None), model=ARCHITECTURES["linear"]()), settings or ())
        return people.write(recipe.data, out, runs=runs, data_dir=data_dir)
    chosen = load_study(beside).varied(settings=settings or (), seeds=seeds, only=only or ())
    data = next(iter(chosen.recipes.values())).data
    return people.write(data, out, runs=runs, data_dir=data_dir, results=results(plan(chosen, runs, data_dir=data_dir)))
