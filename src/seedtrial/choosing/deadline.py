"""Time: a budget in seconds, and how a training is stopped when a share of it is over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from seedtrial.runs.metrics import EpochLine, Metrics
from seedtrial.runs.watch import Pace, RunWatch, Watch


class TimeIsUp(BaseException):
    """The time for these trainings is over. It ends them as Ctrl-C does: what has a checkpoint can go on from it."""


@dataclass(frozen=True)
class Budget:
    """Seconds that a choice may take, from its beginning on.

    >>> Budget(began=time.monotonic(), seconds=600.0).left(0.5) <= 300
    True
    """

    began: float
    seconds: float

    def left(self, share: float = 1.0) -> float:
        """Seconds until this share of the budget is used; below 0 after that."""
        return self.began + share * self.seconds - time.monotonic()

    @property
    def used(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began


class Until:
    """A watch that passes all on to another one, and raises TimeIsUp after the first epoch that ends too late.

    >>> from seedtrial.runs.watch import Silent
    >>> try:
    ...     Until(Silent(), seconds=-1.0).check()
    ... except TimeIsUp:
    ...     print("stopped")
    stopped
    """

    def __init__(self, watch: Watch, seconds: float) -> None:
        self.watch, self.end = watch, time.monotonic() + seconds

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        self.watch.study_begins(name, runs, seconds)

    def note(self, text: str) -> None:
        self.watch.note(text)

    def study_ends(self) -> None:
        self.watch.study_ends()

    @contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        self.check()
        with self.watch.run(label, seed, epochs, pace, seconds) as inner:
            yield _RunUntil(self, inner)

    def check(self) -> None:
        """Raise TimeIsUp if the time is over."""
        if time.monotonic() > self.end:
            raise TimeIsUp


class _RunUntil:
    def __init__(self, until: Until, inner: RunWatch) -> None:
        self.until, self.inner = until, inner

    def epoch_ends(self, epoch: EpochLine) -> None:
        self.inner.epoch_ends(epoch)
        self.until.check()

    def run_ends(self, metrics: Metrics) -> None:
        self.inner.run_ends(metrics)
