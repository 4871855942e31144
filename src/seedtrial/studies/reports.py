"""What remains of five reports' numbers and claims when their networks are run again, with seeds?

    seedtrial run reports && seedtrial report reports

Every network of thingwall2019, neelamraju2019, boetticher2020, mlpcnn2021 and korssjoen2020 in one study, under its own
name. Runs are shared with those studies: what one of them has trained, the other does not train again. Three seeds
each; one for korssjoen2020's convolutional network of 7.3 million parameters. Claims are judged in each report's own
study, where Holm's correction counts only that report's claims: `seedtrial report korssjoen2020` shows them without
another run. The four studies of crossed settings are not included.

About 6 hours on 2 cores by the estimate of `seedtrial plan`, less where training stops early.
"""

from typing import Any

from seedtrial import Study
from seedtrial.study.load import load_study

REPORTS = ("thingwall2019", "neelamraju2019", "boetticher2020", "mlpcnn2021", "korssjoen2020")


def study() -> Study:
    """The recipes of the five studies side by side.

    >>> len(study().recipes), study().seeds
    (28, 3)
    """
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
