"""Studies by name or from a file: the built-in ones, and a user's own Python file."""

import ast
import contextlib
import importlib
import importlib.util
import sys
import traceback
from importlib import resources
from pathlib import Path

from seedtrial.errors import SeedtrialError, unknown
from seedtrial.study.study import Study

PACKAGE = "seedtrial.studies"


def built_in_studies() -> dict[str, str]:
    """The built-in studies: name -> question, the first sentence of the file's docstring. Imports none of them.

    >>> built_in_studies()["quickstart"]
    'Does a small convolutional network beat a dense one of more than ten times its size?'
    """
    questions = {}
    for file in sorted(resources.files(PACKAGE).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py") and not file.name.startswith("_"):
            text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            name = file.name.removesuffix(".py").replace("_", "-")
            questions[name] = text.split("\n\n")[0].replace("\n", " ")
    return questions


def is_study(name: str) -> bool:
    """Whether a name is that of a study: a Python file, or a built-in one that is no folder.

    >>> is_study("quickstart"), is_study("mine.py"), is_study("0123456789ab-s0")
    (True, True, False)
    """
    return name.endswith(".py") or (name in built_in_studies() and not Path(name).is_dir())


def load_study(name: str) -> Study:
    """A built-in study by name, or one from the path of a Python file with a function `study` that returns it.

    >>> list(load_study("quickstart").recipes)
    ['dense', 'conv']

    Raises SeedtrialError when there is no such study, or when its file does not give a Study; the message names the
    line of the file.
    """
    known = built_in_studies()
    if name in known:
        module = importlib.import_module(f"{PACKAGE}.{name.replace('-', '_')}")
        return _from(module, name)
    path = Path(name).expanduser().absolute()
    if path.suffix != ".py":
        if path.exists():
            raise SeedtrialError(f"A study is a built-in name or a Python file; {name} is neither.")
        raise unknown("study", name, known)
    if not path.is_file():
        raise SeedtrialError(f"There is no study file {name}.")
    spec = importlib.util.spec_from_file_location(f"seedtrial_study_{path.stem}", path)
    assert spec is not None and spec.loader is not None  # it ends in .py
    module = importlib.util.module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no __pycache__ beside the user's files
    sys.modules[spec.name] = module  # dataclasses look their module up there
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for results; with --json, for nothing else
            spec.loader.exec_module(module)
            return _from(module, name)
    except SeedtrialError as error:
        raise SeedtrialError(str(error) if name in str(error) else f"{name}, {_line(error, path)}: {error}") from None
    except NameError as error:
        raise SeedtrialError(f"{name} failed in {_line(error, path)}: {_missing_import(error)}") from None
    except SyntaxError as error:
        raise SeedtrialError(f"{name} is not valid Python: {error.msg} (line {error.lineno}).") from None
    except (Exception, SystemExit) as error:  # whatever a user's file may raise
        if isinstance(error, OSError) and error.filename == str(path):
            raise SeedtrialError(f"Cannot read {name}: {error.strerror}.") from None
        message = " ".join(f"{type(error).__name__}: {error}".split())  # on one line
        raise SeedtrialError(f"{name} failed in {_line(error, path)}: {message}.") from None
    finally:
        sys.dont_write_bytecode = writes


def _line(error: BaseException, path: Path) -> str:
    """The last line of the user's file that the error passed through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f"line {frames[-1].lineno}" if frames else "it"


def _missing_import(error: NameError) -> str:
    """A sentence for a name that the file does not know; if it is one of ours, with the line to add."""
    if error.name in importlib.import_module("seedtrial").__all__:
        return f"{error.name} is not imported; add the line: from seedtrial import {error.name}"
    for module in ("models", "models.convnet", "training.spec", "training.optimiser", "training.schedule",
                   "data.dataset", "data.splits", "data.augment"):  # fmt: skip
        if error.name and hasattr(importlib.import_module(f"seedtrial.{module}"), error.name):
            return f"{error.name} is not imported; add the line: from seedtrial.{module} import {error.name}"
    return f"NameError: {error}."


def _from(module: object, name: str) -> Study:
    make = getattr(module, "study", None)
    if not callable(make):
        hint = "; `study` is an object: write def study(): return Study(...)" if hasattr(module, "study") else ""
        raise SeedtrialError(f"{name} has no function `study` that returns a Study{hint}.")
    study = make()
    if not isinstance(study, Study):
        hints = {"NoneType": " (is the line `return Study(...)` missing?)", "tuple": " (is there a comma too many?)"}
        kind = type(study).__name__
        raise SeedtrialError(f"`study` in {name} should return a Study, not {kind}{hints.get(kind, '')}.")
    return study
