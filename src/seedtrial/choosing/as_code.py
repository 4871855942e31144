"""Specifications as the Python that makes them, for study files that people read and change."""

from collections.abc import Iterable
from typing import Any

from seedtrial import models
from seedtrial.spec import Spec

WIDTH = 110  # columns, from which a call gets a line for each setting


def as_code(value: Any, *, indent: int = 0, names: tuple[tuple[Spec, str], ...] = ()) -> str:
    """A specification, or a value in one, as Python; what is as usual is left out.

    indent: columns to the left of the call's first line
    names:  specifications that have a name in the file already

    >>> from seedtrial.models import Dense
    >>> as_code(Dense(widths=(64,), dropout=0.3))
    'Dense(widths=(64,), dropout=0.3)'
    """
    for known, name in names:
        if value is known:
            return name
    if isinstance(value, Spec):
        given = {name: getattr(value, name) for name in type(value).model_fields if _is_said(value, name)}
        return _call(type(value).__name__, given, indent, names)
    if isinstance(value, tuple):
        items = [as_code(item, indent=indent, names=names) for item in value]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return repr(value).replace("'", '"') if isinstance(value, str) and not set("'\"\\") & set(value) else repr(value)


def imports(values: Iterable[Spec]) -> list[str]:
    """The lines that import the classes of specifications and of those in them.

    >>> from seedtrial.models import Dense
    >>> imports([Dense()])
    ['from seedtrial.models import Dense']
    """
    classes = {kind for value in values for kind in _classes(value)}
    by_module: dict[str, list[str]] = {}
    for kind in sorted(classes, key=lambda kind: kind.__name__):
        module = "seedtrial.models" if getattr(models, kind.__name__, None) is kind else kind.__module__
        by_module.setdefault(module, []).append(kind.__name__)
    return [f"from {module} import {', '.join(by_module[module])}" for module in sorted(by_module)]


def _is_said(value: Spec, name: str) -> bool:
    """Whether a setting must be said: it was set, and is not what it would be anyway."""
    field = type(value).model_fields[name]
    if name == "kind" or name not in value.model_fields_set:
        return False
    return field.is_required() or field.default_factory is not None or getattr(value, name) != field.default


def _call(name: str, given: dict[str, Any], indent: int, names: tuple[tuple[Spec, str], ...]) -> str:
    short = ", ".join(f"{key}={as_code(value, names=names)}" for key, value in given.items())
    if indent + len(name) + len(short) + 2 <= WIDTH:
        return f"{name}({short})"
    inner = indent + 4
    lines = [f"{' ' * inner}{key}={as_code(value, indent=inner, names=names)}," for key, value in given.items()]
    return "\n".join([f"{name}(", *lines, f"{' ' * indent})"])


def _classes(value: Any) -> set[type[Spec]]:
    if isinstance(value, tuple):
        return {kind for item in value for kind in _classes(item)}
    if not isinstance(value, Spec):
        return set()
    settings = [getattr(value, name) for name in type(value).model_fields if _is_said(value, name)]
    return {type(value)}.union(*(_classes(each) for each in settings))
