"""Where a run that breaks off goes on: once a minute, between two passes, all that it needs for that is kept.

What comes out is bit by bit what would have come out without the break, given the same processor and number of threads.
Runs of less than a minute keep nothing.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from seedtrial.errors import SeedtrialError
from seedtrial.files import as_json_line, read_json, read_json_lines, write_atomic
from seedtrial.runs.record import Folder
from seedtrial.training.device import Engine

EVERY = 60.0  # seconds of training between two of them
TRAINS = ("data", "models", "training")  # the folders of seedtrial whose files have a say in what is learnt


@dataclass(frozen=True)
class Checkpoint:
    """A run after some of its passes, or after none.

    epochs:    the lines of epochs.jsonl up to there
    learner:   what `Learner.checkpoint` gave; None before the first pass
    best:      the best weights so far, where they are kept
    seconds:   of the clock and of the processor that went into it, "total" and "processor"
    resumed:   after which passes it had to go on, and the machine.json of what came before
    refused:   why there is nothing to go on from, if something was there
    """

    epochs: list[dict[str, Any]] = field(default_factory=list)
    learner: Mapping[str, np.ndarray] | None = None
    best: Mapping[str, np.ndarray] | None = None
    seconds: Mapping[str, float] = field(default_factory=lambda: {"total": 0.0, "processor": 0.0})
    resumed: tuple[dict[str, Any], ...] = ()
    refused: str = ""

    def write(self, place: Folder, engine: Engine) -> None:
        """Keep it in the run's folder, instead of the one before."""
        arrays = {f"learner.{name}": array for name, array in (self.learner or {}).items()}
        arrays |= {f"best.{name}": array for name, array in (self.best or {}).items()}
        told = {"epochs": len(self.epochs), "seconds": dict(self.seconds), "resumed": self.resumed}
        told |= {"best": self.best is not None, "engine": engine.record(), "made_by": _made_by()}
        told["checksum"] = _checksum(arrays, self.epochs)
        write_atomic(place.checkpoint, save(arrays, metadata={"seedtrial": json.dumps(told)}))


class Clock:
    """What a run has taken, also before it broke off, and when the next checkpoint is due."""

    def __init__(self, before: Mapping[str, float]) -> None:
        self.latest = time.perf_counter()
        self.began, self.worked = self.latest - before["total"], time.process_time() - before["processor"]

    def seconds(self) -> dict[str, float]:
        """By the clock and of the processor, until now."""
        return {"total": time.perf_counter() - self.began, "processor": time.process_time() - self.worked}

    def due(self) -> bool:
        """Whether EVERY seconds have passed since the last time that it was."""
        if time.perf_counter() - self.latest < EVERY:
            return False
        self.latest = time.perf_counter()
        return True


def read(place: Folder, engine: Engine) -> Checkpoint:
    """What a run that broke off has left, made usable: its folder holds that and nothing that came after it.

    An empty one where there is nothing, and one with a reason, `refused`, where it is damaged or of another version.
    Raises SeedtrialError when it was begun on another device or in another precision, which is not worth losing it for.
    """
    if not place.checkpoint.exists():
        return Checkpoint()
    try:
        with safe_open(place.checkpoint, framework="numpy") as file:
            told = json.loads(file.metadata()["seedtrial"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
        lines = read_json_lines(place.epochs)[: told["epochs"]]
        whole = told["checksum"] == _checksum(arrays, lines)
        part = {"after_epoch": told["epochs"], "machine": read_json(place.machine)}
    except (SafetensorError, SeedtrialError, OSError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        return Checkpoint(refused="its checkpoint is damaged")
    for name, now in engine.record().items():
        if name != "threads" and told["engine"][name] != now:
            raise SeedtrialError(
                f"{place.path} was begun with {name} {told['engine'][name]}, not {now}; go on with that, or delete the "
                "folder to begin anew."
            )
    if told["made_by"] != _made_by():
        return Checkpoint(refused="its checkpoint is of another version of seedtrial, torch or NumPy")
    for path in place.path.iterdir():
        if path not in (place.checkpoint, place.epochs, place.machine):
            path.unlink()
    write_atomic(place.epochs, "".join(map(as_json_line, lines)))
    return Checkpoint(
        epochs=lines,
        learner=_under("learner.", arrays),
        best=_under("best.", arrays) if told["best"] else None,
        seconds=told["seconds"],
        resumed=(*told["resumed"], part),
    )


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _checksum(arrays: Mapping[str, np.ndarray], lines: list[dict[str, Any]]) -> str:
    """Of all that a checkpoint holds and of the epochs before it."""
    found = hashlib.sha256("".join(map(as_json_line, lines)).encode())
    for name in sorted(arrays):
        found.update(name.encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()


@cache
def _made_by() -> dict[str, str]:
    """Versions, and a checksum of seedtrial's own files that have a say in training: what the same bits depend on."""
    own = hashlib.sha256()
    for path in sorted(path for part in TRAINS for path in (Path(__file__).parent.parent / part).iterdir()):
        if path.suffix in (".py", ".c", ".h"):
            own.update(path.read_bytes())
    return {package: version(package) for package in ("seedtrial", "torch", "numpy")} | {"files": own.hexdigest()}
