"""The machine and the versions of a run: the contents of machine.json."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import torch

from seedtrial.models.fast import kernels
from seedtrial.runs.metrics import Machine
from seedtrial.training.device import Engine

PACKAGES = ("seedtrial", "torch", "numpy", "scikit-learn", "scipy")


def describe(engine: Engine) -> Machine:
    """Versions, commit, processor, device, threads, precision, compiled kernels and the command that was given.

    >>> from seedtrial.training.device import choose_engine
    >>> describe(choose_engine("cpu")).engine.device
    'cpu'
    """
    return Machine(
        python=platform.python_version(),
        versions={package: version(package) for package in PACKAGES},
        commit=commit(),
        system=platform.platform(),
        processor=processor(),
        cores=os.cpu_count(),
        gpu=torch.cuda.get_device_name() if engine.device == "cuda" else None,
        engine=engine,
        kernels=kernels.LEVEL if engine.device == "cpu" else None,
        command=" ".join([Path(sys.argv[0]).name, *map(_readable, sys.argv[1:])]),
    )


def _readable(argument: str) -> str:
    """An argument as text that can be written: bytes that the locale could not read are read as UTF-8."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def processor() -> str:
    """The processor's name, as the system tells it.

    >>> len(processor()) > 0
    True
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit() -> str | None:
    """The commit of seedtrial's own source, with a + when files were changed since; None outside a checkout.

    >>> commit() is None or len(commit()) >= 7
    True
    """
    here = Path(__file__).parent
    try:
        ours = ["git", "-C", str(here), "ls-files", "--error-unmatch", Path(__file__).name]
        if subprocess.run(ours, capture_output=True, timeout=10).returncode:
            return None
        ask = ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        described = subprocess.run(ask, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None
