"""Made-up observations of runs, for claims to be judged by."""

import numpy as np

from seedtrial.claims.contract import ClaimKind
from seedtrial.claims.evidence import Evidence
from seedtrial.claims.observed import NotTested, Observed
from seedtrial.claims.verdicts import Verdict, judge
from seedtrial.evaluation.predictions import Predictions

MACHINE = ("a processor", None, 2)


def observed(
    labels: np.ndarray,
    answers: np.ndarray,
    *,
    classes: tuple[str, ...] = ("no", "yes"),
    val_losses: tuple[float, ...] = (),
    seconds: float = 1.0,
    processor_seconds: float | None = None,
    machine: tuple[str, str | None, int] = MACHINE,
) -> Observed:
    """What a run would leave that gave these answers; labels and answers: (N,) int64."""
    probs = np.eye(len(classes), dtype=np.float32)[answers]
    return Observed(Predictions(labels, probs), classes, val_losses, seconds, processor_seconds, machine)


Observations = dict[str, dict[int, Observed]]


def wrong_on(*counts: int, offset: int = 0, images: int = 1000) -> dict[int, Observed]:
    """One seed per count: so many images of one class, from the offset on, are classified wrongly."""
    number = np.arange(images) - offset
    labels = np.ones(images, np.int64)
    return {
        seed: observed(labels, ((number < 0) | (number >= count)).astype(np.int64)) for seed, count in enumerate(counts)
    }


def the_verdict(claim: ClaimKind, runs: Observations) -> Verdict:
    """The verdict on a claim that is alone."""
    return judge((claim,), runs)[0]


def the_evidence(claim: ClaimKind, runs: Observations) -> Evidence:
    """The only evidence of a claim, which there is."""
    (evidence,) = claim.evidence(runs)
    assert not isinstance(evidence, NotTested)
    return evidence


def timed(*seconds: float, processor: tuple[float, ...] = (), threads: int = 2) -> dict[int, Observed]:
    """One seed per time."""
    right = np.ones(8, np.int64)
    return {
        seed: observed(
            right,
            right,
            seconds=time,
            processor_seconds=processor[seed] if processor else None,
            machine=("a processor", None, threads),
        )
        for seed, time in enumerate(seconds)
    }
