"""Made-up outcomes of runs, for claims to be judged by."""

import numpy as np

from seedtrial.claims.outcome import Outcome
from seedtrial.evaluation.predictions import Predictions

MACHINE = ("a processor", None, 2)


def outcome(
    labels: np.ndarray,
    answers: np.ndarray,
    *,
    classes: tuple[str, ...] = ("no", "yes"),
    val_losses: tuple[float, ...] = (),
    seconds: float = 1.0,
    processor_seconds: float | None = None,
    machine: tuple[str, str | None, int] = MACHINE,
) -> Outcome:
    """What a run would leave that gave these answers; labels and answers: (N,) int64."""
    probs = np.eye(len(classes), dtype=np.float32)[answers]
    return Outcome(Predictions(labels, probs), classes, val_losses, seconds, processor_seconds, machine)
