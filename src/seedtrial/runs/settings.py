"""Every setting of a recipe: what it means, its unit, which values it takes, the usual one and an example.

All of it is read from the specifications themselves, so it is never older than they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from seedtrial.models.model import Model
from seedtrial.runs import setting_words as words
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import Spec
from seedtrial.training.prepare import usual


@dataclass(frozen=True)
class Setting:
    """A setting, as --set takes it.

    path:    such as training.optimiser.rate; 0 in it stands for the first item of a list
    meaning: what it does, without a full stop
    values:  which values it takes, in words
    unit:    of the value; empty for words, and for numbers without one
    usual:   the value where nothing is said; "none" where there is none
    example: another value
    of:      the kinds of its group that have it, such as ("sgd",); empty: all of them

    >>> from seedtrial.models import Linear
    >>> size = next(each for each in settings(Linear) if each.path == "training.batch_size")
    >>> size.meaning, size.values, size.unit, size.usual, size.example
    ('images per step', 'a whole number of at least 1', 'images', '128', '64')
    """

    path: str
    meaning: str
    values: str
    unit: str
    usual: str
    example: str
    of: tuple[str, ...] = ()


def settings(architecture: type[Model]) -> list[Setting]:
    """Every setting of recipes of an architecture: those of the model first, then of training and data.

    Settings of which the architecture honours one value alone are left out.

    >>> from seedtrial.models import Dense
    >>> [each.path for each in settings(Dense)][:2]
    ['model.widths', 'model.first']
    """
    recipe = Recipe(model=architecture(), training=usual(architecture()))
    settings: list[Setting] = []
    for name, part in (("model", recipe.model), ("training", recipe.training), ("data", recipe.data)):
        settings += _inside(type(part), name, part.model_dump(mode="json"))
    return [setting for each in _merged(settings) if (setting := _honoured(each, architecture)) is not None]


def _inside(spec: type[Spec], path: str, usual: dict[str, Any] | None) -> Iterator[Setting]:
    """The settings of a specification and of those inside it. usual: their values; None: the specification's own"""
    for name, field in spec.model_fields.items():
        if name == "kind" or field.exclude or words.fixed(field):
            continue
        own, value = f"{path}.{name}", _default(field) if usual is None else usual[name]
        inner, listed = words.specs(field.annotation), get_origin(field.annotation) is tuple
        yield Setting(
            own,
            (field.description or "").replace("None:", "none:"),
            words.values(field, inner),
            words.unit(field),
            words.text(value),
            words.example(field, value, inner),
        )
        yield from _groups(inner, f"{own}.0" if listed else own, value[0] if listed and value else value)


def _groups(inner: Sequence[type[Spec]], path: str, value: Any) -> Iterator[Setting]:
    """The settings of the specifications that may stand at a place; of several, each names the kind it is of."""
    for spec in inner:
        kind = words.kind(spec)
        usual = value if isinstance(value, dict) and value.get("kind", "") == kind else None
        for each in _inside(spec, path, usual):
            yield replace(each, of=(kind,)) if len(inner) > 1 and kind else each


def _merged(settings: Sequence[Setting]) -> list[Setting]:
    """Settings that are the same for several kinds of a group, once."""
    merged: dict[Setting, tuple[str, ...]] = {}
    for each in settings:
        alone = replace(each, of=())
        merged[alone] = (*merged.get(alone, ()), *each.of)
    return [replace(each, of=kinds) for each, kinds in merged.items()]


def _honoured(setting: Setting, architecture: type[Model]) -> Setting | None:
    """The setting with those values that the architecture honours; None where that leaves no choice."""
    for path, only in architecture.only.items():
        whole = path if path.startswith("data.") else f"training.{path}"
        allowed = [words.text(value) for value in only.values]
        group = whole.removesuffix(".kind")
        if setting.path == group:
            if len(allowed) == 1:
                return None
            example = setting.example if setting.example in allowed else allowed[-1]
            setting = replace(setting, values=words.either(allowed), example=example)
        elif setting.path.startswith(f"{group}."):
            kinds = tuple(kind for kind in setting.of if kind in allowed)
            if allowed == ["none"] or (whole != group and setting.of and not kinds):
                return None
            setting = replace(setting, of=kinds if len(allowed) > 1 else ()) if whole != group else setting
    return setting


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True, validated_data={})
    return value.model_dump(mode="json") if isinstance(value, Spec) else value
