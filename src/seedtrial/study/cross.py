"""Crossed settings: every combination of some values becomes a labelled recipe, and two settings make a table."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from seedtrial.errors import SeedtrialError
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import Spec, override
from seedtrial.study.table import Table

Values = Sequence[Any] | Mapping[str, Any]  # the values of a setting, or a name for each of them


@dataclass(frozen=True)
class Crossed:
    """All combinations of some settings.

    recipes: label -> recipe; the last setting varies fastest
    values:  label -> its values, in the order of the settings; a value that was given a name appears by that name
    table:   the first setting down, the second across; None unless there are exactly two settings
    form:    values -> label

    >>> from seedtrial.models import Linear
    >>> crossed = cross({"training.epochs": [1, 2], "training.batch_size": [32, 64]}, Recipe(model=Linear()))
    >>> list(crossed.recipes)[1], crossed.table.row_names
    ('epochs 1, batch size 64', ('1', '2'))
    """

    recipes: dict[str, Recipe]
    values: dict[str, tuple[Any, ...]]
    table: Table | None
    form: Callable[..., str]

    def label(self, *values: Any) -> str:
        """The label of one combination. Raises SeedtrialError when it is not among the recipes."""
        label = self.form(*values)
        if label not in self.recipes:
            raise SeedtrialError(f"'{label}' is not among the crossed recipes.")
        return label


def cross(
    settings: Mapping[str, Values],
    base: Recipe | Callable[..., Recipe],
    *,
    label: str | Callable[..., str] | None = None,
    names: Sequence[str] | None = None,
) -> Crossed:
    """Every combination of the settings' values, as labelled recipes and, for two settings, as a table.

    settings: a setting's path, as in --set -> its values; a dictionary of values gives each of them a name
    base:     the recipe to vary; or a function from one value per setting to a recipe, where a value changes more than
              one field (the keys of `settings` are then only names)
    label:    a format such as "rate {:g}, batch {}", or a function of the values; by default names and values
    names:    what labels and table call the settings; by default the last part of each path

    >>> from seedtrial.models import Dense
    >>> settings = {"training.optimiser.rate": [1e-2, 1e-3], "training.batch_size": [64, 512]}
    >>> crossed = cross(settings, Recipe(model=Dense(widths=(32,))))
    >>> list(crossed.recipes)[:3]
    ['rate 0.01, batch size 64', 'rate 0.01, batch size 512', 'rate 0.001, batch size 64']
    >>> crossed.recipes[crossed.label(0.001, 512)].training.batch_size
    512
    >>> crossed.table.rows, crossed.table.row_names
    ('rate', ('0.01', '0.001'))

    Raises SeedtrialError when a setting does not exist or has no values, a value does not fit, or two combinations get
    the same label.
    """
    names = names or [path.split(".")[-1].replace("_", " ") for path in settings]
    form = _form(label, names)
    for path, given in settings.items():
        if not given:
            raise SeedtrialError(f"{path} has no values to cross.")
    recipes: dict[str, Recipe] = {}
    values: dict[str, tuple[Any, ...]] = {}
    for combination in product(*(_named(given) for given in settings.values())):
        shown = tuple(name for name, _ in combination)
        key = form(*shown)
        if key in recipes:
            raise SeedtrialError(f"Two crossed recipes have the label '{key}'; a label should show every setting.")
        recipes[key] = _recipe(base, {path: value for path, (_, value) in zip(settings, combination, strict=True)})
        values[key] = shown
    return Crossed(recipes, values, _table(names, values), form)


def _form(label: str | Callable[..., str] | None, names: Sequence[str]) -> Callable[..., str]:
    if label is None:
        label = ", ".join(f"{name} {{}}" for name in names)
    return label.format if isinstance(label, str) else label


def _named(given: Values) -> list[tuple[Any, Any]]:
    """Each value with what labels show for it: its name, or itself."""
    return list(given.items()) if isinstance(given, Mapping) else [(value, value) for value in given]


def _recipe(base: Recipe | Callable[..., Recipe], values: Mapping[str, Any]) -> Recipe:
    if not isinstance(base, Recipe):
        return base(*values.values())
    plain = {
        path: value.model_dump(mode="json") if isinstance(value, Spec) else value for path, value in values.items()
    }
    return override(base, [f"{path}={json.dumps(value)}" for path, value in plain.items()])


def _table(names: Sequence[str], values: Mapping[str, tuple[Any, ...]]) -> Table | None:
    if len(names) != 2:
        return None
    cells = {label: (str(down), str(across)) for label, (down, across) in values.items()}
    return Table(rows=names[0], columns=names[1], cells=cells)
