"""The command `seedtrial`: its verbs, with every mistake as one sentence and an exit code."""

import contextlib
import io
import os
import sys
import warnings
from itertools import pairwise
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from seedtrial.cli.app import app
from seedtrial.errors import SeedtrialError, os_sentence


def main() -> None:
    """The entry point: bad input is one sentence on stderr and exit code 1, without a traceback."""
    # Threads that wait by spinning take the processor from whoever has work: beside another busy process, a run of two
    # threads then took 32 to 38 s per epoch, against 5 s. It must be said before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # scikit-learn's joblib says so where nothing can be shared between processes, which is not needed here.
    warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode", category=UserWarning)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows ASCII alone must not lose a table to a dash
    try:
        os.getcwd()
    except FileNotFoundError:  # where torch would end the process with a message of its own
        _fail("The current folder is no longer there; go to another one.")
    if empty := _empty(sys.argv[1:]):
        _fail(empty)
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()  # a full disk is met here, not after the last line of Python
        if code == 130:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except (SeedtrialError, TyperException) as error:
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        message = (
            message.split(", unable to parse")[0].replace("Input should be", "expected").replace("Value error, ", "")
        )
        _fail(_with_what_came(message, sys.argv[1:]) or "A command is missing; see seedtrial --help.")
    except (KeyboardInterrupt, typer.Abort):
        _fail("Stopped. Finished runs are kept; the same command continues with the rest.", code=130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `seedtrial ... --json | head` is no mistake
        code = 0
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # what is still to be printed may be what found no space
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail(os_sentence(error))
    except RuntimeError as error:
        if "home directory" not in str(error):
            raise
        _fail("The home folder (~) is not known; set HOME, or give the folders with --runs and SEEDTRIAL_CACHE.")
    sys.exit(code if isinstance(code, int) else 0)


def _empty(words: list[str]) -> str:
    """The sentence on an argument that is empty, or "": no verb takes one, and as a path it is the current folder."""
    for before, word in zip(["", *words], words, strict=False):
        name, equals, value = word.partition("=")
        if not word.strip():
            return f"The argument after {before or 'seedtrial'} is empty; is a shell variable not set?"
        if name.startswith("--") and equals and not value.strip():
            return f"{name} is empty; is a shell variable not set?"
    return ""


def _with_what_came(message: str, words: list[str]) -> str:
    """A sentence on the value of an option, with the value that was given; typer names the option alone."""
    option = message.removeprefix("Invalid value for '").split("'")[0]
    given = [after for before, after in pairwise(words) if before == option]
    given += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    unclear = len(given) != 1 or "expected" not in message or not option.startswith("--")
    return message if unclear else f"{message.rstrip('.')}, not {given[0]!r}."


def _fail(message: str, code: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)
