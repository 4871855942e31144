"""Attempts at runs: what an executor is given, and what it gives back for each run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from seedtrial.data.dataset import Dataset, DataSpec
from seedtrial.errors import Busy, SeedtrialError
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
    files:  name -> bytes of the run's folder, where the run was trained on a machine that cannot write to ours; None
            where the folder is in its place

    >>> Attempt("failed", "Out of memory").status
    'failed'
    """

    status: Literal["trained", "present", "busy", "failed"]
    reason: str = ""
    files: Mapping[str, bytes] | None = None

    @classmethod
    def ended(cls, run: Run) -> "Attempt":
        """The attempt that gave this finished run."""
        return cls("trained" if run.fresh else "present")

    @classmethod
    def broke_off(cls, item: Planned, error: Exception) -> "Attempt":
        """The attempt that this error ended; its reason is written into the run's folder."""
        return cls("busy") if isinstance(error, Busy) else cls("failed", write_failure(item, _reason(item, error)))


@dataclass(frozen=True)
class Setup:
    """What all runs of one execution share.

    runs:     the folder that run folders live in
    device:   as the user asked for it: auto, cpu or cuda
    hardware: what that means here: cpu or cuda
    datasets: the images of every recipe's data
    seconds:  label -> expected seconds of one run
    """

    study: Study
    runs: Path
    device: str
    hardware: str
    datasets: Mapping[DataSpec, Dataset]
    seconds: Mapping[str, float]

    def order(self, item: Planned, *, wait: bool) -> Order:
        """What `train` is told about one of the runs. wait: for another process that works on it"""
        return Order(self.runs, item.label, self.device, self.seconds[item.label], wait)

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
    """Write the reason into the run's folder, if that can be written to, and return it."""
    try:
        item.folder.path.mkdir(parents=True, exist_ok=True)
        write_json(item.folder.failure, {"message": reason})
    except OSError:  # the disk may be what failed; the run simply stays missing
        pass
    return reason


def out_of_memory(item: Planned) -> str:
    """What to make smaller: the network if its weights need more memory than its activations, else the batch."""
    counted = item.recipe.model.summary(item.facts.shape, len(item.facts.classes))
    batch = item.recipe.training.batch_size
    weights = 4 * counted.parameters  # the weights, their gradients, and the optimiser's two averages
    activations = 2 * batch * sum(math.prod(layer.shape) for layer in counted.layers)  # and their gradients
    if weights > activations:
        return f"Out of memory: the network has {counted.parameters:,} parameters; it needs fewer."
    return (
        f"Out of memory with batches of {batch:,}; try --set training.batch_size={max(1, batch // 2)}, "
        "or --jobs 1 if several runs go on at once."
    )


def _reason(item: Planned, error: Exception) -> str:
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return out_of_memory(item)
    kind = "" if isinstance(error, SeedtrialError) else f"{type(error).__name__}: "
    return f"{kind}{error}".split("\n")[0]
