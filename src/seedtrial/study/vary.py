"""Recipes with other settings: a list of values, as in training.epochs=[5,10], makes a recipe of each value.

Some settings take a list themselves, such as model.widths=[256,128]. What fits as the value of a setting is its value;
otherwise each item is one. So model.widths=[[256],[128]] makes two recipes.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedtrial.claims.claim import AnyClaim
from seedtrial.errors import SeedtrialError, Unknown
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import in_order, override
from seedtrial.study.cross import cross
from seedtrial.study.table import Table

LONGEST = 30  # letters of a value within a label; a longer one is called by its number


@dataclass(frozen=True)
class Varied:
    """Recipes with other settings.

    recipes: label -> recipe
    values:  label -> the label that it had before, and the values that it was crossed with, in words
    table:   where two things were crossed, such as recipes and rates

    >>> from seedtrial.models import Linear
    >>> varied = vary({"linear": Recipe(model=Linear())}, ["training.epochs=[1,2]", "training.batch_size=32"])
    >>> list(varied.recipes), varied.values["linear, epochs 2"]
    (['linear, epochs 1', 'linear, epochs 2'], ('linear', 'epochs 2'))
    """

    recipes: dict[str, Recipe]
    values: dict[str, tuple[str, str]]
    table: Table | None

    @property
    def crossed(self) -> bool:
        """Whether a setting had several values."""
        return any(values for _, values in self.values.values())

    def labels_of(self, label: str) -> list[str]:
        """What has become of the recipe that had this label before."""
        return [new for new, (old, _) in self.values.items() if old == label]

    def claims(self, claim: AnyClaim) -> list[AnyClaim]:
        """What a claim becomes: the same at each value; nothing where it says that a recipe is the best of all."""
        new = {label: self.labels_of(label) for label in claim.labels}
        if all(labels == [label] for label, labels in new.items()):
            return [claim]
        if claim.needs_others:
            return []
        texts = dict.fromkeys(self.values[each][1] for labels in new.values() for each in labels)
        varied = [{label: self._at(label, text) for label in claim.labels} for text in texts if text]
        return [_about(claim, labels) for labels in varied]

    def _at(self, label: str, text: str) -> str:
        """The recipe's label at these values; the recipe as it was where it lacks the setting."""
        return next((new for new in self.labels_of(label) if self.values[new][1] == text), label)


def vary(recipes: Mapping[str, Recipe], settings: Iterable[str]) -> Varied:
    """Recipes with other settings, each as --set gives it; recipes that lack a setting stay as they are.

    >>> from seedtrial.models import Dense
    >>> list(vary({"dense": Recipe(model=Dense())}, ["model.widths=[[256],[128]]"]).recipes)
    ['dense, widths [256]', 'dense, widths [128]']
    >>> list(vary({"dense": Recipe(model=Dense())}, ["model.widths=[256,128]"]).recipes)
    ['dense']

    Raises SeedtrialError for a setting that no recipe has, or a value that does not fit.
    """
    lists: dict[str, dict[str, Any]] = {}
    changed = dict(recipes)
    given = {setting.partition("=")[0]: setting for setting in settings}  # the last of equal ones counts
    for setting in in_order(given.values()):
        path = setting.partition("=")[0]
        values = _values(changed, setting)
        if values:
            lists[path] = values
            setting = f"{path}={json.dumps(next(iter(values.values())))}"  # it may be a kind, with settings of its own
        changed = _override_all(changed, setting)
    if not lists:
        return Varied(changed, {label: (label, "") for label in changed}, None)
    plain = [setting for path, setting in given.items() if path not in lists]
    lists = {path: lists[path] for path in given if path in lists}  # labels name them as they were given
    new: dict[str, Recipe] = {}
    values_of: dict[str, tuple[str, str]] = {}
    cells: dict[str, tuple[str, ...]] = {}
    names = _names(list(lists))
    for label, recipe in changed.items():
        own = {path: values for path, values in lists.items() if _has(recipe, path, values)}
        if not own:
            new[label], values_of[label] = recipe, (label, "")
            continue
        crossed = cross(own, _base(recipes[label], own, plain), names=[names[path] for path in own])
        for text, each in crossed.recipes.items():
            new[f"{label}, {text}"], values_of[f"{label}, {text}"] = each, (label, text)
            cells[f"{label}, {text}"] = (label, *map(str, crossed.values[text]))
    return Varied(new, values_of, _table(list(recipes), [names[path] for path in lists], new, cells))


