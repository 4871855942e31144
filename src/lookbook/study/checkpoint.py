"""Where a run that breaks off goes on: once a minute, between two passes, all that it needs for that is kept.

What comes out is bit by bit what would have come out without the break. Runs of less than a minute keep nothing.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lookbook.errors import LookbookError
from lookbook.files import as_json_line, read_json_lines, write_atomic
from lookbook.study.record import Folder
from lookbook.training.device import Engine

EVERY = 60.0  # seconds of training between two of them


@dataclass(frozen=True)
class Checkpoint:
    """A run after some of its passes, or after none.

    epochs:    the lines of epochs.jsonl up to there
    learner:   what `Learner.checkpoint` gave; None before the first pass
    best:      the best weights so far, where they are kept
    seconds:   of the clock and of the processor that went into it, "total" and "processor"
    resumed:   after which passes it had gone on before
    """

    epochs: list[dict[str, Any]] = field(default_factory=list)
    learner: Mapping[str, np.ndarray] | None = None
    best: Mapping[str, np.ndarray] | None = None
    seconds: Mapping[str, float] = field(default_factory=lambda: {"total": 0.0, "processor": 0.0})
    resumed: tuple[int, ...] = ()

    def write(self, place: Folder, engine: Engine) -> None:
        """Keep it in the run's folder, instead of the one before."""
        arrays = {f"learner.{name}": array for name, array in (self.learner or {}).items()}
        arrays |= {f"best.{name}": array for name, array in (self.best or {}).items()}
        told = {"epochs": len(self.epochs), "seconds": dict(self.seconds), "resumed": self.resumed}
        told |= {"best": self.best is not None, "engine": _alike(engine)}
        write_atomic(place.checkpoint, save(arrays, metadata={"lookbook": json.dumps(told)}))


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
    """What a run that broke off has left, made usable: epochs.jsonl ends where the checkpoint does.

    An empty one where there is nothing, where it is damaged, and where device, precision or versions were others.
    """
    try:
        with safe_open(place.checkpoint, framework="numpy") as file:
            told = json.loads(file.metadata()["lookbook"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
        lines = read_json_lines(place.epochs)[: told["epochs"]]
        if told["engine"] != _alike(engine) or len(lines) < told["epochs"]:
            return Checkpoint()
        found = Checkpoint(
            epochs=lines,
            learner=_under("learner.", arrays),
            best=_under("best.", arrays) if told["best"] else None,
            seconds=told["seconds"],
            resumed=(*told["resumed"], told["epochs"]),
        )
    except (SafetensorError, LookbookError, OSError, KeyError, TypeError, ValueError):
        return Checkpoint()
    write_atomic(place.epochs, "".join(map(as_json_line, lines)))
    place.failure.unlink(missing_ok=True)
    return found


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _alike(engine: Engine) -> dict[str, str]:
    """What must not change within a run; the number of threads may."""
    versions = {package: version(package) for package in ("lookbook", "torch")}
    return {"device": engine.device, "precision": engine.precision} | versions
