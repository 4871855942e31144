"""What remains of five reports' numbers and claims when their networks are run again, with seeds?

    seedtrial run reports && seedtrial report reports

Every network of thingwall2019, neelamraju2019, boetticher2020, mlpcnn2021 and korssjoen2020 in one study, named as
there; those studies' runs are these runs, so whatever one has made the other finds. Three seeds each, but one for
korssjoen2020's convolutional network of 7.3 million parameters. Claims are judged in each report's own study, so that
Holm's correction is for those of one report: `seedtrial report korssjoen2020` has them, without another run. The grids
are studies of their own.

An evening on 2 cores: about 6 hours by the estimate of `seedtrial plan`; early stopping ends it sooner.
"""

from typing import Any

from seedtrial import Study
from seedtrial.study.load import load_study

REPORTS = ("thingwall2019", "neelamraju2019", "boetticher2020", "mlpcnn2021", "korssjoen2020")


def study() -> Study:
    """The five studies side by side."""
    parts = {name: load_study(name) for name in REPORTS}

    def all_of(field: str) -> dict[str, Any]:
        return {
            f"{name}: {label}": value for name, part in parts.items() for label, value in getattr(part, field).items()
        }

    return Study(
        name="reports",
        question="What remains of five reports' numbers and claims when their networks are run again, with seeds?",
        recipes=all_of("recipes"),
        seeds=3,
        seeds_of=all_of("seeds_of"),
        published=all_of("published"),
    )
