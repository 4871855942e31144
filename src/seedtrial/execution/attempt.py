"""Attempts at runs: what an executor is given, and what it gives back for each run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from seedtrial.data.dataset import Dataset, DataSpec
from seedtrial.errors import FULL, Busy, SeedtrialError, os_sentence
from seedtrial.execution.room import smaller
from seedtrial.files import write_json
from seedtrial.runs.examine import examine
from seedtrial.runs.run import Order
from seedtrial.runs.trained import Run
from seedtrial.study.plan import Planned
from seedtrial.study.study import Study


@dataclass(frozen=True)
class Attempt:
    """How an attempt at one run ended.

    status: trained: now, by this execution
            present: another process has finished the run in the meantime
            busy:    another process is working on the run
            failed:  the run broke off
    reason: why it failed
    stops:  whether the next run would meet the same, as with a full disk; then the study ends
    files:  name -> bytes of the run's folder, where the run was trained on a machine that cannot write to ours; None
            where the folder is in its place

    >>> Attempt("failed", "Out of memory").status
    'failed'
    """

    status: Literal["trained", "present", "busy", "failed"]
    reason: str = ""
    stops: bool = False
    files: Mapping[str, bytes] | None = None

    @classmethod
    def ended(cls, run: Run) -> "Attempt":
        """The attempt that gave this finished run."""
        return cls("trained" if run.fresh else "present")

    @classmethod
    def broke_off(cls, item: Planned, error: Exception) -> "Attempt":
        """The attempt that this error ended; its reason is written into the run's folder."""
        if isinstance(error, Busy):
            return cls("busy")
        stops = isinstance(error, OSError) and error.errno in FULL
        return cls("failed", write_failure(item, _reason(item, error)), stops)


@dataclass(frozen=True)
class Setup:
    """What all runs of one execution share.

    runs:     the folder that run folders live in
    device:   as the user asked for it: auto, cpu or cuda
    hardware: what that means here: cpu or cuda
    datasets: the images of every run's data
    seconds:  label -> expected seconds of one run
    """

    study: Study
    runs: Path
    device: str
    hardware: str
    datasets: Mapping[DataSpec, Dataset]
    seconds: Mapping[str, float]

    def order(self, item: Planned, *, wait: bool) -> Order:
        """The order that `train` gets for one of the runs. wait: for another process that works on it"""
        return Order(self.runs, item.label, self.study.name, self.device, self.seconds[item.label], wait)

    def examined(self, run: Run, item: Planned, *, wait: bool) -> Run:
        """The run after its examination, if the study is judged on test images. wait: as in `order`"""
        if self.study.judged_on == "validation":
            return run
        # Another process may be examining what we have just trained; then it is ours, and soon done.
        wait = wait or run.fresh
        return examine(run, dataset=self.dataset(item), study=self.study.name, label=item.label, wait=wait)

    def dataset(self, item: Planned) -> Dataset:
        """The images of one of the runs."""
        return self.datasets[item.recipe.data]


def write_failure(item: Planned, reason: str) -> str:
    """Write the reason into the run's folder, if that can be written to, and return it.

    >>> from tempfile import TemporaryDirectory
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> with TemporaryDirectory() as folder:
    ...     item = plan(load_study("quickstart"), Path(folder)).runs[0]
    ...     item.folder.state(), write_failure(item, "Out of memory.")
    ('missing', 'Out of memory.')
    """
    try:
        item.folder.path.mkdir(parents=True, exist_ok=True)
        write_json(item.folder.failure, {"message": reason})
    except OSError:  # the disk may be what failed; the run simply stays missing
        pass
    return reason


def _reason(item: Planned, error: Exception) -> str:
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return f"Out of memory{smaller(item)}"
    if isinstance(error, OSError):
        return os_sentence(error)
    kind = "" if isinstance(error, SeedtrialError) else f"{type(error).__name__}: "
    return f"{kind}{error}".split("\n")[0]
