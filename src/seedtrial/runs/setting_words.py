"""A setting's values, unit and example in words, from its pydantic field."""

import json
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from seedtrial.spec import Spec, Unit

NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "none"}


def text(value: Any) -> str:
    """A value as --set takes it; a group by its kind, or by its settings.

    >>> text(None), text(0.0), text((128,)), text({"kind": "adam", "rate": 0.001})
    ('none', '0', '[128]', 'adam')
    """
    if value is None or isinstance(value, str):
        return value or "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        given = {name: item for name, item in value.items() if item is not None}
        return str(given["kind"]) if "kind" in given else json.dumps(given, separators=(",", ":"))
    if isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        value = [{name: item[name] for name in list(item)[:1]} for item in value]
    return json.dumps(value, separators=(",", ":"))


def example(field: FieldInfo, value: Any, inner: Sequence[type[Spec]]) -> str:
    """The field's own example; else another kind, another word, or a number nearby.

    value: the usual one
    inner: the specifications that a value may be

    >>> from seedtrial.training.spec import TrainSpec
    >>> fields = TrainSpec.model_fields
    >>> example(fields["epochs"], 10, []), example(fields["precision"], "auto", [])
    ('20', 'fp32')
    """
    if field.examples:
        return next((shown for shown in map(text, field.examples) if shown != text(value)), text(field.examples[0]))
    choices = [kind(spec) for spec in inner] or [text(word) for word in _choices(field.annotation)]
    if choices and type(None) in _parts(field.annotation):
        choices.append("none")
    others = [choice for choice in choices if choice != text(value)]
    if choices:
        return (others or choices)[0]
    if isinstance(value, bool):
        return text(not value)
    return text(2 * value or 1) if isinstance(value, int) else text(value)


def values(field: FieldInfo, inner: Sequence[type[Spec]]) -> str:
    """Which values a field takes.

    >>> from seedtrial.training.spec import TrainSpec
    >>> values(TrainSpec.model_fields["label_smoothing"], [])
    'a number of at least 0 and below 1'
    """
    if inner and get_origin(field.annotation) is tuple:
        return "a list of groups; the first is 0"
    if inner:
        none = ["none"] if type(None) in get_args(field.annotation) else []
        return either([*(filter(None, map(kind, inner)) if len(inner) > 1 else ["a group"]), *none])
    return _allowed(field.annotation, field.metadata)


def fixed(field: FieldInfo) -> bool:
    """Whether a field takes one value only.

    >>> from seedtrial.training.schedule import Cosine
    >>> fixed(Cosine.model_fields["kind"]), fixed(Cosine.model_fields["warmup"])
    (True, False)
    """
    return get_origin(field.annotation) is Literal and len(_choices(field.annotation)) == 1


def unit(field: FieldInfo) -> str:
    """The unit of a field; empty where its type says none.

    >>> from seedtrial.training.schedule import Cosine
    >>> unit(Cosine.model_fields["warmup"])
    'share'
    """
    return next((each.name for each in [*field.metadata, *_metadata(field.annotation)] if isinstance(each, Unit)), "")


def specs(annotation: Any) -> list[type[Spec]]:
    """The specifications that a value may be, or that its items are.

    >>> specs(Unit), specs(tuple[Spec, ...])
    ([], [<class 'seedtrial.spec.Spec'>])
    """
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return [annotation]
    return [spec for part in get_args(annotation) for spec in specs(part)]


def kind(spec: type[Spec]) -> str:
    """The name by which a union tells a specification from others; empty where it has none.

    >>> from seedtrial.training.schedule import Cosine
    >>> kind(Cosine)
    'cosine'
    """
    return str(spec.model_fields["kind"].default) if "kind" in spec.model_fields else ""


def either(choices: Sequence[str]) -> str:
    """Words as a choice.

    >>> either(["a", "b", "none"])
    'a, b or none'
    """
    return f"{', '.join(choices[:-1])} or {choices[-1]}" if len(choices) > 1 else choices[0]


def _choices(annotation: Any) -> list[Any]:
    """The values of a Literal, also of one that may be none."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [value for part in _parts(annotation) for value in _choices(part)]


def _parts(annotation: Any) -> tuple[Any, ...]:
    """What a union is of; empty for another annotation."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()


def _allowed(annotation: Any, metadata: Sequence[Any]) -> str:
    """Which values an annotation allows, in words. metadata: bounds from outside"""
    if get_origin(annotation) is Annotated:
        return _allowed(get_args(annotation)[0], [*_metadata(annotation), *metadata])
    if choices := _choices(annotation):
        return either([*(text(each) for each in choices), *(["none"] if type(None) in _parts(annotation) else [])])
    if parts := _parts(annotation):
        return " or ".join(_allowed(part, metadata) for part in parts)
    if get_origin(annotation) is tuple:
        items = get_args(annotation)
        return f"a list, each {_allowed(items[0], ())}" if items[-1] is Ellipsis else f"a list of {len(items)} numbers"
    bounds = _bounds(metadata) if annotation in (int, float) else ""
    return f"{NAMES[annotation]} {bounds}".strip()


def _metadata(annotation: Any) -> list[Any]:
    """What stands beside the types of an annotation: bounds and units."""
    inside = [item for part in get_args(annotation) for item in _metadata(part)]
    if get_origin(annotation) is not Annotated:
        return inside if _parts(annotation) else []
    own = get_args(annotation)[1:]
    return [*inside, *(item for each in own for item in (each.metadata if isinstance(each, FieldInfo) else [each]))]


def _bounds(metadata: Sequence[Any]) -> str:
    """Bounds in words.

    >>> _bounds([Gt(0), Lt(1)]), _bounds([Ge(1), Ge(32), Le(512)]), _bounds([Ge(0), Le(0.5)])
    ('above 0 and below 1', 'from 32 to 512', 'from 0 to 0.5')
    """
    least = max((float(str(each.ge)) for each in metadata if isinstance(each, Ge)), default=None)
    low = [f"above {each.gt}" for each in metadata if isinstance(each, Gt)]
    low += [] if least is None else [f"of at least {least:,.10g}"]
    high = [f"below {each.lt}" for each in metadata if isinstance(each, Lt)]
    most = min((float(str(each.le)) for each in metadata if isinstance(each, Le)), default=None)
    if most is not None and least is not None:
        return f"from {least:,.10g} to {most:,.10g}"
    high += [] if most is None else [f"at most {most:,.10g}"]
    return " and ".join([*low, *high])
