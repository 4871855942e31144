"""Specifications: frozen, checked settings that are varied by copying or by text (--set) and identified by a digest."""

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seedtrial.errors import SeedtrialError, Wrong
from seedtrial.setting_errors import setting_error

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # under a public name, since only mypy needs to know which class that is

S = TypeVar("S", bound="Spec")
Count = Annotated[int, Field(strict=True, ge=1)]  # a whole number from 1 on; neither true nor 2.0


@dataclass(frozen=True)
class Unit:
    """The unit of a setting, as a part of its type: Annotated[int, Unit("pixels")]. It checks nothing.

    >>> Unit("pixels").name
    'pixels'
    """

    name: str


class _Plain(ModelMetaclass):
    """Makes a mistake in Python as plain as one on the command line: one sentence, without pydantic's list and link.

    Only calls such as Dense(width=3) pass through here; what pydantic builds itself while it checks a whole does not.
    """

    def __call__(cls, *args: Any, **values: Any) -> Any:
        if args:
            raise Wrong(f"{cls.__name__} takes its settings by name, such as {cls.__name__}({_first_name(cls)}=...).")
        try:
            return super().__call__(**values)
        except ValidationError as error:
            raise setting_error(error, cls) from None  # type: ignore[arg-type]


class Spec(BaseModel, metaclass=_Plain):
    """A frozen group of settings that refuses unknown names and values that do not fit.

    Each one lives beside the code that reads it.

    >>> class Blur(Spec):
    ...     radius: float = 1.0
    >>> Blur().model_copy(update={"radius": 2}).canonical()
    {'radius': 2.0}
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def model_copy(self: S, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> S:
        """A copy with some settings changed, checked like a new one (pydantic's own copy checks nothing)."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return check(type(self), given | dict(update or {}))

    def canonical(self) -> dict[str, Any]:
        """All settings that are not None, as JSON values; this is what digests are computed from.

        None is left out, so that a new optional setting does not change the digests of existing recipes.
        """
        return self.model_dump(mode="json", exclude_none=True)


def by_name(value: Any) -> Any:
    """A group of settings given by its kind alone, "sgd", as {"kind": "sgd"}; other values stay as they are.

    >>> by_name("sgd")
    {'kind': 'sgd'}
    """
    return {"kind": value} if isinstance(value, str) else value


def digest(value: Any) -> str:
    """SHA-256 of canonical JSON (sorted keys, no spaces), in hexadecimal.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check(kind: type[S], values: Any) -> S:
    """A Spec from plain values. Raises SeedtrialError with one sentence that names the first wrong setting.

    >>> class Blur(Spec):
    ...     radius: float = 1.0
    >>> check(Blur, {"radius": "wide"})
    Traceback (most recent call last):
        ...
    seedtrial.errors.Wrong: radius should be a valid number, not "wide".
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise setting_error(error, kind) from None


def flattened(spec: Spec) -> dict[str, str]:
    """Every setting of a specification by its path, as --set takes them.

    >>> from seedtrial.training.spec import TrainSpec
    >>> flattened(TrainSpec(epochs=30))["optimiser.kind"]
    'adam'
    """
    flat: dict[str, str] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for number, item in enumerate(value):
                walk(item, f"{path}.{number}")
        else:
            flat[path] = value if isinstance(value, str) else json.dumps(value)

    walk(spec.model_dump(mode="json"), "")
    return flat


def override(spec: S, settings: Iterable[str]) -> S:
    """A copy with some settings changed by text, as --set gives them; each value gets its setting's type.

    >>> from seedtrial.training.spec import TrainSpec
    >>> changed = override(TrainSpec(epochs=30), ["epochs=2", "optimiser.kind=sgd"])
    >>> changed.epochs, changed.optimiser.kind
    (2, 'sgd')

    A value that is valid JSON is read as JSON, any other as text. The order does not matter, see `in_order`. Raises
    SeedtrialError for a setting that does not exist (with the nearest name) or a value that does not fit.
    """
    settings = in_order(settings)
    if not settings:
        return spec
    # Only what was set: when `kind` changes, the rest takes the defaults of the new kind, not those of the old one.
    values = spec.model_dump(mode="json", exclude_unset=True)
    _add_kinds(values, spec)
    _keep_excluded(values, spec)
    for setting in settings:
        path, _, text = setting.partition("=")
        _put(values, spec.model_dump(mode="json"), path.split("."), _parse(text), path)
    return check(type(spec), values)


def in_order(settings: Iterable[str]) -> list[str]:
    """Settings in the order in which they are applied: outer before inner, a group's kind before its other settings.

    A new kind takes its own defaults for all that is inside, so applied last it would undo what the user asked for.
    Equal paths keep their order: the last one counts.

    >>> in_order(["optimiser.rate=0.5", "epochs=2", "optimiser.kind=sgd"])
    ['epochs=2', 'optimiser.kind=sgd', 'optimiser.rate=0.5']

    Raises SeedtrialError for text that is no setting.
    """
    settings = list(settings)
    for setting in settings:
        path, equals, _ = setting.partition("=")
        if not equals or not path:
            raise SeedtrialError(f"A setting looks like training.epochs=2, not '{setting}'.")

    def rank(setting: str) -> tuple[int, bool]:
        keys = setting.partition("=")[0].split(".")
        return len(keys), keys[-1] != "kind"

    return sorted(settings, key=rank)


def _first_name(kind: Any) -> str:
    return next((name for name in kind.model_fields if name != "kind"), "kind")


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def _put(values: Any, defaults: Any, keys: Sequence[str], value: Any, path: str) -> None:
    """Set values[k1][k2]... = value; missing levels are taken from the defaults. List items go by number."""
    *way, last = keys
    for key in way:
        if isinstance(values, list):
            position = _position(key, values, path)
            if not isinstance(values[position], dict | list):
                raise SeedtrialError(
                    f"{path.split(f'.{key}.')[0]}.{key} is a single value without settings of its own."
                )
            values, defaults = values[position], None
            continue
        default = defaults.get(key) if isinstance(defaults, dict) else None
        present = values.get(key)
        if isinstance(present, str):  # the short way to name a kind, optimiser=sgd
            values[key], default = {"kind": present}, None
        elif not isinstance(present, dict | list):
            values[key] = copy.deepcopy(default) if isinstance(default, list) else {}
        values, defaults = values[key], default
    if isinstance(values, list):
        values[_position(last, values, path)] = value
        return
    if last == "kind" and values.get("kind") != value:  # another kind: what was set for the old one may not fit
        values.clear()
    values[last] = value


def _position(key: str, values: list[Any], path: str) -> int:
    if key.isdigit() and int(key) < len(values):
        return int(key)
    raise SeedtrialError(f"{path}: expected a position from 0 to {len(values) - 1}, not '{key}'.")


def _keep_excluded(values: dict[str, Any], spec: Spec) -> None:
    """Add what a dump leaves out, such as a user's function, which cannot be written as JSON."""
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if field.exclude and value is not None:
            values[name] = value
        elif isinstance(value, Spec) and isinstance(values.get(name), dict):
            _keep_excluded(values[name], value)


def _add_kinds(values: dict[str, Any], spec: Any) -> None:
    """Add every `kind` to a dump of what was set, since pydantic chooses the class by it."""
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if name == "kind":
            values["kind"] = value
        elif isinstance(value, Spec):
            _add_kinds(values.setdefault(name, {}), value)
        elif isinstance(value, tuple) and name in values:
            for part, item in zip(values[name], value, strict=True):
                if isinstance(item, Spec):
                    _add_kinds(part, item)
