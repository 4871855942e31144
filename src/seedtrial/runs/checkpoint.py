"""Checkpoints: once a minute, between two epochs, a run keeps all that it needs to go on after an interruption.

The result is bit by bit what it would have been without the interruption, given the same processor and number of
threads. Runs of less than a minute keep nothing.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from seedtrial.errors import SeedtrialError
from seedtrial.files import as_json_line, read_json, read_json_lines, write_atomic
from seedtrial.runs.metrics import EpochLine, Machine, Resumed
from seedtrial.runs.record import Folder
from seedtrial.training.device import Engine

EVERY = 60.0  # seconds of training between two checkpoints
PACKAGE = Path(__file__).parent.parent
DECIDES = ("spec.py", "seeds.py", "data", "models", "training", "evaluation", "runs")  # what decides a run's results
OTHER_VERSION = "its checkpoint is of another version of seedtrial, torch or NumPy"


@dataclass(frozen=True)
class Checkpoint:
    """A run after some of its epochs, or after none.

    epochs:  the lines of epochs.jsonl up to there
    learner: what `Learner.checkpoint` gave; None before the first epoch
    best:    the best weights so far, where they are kept
    seconds: "total" (wall-clock) and "processor" time up to there
    resumed: the interruptions so far
    refused: why there is nothing to go on from, although a file was there

    >>> Checkpoint().seconds["total"], Checkpoint(refused="its checkpoint is damaged").learner
    (0.0, None)
    """

    epochs: tuple[EpochLine, ...] = ()
    learner: Mapping[str, np.ndarray] | None = None
    best: Mapping[str, np.ndarray] | None = None
    seconds: Mapping[str, float] = field(default_factory=lambda: {"total": 0.0, "processor": 0.0})
    resumed: tuple[Resumed, ...] = ()
    refused: str = ""

    def write(self, run_folder: Folder, engine: Engine) -> None:
        """Write it into the run's folder in place of the one before."""
        arrays = {f"learner.{name}": array for name, array in (self.learner or {}).items()}
        arrays |= {f"best.{name}": array for name, array in (self.best or {}).items()}
        header = {
            "epochs": len(self.epochs),
            "seconds": dict(self.seconds),
            "resumed": [interruption.plain() for interruption in self.resumed],
            "best": self.best is not None,
            "engine": engine.record(),
            "made_by": made_by(),
            "checksum": _checksum(arrays, self.epochs),
        }
        write_atomic(run_folder.checkpoint, save(arrays, metadata={"seedtrial": json.dumps(header)}))


class Clock:
    """How long a run has taken, time before an interruption included, and when the next checkpoint is due.

    >>> clock = Clock({"total": 60.0, "processor": 100.0})
    >>> clock.seconds()["total"] >= 60, clock.due()
    (True, False)
    """

    def __init__(self, before: Mapping[str, float]) -> None:
        self.latest = time.perf_counter()
        self.began, self.worked = self.latest - before["total"], time.process_time() - before["processor"]

    def seconds(self) -> dict[str, float]:
        """Wall-clock and processor seconds until now."""
        return {"total": time.perf_counter() - self.began, "processor": time.process_time() - self.worked}

    def due(self) -> bool:
        """Whether EVERY seconds have passed since this was last true."""
        if time.perf_counter() - self.latest < EVERY:
            return False
        self.latest = time.perf_counter()
        return True


def read_checkpoint(run_folder: Folder, engine: Engine) -> Checkpoint:
    """The checkpoint of an interrupted run. Changes nothing on the disk.

    It is empty where there is none, and empty with a reason, `refused`, where it is damaged or of another version.
    Raises SeedtrialError when it was begun on another device or in another precision, and OSError when it cannot be
    read: these are no reasons to lose it.

    >>> from seedtrial.training.device import choose_engine
    >>> read_checkpoint(Folder(Path("no-such-folder")), choose_engine("cpu")).learner is None
    True
    """
    if not run_folder.checkpoint.exists():
        return Checkpoint()
    with run_folder.checkpoint.open("rb"):  # no permission, or too many open files
        pass
    try:
        with safe_open(run_folder.checkpoint, framework="numpy") as file:
            written = (file.metadata() or {}).get("seedtrial")
            if written is None:  # a checkpoint, but not one that this version writes
                return Checkpoint(refused=OTHER_VERSION)
            header = json.loads(written)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
        # A pass may have been written down after the checkpoint; it is trained again.
        lines = tuple(EpochLine.model_validate(line) for line in read_json_lines(run_folder.epochs)[: header["epochs"]])
        whole = header["checksum"] == _checksum(arrays, lines)
        machine = Machine.model_validate(read_json(run_folder.machine))
        before = tuple(Resumed.model_validate(interruption) for interruption in header["resumed"])
    except (SafetensorError, SeedtrialError, OSError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        return Checkpoint(refused="its checkpoint is damaged")
    for name, now in engine.record().items():
        if name != "threads" and header["engine"][name] != now:
            raise SeedtrialError(
                f"{run_folder.path} was begun with {name} {header['engine'][name]}, not {now}; continue with that, or "
                "delete the folder to start again."
            )
    # Other code, or another torch, may round otherwise: going on would give a run that nobody can repeat.
    if header["made_by"] != made_by():
        return Checkpoint(refused=OTHER_VERSION)
    return Checkpoint(
        epochs=lines,
        learner=_under("learner.", arrays),
        best=_under("best.", arrays) if header["best"] else None,
        seconds=header["seconds"],
        resumed=(*before, Resumed(after_epoch=len(lines), machine=machine)),
    )


def rewind(run_folder: Folder, checkpoint: Checkpoint) -> None:
    """Bring the folder back to a checkpoint: whatever came after it is removed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "weights.safetensors").write_bytes(b"of an attempt that broke off")
    ...     rewind(Folder(Path(folder)), Checkpoint())
    ...     [path.name for path in Path(folder).iterdir()]
    ['epochs.jsonl']
    """
    keep = (run_folder.checkpoint, run_folder.epochs, run_folder.machine)
    for path in run_folder.path.iterdir():
        if path not in keep:
            path.unlink()
    write_atomic(run_folder.epochs, "".join(as_json_line(line.plain()) for line in checkpoint.epochs))


def decisive_files(package: Path = PACKAGE) -> Iterator[Path]:
    """The source files that have a say in a run's results, Python and C.

    >>> "loop.py" in [path.name for path in decisive_files()]
    True
    """
    for name in DECIDES:
        path = package / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.suffix in (".py", ".c", ".h"))


def code_digest(package: Path = PACKAGE) -> str:
    """SHA-256 over the decisive source files and their names.

    >>> len(code_digest())
    64
    """
    total = hashlib.sha256()
    for path in decisive_files(package):
        total.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


@cache
def made_by() -> dict[str, str]:
    """What the same bits depend on: versions, and a digest of our own code.

    >>> list(made_by())
    ['seedtrial', 'torch', 'numpy', 'files']
    """
    return {package: version(package) for package in ("seedtrial", "torch", "numpy")} | {"files": code_digest()}


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _checksum(arrays: Mapping[str, np.ndarray], lines: tuple[EpochLine, ...]) -> str:
    """Over all that a checkpoint holds and the epochs before it."""
    total = hashlib.sha256("".join(as_json_line(line.plain()) for line in lines).encode())
    for name in sorted(arrays):
        total.update(name.encode())
        total.update(np.ascontiguousarray(arrays[name]).tobytes())
    return total.hexdigest()
