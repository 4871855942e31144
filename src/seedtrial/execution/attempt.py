"""Trying to make one run of a study, in this process or in a worker: whatever goes wrong is kept as its reason."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from seedtrial.data.dataset import Dataset, DataSpec
from seedtrial.errors import Busy, SeedtrialError
from seedtrial.files import write_json
from seedtrial.models.count import summary
from seedtrial.runs.run import run
from seedtrial.runs.watch import Watch
from seedtrial.study.plan import Planned


@dataclass(frozen=True)
class Attempt:
    """How it went: made now, kept since another process had made it, busy there at this moment, or failed."""

    status: Literal["made", "kept", "busy", "failed"]
    reason: str = ""


@dataclass(frozen=True)
class Work:
    """What all runs of a study have in common."""

    study: str
    runs: Path
    device: str
    datasets: Mapping[DataSpec, Dataset]

    def attempt(self, item: Planned, *, wait: bool, seconds: float, watch: Watch) -> Attempt:
        """Make a run. wait: for another process that is at it; seconds: how long it may take, for who is told."""
        try:
            done = run(
                item.recipe,
                item.seed,
                runs=self.runs,
                study=self.study,
                label=item.label,
                dataset=self.datasets[item.recipe.data],
                device=self.device,
                watch=watch,
                wait=wait,
                seconds=seconds,
            )
        except Busy:
            return Attempt("busy")
        except Exception as error:
            return Attempt("failed", write_failure(item, _reason(item, error)))
        return Attempt("made" if done.fresh else "kept")


def _reason(item: Planned, error: Exception) -> str:
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return too_large(item)
    kind = "" if isinstance(error, SeedtrialError) else f"{type(error).__name__}: "
    return f"{kind}{error}".split("\n")[0]


def too_large(item: Planned) -> str:
    """What to make smaller: the network where its weights take more than what a batch leaves behind in its layers."""
    counted, batch = (
        summary(item.recipe.model, item.facts.shape, len(item.facts.classes)),
        item.recipe.training.batch_size,
    )
    weights = 4 * counted.parameters  # they, their gradients, and the optimiser's two averages
    left_behind = 2 * batch * sum(math.prod(layer.shape) for layer in counted.layers)
    if weights > left_behind:
        return f"Out of memory with {counted.parameters:,} parameters in the network; it needs fewer."
    return (
        f"Out of memory with batches of {batch:,}; try --set training.batch_size={max(1, batch // 2)}, "
        "or --jobs 1 where several runs go on at once."
    )


def write_failure(item: Planned, reason: str) -> str:
    """Keep the reason in the run's folder, if that can be written to, and return it."""
    try:
        item.folder.path.mkdir(parents=True, exist_ok=True)
        write_json(item.folder.failure, {"message": reason})
    except OSError:  # the disk may be what failed; the run simply stays missing
        pass
    return reason
