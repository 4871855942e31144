"""The command `seedtrial`: its verbs, with every mistake told in one sentence and by the exit code."""

import errno
import os
import sys
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from seedtrial.cli.app import app
from seedtrial.errors import SeedtrialError


def main() -> None:
    """The entry point: bad input is one sentence on stderr and exit code 1, without a traceback."""
    for name in ("stdout", "stderr"):  # None where the caller closed it
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()  # a full disk is met here, not after the last line of Python
        if code == 130:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except (SeedtrialError, TyperException) as error:
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        _fail(message or "Say what to do; see seedtrial --help.")
    except (KeyboardInterrupt, typer.Abort):
        _fail("Stopped. Finished runs are kept; the same command goes on with the rest.", code=130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `seedtrial ... --json | head` is no mistake
        code = 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail("Cannot write: no space left on device.")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)
