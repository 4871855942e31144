"""The work of `seedtrial people`: it chooses the data set, the networks and the file to write."""

from collections.abc import Sequence
from pathlib import Path

from seedtrial.data.dataset import DataSpec
from seedtrial.errors import SeedtrialError
from seedtrial.models import Linear
from seedtrial.report.people import page as people
from seedtrial.report.people.numbers import PeopleNumbers
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.results import results


def people_report(
    study: str | None,
    out: Path | None,
    *,
    seeds: int | None = None,
    folds: int | None = None,
    repeats: int | None = None,
    settings: Sequence[str] = (),
    only: Sequence[str] = (),
    data: str | None = None,
    runs: Path,
    data_dir: Path | None = None,
) -> tuple[Path, PeopleNumbers]:
    """Writes the report on the people who played; returns its path and its numbers.

    study:    a study whose finished networks are compared with the people, on the data set of its first recipe.
              `seeds`, `folds`, `repeats`, `settings`, `only` and `data` choose among its runs
    out:      file to write; None for reports/people.html
    settings: without a study, settings of the data set, such as data.source=digits; Fashion-MNIST by default

    Raises SeedtrialError when networks are chosen without a study, and whenever `page.write` does.
    """
    out = out or Path("reports") / f"{people.NAME}.html"
    if study is None:
        if only or seeds:
            raise SeedtrialError("--only and --seeds choose networks; name the study: seedtrial people STUDY.")
        recipe = override(Recipe(data=DataSpec(validation=None), model=Linear()), settings)
        return people.write_people_report(recipe.data, out, runs=runs, data_dir=data_dir)
    chosen = load_study(study).varied(
        settings=settings, seeds=seeds, folds=folds, repeats=repeats, only=only, data=data
    )
    return people.write_people_report(
        next(iter(chosen.recipes.values())).data,
        out,
        runs=runs,
        data_dir=data_dir,
        results=results(plan(chosen, runs, data_dir=data_dir)),
    )
