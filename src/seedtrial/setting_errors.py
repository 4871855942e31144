"""A setting that does not exist or does not fit, in one sentence that names it as users write it: training.epochs."""

import json
from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seedtrial.errors import ALSO_CALLED, SeedtrialError, Unknown, Wrong, unknown
from seedtrial.words import counted

OPTIONS = {
    "device": "--device cpu",
    "gpu": "--device cuda",
    "seed": "--seeds N",
    "seeds": "--seeds N",
    "jobs": "--jobs N",
}


def setting_error(error: ValidationError, kind: type[BaseModel] | None = None) -> SeedtrialError:
    """A pydantic error as one sentence with the path of the setting.

    An unknown setting is reported first, since a misspelt name often causes the other problems.

    >>> class Blur(BaseModel):
    ...     radius: float
    >>> try:
    ...     Blur(radius="wide")
    ... except ValidationError as error:
    ...     print(setting_error(error, Blur))
    radius should be a valid number, not "wide".
    """
    problems = error.errors()
    details = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    parts = [str(part) for part in details["loc"]]
    if details["type"] == "extra_forbidden" and kind is not None:
        names, known = _settings_along(kind, parts[:-1])
        return _unknown_setting(kind, names, parts[-1], known)
    if kind is not None:
        parts = _settings_along(kind, parts)[0]
    return Wrong(_sentence(details, ".".join(parts) or error.title))


def _unknown_setting(kind: type[BaseModel], names: Sequence[str], name: str, known: Sequence[str]) -> Unknown:
    """The error for a setting that does not exist here; if one of that name is elsewhere, it says where."""
    if name in OPTIONS:
        return Unknown(f"There is no setting '{'.'.join([*names, name])}'; it is an option: {OPTIONS[name]}.")
    asked, here = ".".join([*names, name]), [".".join([*names, each]) for each in known]
    wanted = ALSO_CALLED.get(name.lower(), name)
    if wanted in known:
        nearest = [".".join([*names, wanted])]
    else:
        nearest = [path for path in _all_settings(kind) if path.split(".")[-1] == wanted]
    if nearest and wanted not in (known if wanted == name else ()):
        return Unknown(f"There is no setting '{asked}'. Did you mean '{nearest[0]}'? Known: {', '.join(sorted(here))}.")
    return unknown("setting", asked, here)


def _all_settings(kind: type[BaseModel], path: str = "") -> list[str]:
    """Every setting below a specification, whichever kinds are chosen, the shallow ones first."""
    paths, deeper = [], []
    for name, field in kind.model_fields.items():
        paths.append(path + name)
        listed = ".0" if get_origin(field.annotation) is tuple else ""
        for spec in _specs_in(field.annotation):
            deeper += _all_settings(spec, f"{path}{name}{listed}.")
    return sorted(dict.fromkeys([*paths, *deeper]), key=lambda each: each.count("."))


def _sentence(details: ErrorDetails, where: str) -> str:
    message, value = details["msg"], details["input"]
    if details["type"] in ("value_error", "assertion_error"):
        return f"{where}: {details['ctx']['error']}" if where else str(details["ctx"]["error"])
    if details["type"] == "missing":
        return f"{where} is missing."
    if isinstance(value, type):
        return f"{where} should be an object, such as {value.__name__}(), not the class {value.__name__}."
    if details["type"] == "model_attributes_type" and isinstance(value, tuple):  # a single one, taken apart
        return f"{where} should be a list; put a single one into brackets, [...]."
    if details["type"] == "dict_type":
        return f"{where} should be a dict of names and values, not a {type(value).__name__}."
    if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
        expected = details.get("ctx", {}).get("expected_tags")
        given = value.get("kind") if isinstance(value, dict) else value
        if not expected:
            return f"{where} needs a 'kind'."
        return str(unknown(f"{where}.kind", str(given), expected.replace("'", "").split(", ")))
    if details["type"] == "too_short":
        return f"{where} should have at least {counted(details['ctx']['min_length'], 'item')}."
    if details["type"] in ("tuple_type", "list_type"):
        shown = json.dumps(value, default=str)
        return f"{where} should be a list, such as [{shown}], not {shown}."
    if details["type"] == "string_pattern_mismatch" and details["ctx"]["pattern"].startswith("^[A-Za-z0-9]"):
        return f"{where} may have letters, digits, dots, dashes and underscores only, not {json.dumps(value)}."
    message = message.split(", unable to")[0].replace("Input should be", "should be")
    shown = json.dumps(value, default=str)
    return f"{where} {message[0].lower()}{message[1:]}, not {shown if len(shown) < 80 else shown[:77] + '...'}."


def _settings_along(kind: type[BaseModel], parts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The path of a setting as users write it, from an error's location; and the settings that exist at its end.

    Pydantic puts the tag of each union into the location ("optimiser", "sgd", "rate"), which users do not write.
    """
    names: list[str] = []
    choices: list[type[BaseModel]] = [kind]  # the classes that the path so far may lead to
    for part in parts:
        if len(choices) > 1:  # a union: this part of the location is its tag
            choices = [choice for choice in choices if choice.model_fields["kind"].default == part]
            continue
        fields = [c.model_fields[part] for c in choices if part in c.model_fields]
        if fields or part.isdigit():  # else it is pydantic's name for a branch of a union
            names.append(part)
        if fields:
            choices = [spec for field in fields for spec in _specs_in(field.annotation)]
    return names, sorted({name for choice in choices for name in choice.model_fields})


def _specs_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [spec for part in get_args(annotation) for spec in _specs_in(part)]
