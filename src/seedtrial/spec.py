"""Specifications: frozen values that refuse nonsense, are varied by copying or by text, and are named by a digest."""

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from seedtrial.errors import SeedtrialError, unknown

S = TypeVar("S", bound="Spec")
Count = Annotated[int, Field(strict=True, ge=1)]  # a whole number from 1 on; neither true nor 2.0


class Spec(BaseModel):
    """A frozen, strict value; each step of the way of the data owns its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def model_copy(self: S, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> S:
        """A copy with some fields changed, checked like a new one."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).model_validate(given | dict(update or {}))

    def canonical(self) -> dict[str, Any]:
        """All that is set, as JSON values; what is None is left out, so that a new optional setting renames nothing."""
        return self.model_dump(mode="json", exclude_none=True)


def by_name(value: Any) -> Any:
    """A choice among several kinds may be given by its kind alone: "sgd" is {"kind": "sgd"}.

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
    """A Spec from plain values. Raises SeedtrialError with one sentence that names the first wrong setting."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise explain(error, kind) from None


def flattened(spec: Spec) -> dict[str, str]:
    """Every setting of a specification by its path, as --set would write it."""
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
    """A copy with some settings changed by text, typed as the field is.

    >>> from seedtrial.training.spec import TrainSpec
    >>> changed = override(TrainSpec(epochs=30), ["epochs=2", "optimiser.kind=sgd"])
    >>> changed.epochs, changed.optimiser.kind
    (2, 'sgd')

    The value is read as JSON where it is JSON, else as text. Raises SeedtrialError for a setting that does not exist
    (with the nearest name) or a value that does not fit.
    """
    settings = list(settings)
    if not settings:
        return spec
    values = spec.model_dump(mode="json", exclude_unset=True) | {}
    _add_kinds(values, spec)
    _keep_excluded(values, spec)
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path:
            raise SeedtrialError(f"A setting looks like training.epochs=2, not '{setting}'.")
        _put(values, spec.model_dump(mode="json"), path.split("."), _parse(text), path)
    return check(type(spec), values)


def explain(error: ValidationError, kind: type[BaseModel] | None = None) -> SeedtrialError:
    """The first problem of a pydantic error as one sentence with the path of the setting."""
    problems = error.errors()
    details = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    parts = [str(part) for part in details["loc"]]
    if details["type"] == "extra_forbidden" and kind is not None:
        names, known = _settings_along(kind, parts[:-1])
        return unknown("setting", ".".join([*names, parts[-1]]), [".".join([*names, name]) for name in known])
    if kind is not None:
        parts = _settings_along(kind, parts)[0]
    return SeedtrialError(_sentence(details, ".".join(parts) or error.title))


def _sentence(details: ErrorDetails, where: str) -> str:
    message, value = details["msg"], details["input"]
    if details["type"] in ("value_error", "assertion_error"):
        return f"{where}: {str(details['ctx']['error'])}" if where else str(details["ctx"]["error"])
    if details["type"] == "missing":
        return f"{where} is missing."
    if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
        expected = details.get("ctx", {}).get("expected_tags")
        given = value.get("kind") if isinstance(value, dict) else value
        if not expected:
            return f"{where} needs a 'kind'."
        return str(unknown(f"{where}.kind", str(given), expected.replace("'", "").split(", ")))
    message = message.split(", unable to")[0].replace("Input should be", "should be")
    shown = json.dumps(value, default=str)
    return f"{where} {message[0].lower()}{message[1:]}, not {shown if len(shown) < 80 else shown[:77] + '...'}."


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
                raise SeedtrialError(f"{path.split(f'.{key}.')[0]}.{key} is a value without settings of its own.")
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
    raise SeedtrialError(f"{path}: '{key}' should be a position from 0 to {len(values) - 1}.")


def _keep_excluded(values: dict[str, Any], spec: Spec) -> None:
    """Put in what a dump leaves out, such as a function of the user's, which has no JSON."""
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if field.exclude and value is not None:
            values[name] = value
        elif isinstance(value, Spec) and isinstance(values.get(name), dict):
            _keep_excluded(values[name], value)


def _add_kinds(values: dict[str, Any], spec: Any) -> None:
    """Write every `kind` into a dump of what was set, since a reader needs it to choose among several."""
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


def _settings_along(kind: type[BaseModel], parts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The part of an error's location that users write, without union tags, and the settings known at its end."""
    names: list[str] = []
    choices: list[type[BaseModel]] = [kind]
    for part in parts:
        if len(choices) > 1:  # pydantic puts the kind that it chose by into the location
            choices = [choice for choice in choices if choice.model_fields["kind"].default == part]
            continue
        fields = [c.model_fields[part] for c in choices if part in c.model_fields]
        if fields or part.isdigit():  # else it is how pydantic calls a branch of a union
            names.append(part)
        if fields:
            choices = [found for field in fields for found in _specs_in(field.annotation)]
    return names, sorted({name for choice in choices for name in choice.model_fields})


def _specs_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [spec for part in get_args(annotation) for spec in _specs_in(part)]