def _base(recipe: Recipe, own: Mapping[str, Any], plain: Sequence[str]) -> Callable[..., Recipe]:
    """From a value of each crossed setting to a recipe; all settings in one order, so that a kind counts first."""

    def varied(*values: Any) -> Recipe:
        chosen = [f"{path}={json.dumps(value)}" for path, value in zip(own, values, strict=True)]
        changed = recipe
        for setting in in_order([*plain, *chosen]):
            try:
                changed = override(changed, [setting])
            except Unknown:
                if setting in chosen:  # its values would make no difference
                    raise
        return changed

    return varied


def _values(recipes: Mapping[str, Recipe], setting: str) -> dict[str, Any] | None:
    """The values of a setting that is to be crossed, by name; None where the text is one value, or no list at all.

    Raises SeedtrialError where no recipe has the setting, or neither the list nor its items fit.
    """
    path, _, text = setting.partition("=")
    items = _items(text)
    if not items:
        return None
    for recipe in recipes.values():
        try:
            override(recipe, [setting])
            return None  # a value that fits, or the setting of a recipe that takes lists
        except Unknown:
            continue
        except SeedtrialError as error:
            _check_items(recipe, path, items, error)
            shown = [item if isinstance(item, str) else json.dumps(item) for item in items]
            return {
                text if len(text) <= LONGEST else str(number): item
                for number, (text, item) in enumerate(zip(shown, items, strict=True), 1)
            }
    return None  # no recipe has it, which `_override_all` says


def _items(text: str) -> list[Any]:
    """The items of [a,b], which may be words without quotes; empty for what is no list."""
    if not (text.startswith("[") and text.endswith("]")):
        return []
    try:
        items = json.loads(text)
    except ValueError:
        return [item.strip() for item in text[1:-1].split(",")] if not set("[]{}") & set(text[1:-1]) else []
    return list(items) if isinstance(items, list) else []


def _check_items(recipe: Recipe, path: str, items: Sequence[Any], error: SeedtrialError) -> None:
    """Raise for an item that does not fit; for a setting that takes a list, the error of the list itself."""
    takes_lists = str(error).startswith(f"{path}.") and not any(isinstance(item, list) for item in items)
    for item in items:
        try:
            override(recipe, [f"{path}={json.dumps(item)}"])
        except SeedtrialError as wrong:
            raise (error if takes_lists else wrong) from None


def _has(recipe: Recipe, path: str, values: Mapping[str, Any]) -> bool:
    try:
        override(recipe, [f"{path}={json.dumps(next(iter(values.values())))}"])
    except Unknown:
        return False
    return True


def _override_all(recipes: Mapping[str, Recipe], setting: str) -> dict[str, Recipe]:
    changed, errors = {}, []
    for label, recipe in recipes.items():
        try:
            changed[label] = override(recipe, [setting])
        except Unknown as error:  # no setting of this recipe, or no kind; it may be one of another's
            errors.append(error)
    if not changed:
        raise errors[0]
    return {label: changed.get(label, recipe) for label, recipe in recipes.items()}


def _names(paths: Sequence[str]) -> dict[str, str]:
    """What labels call settings: the last part of the path, or more of it where two would be called the same.

    >>> _names(["training.optimiser.rate", "training.schedule.kind"])
    {'training.optimiser.rate': 'rate', 'training.schedule.kind': 'schedule'}
    """
    names = {path: path.removesuffix(".kind").split(".")[-1] for path in paths}
    many = [name for name in names.values() if list(names.values()).count(name) > 1 or name.isdigit()]
    return {path: (path if name in many else name).replace("_", " ") for path, name in names.items()}


def _table(
    labels: Sequence[str], names: Sequence[str], recipes: Mapping[str, Recipe], cells: Mapping[str, tuple[str, ...]]
) -> Table | None:
    """Two crossed settings of one recipe, or recipes by one setting, as a table; None where a cell would be empty."""
    if len(cells) < len(recipes) or len({len(cell) for cell in cells.values()}) > 1:
        return None
    if len(labels) == 1 and len(names) == 2:
        both = {label: (cell[1], cell[2]) for label, cell in cells.items()}
        return Table(rows=names[0], columns=names[1], cells=both)
    if len(labels) > 1 and len(names) == 1:
        return Table(
            rows="recipe", columns=names[0], cells={label: (cell[0], cell[1]) for label, cell in cells.items()}
        )
    return None


def _about(claim: AnyClaim, labels: Mapping[str, str]) -> AnyClaim:
    """The claim with other labels."""
    return claim.model_copy(update={name: labels[getattr(claim, name)] for name in ("a", "b") if hasattr(claim, name)})
