"""Progress while runs are trained: the protocols that a display implements, and a display that shows nothing.

Several runs may go on at once; each has a `RunWatch` of its own.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from seedtrial.runs.metrics import EpochLine, Metrics


class Pace(Protocol):
    """How far an epoch is, such as a Learner; steps is 0 while that is not known."""

    @property
    def step(self) -> int: ...
    @property
    def steps(self) -> int: ...


class RunWatch(Protocol):
    """Shows the progress of one run."""

    def epoch_ends(self, epoch: EpochLine) -> None:
        """A pass is over."""

    def run_ends(self, metrics: Metrics) -> None:
        """The training is over; metrics are those of its metrics.json."""


class Watch(Protocol):
    """Shows the progress of a study.

    >>> Silent().note("A message for whoever shows progress.")
    """

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        """So many runs are to be trained, in about so many seconds."""

    def note(self, text: str) -> None:
        """A message for the user."""

    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> AbstractContextManager[RunWatch]:
        """A run begins, which may take so many seconds; it is left when the run is over, for better or worse."""

    def study_ends(self) -> None:
        """All is over, for better or worse."""


class Silent:
    """Tells nobody, neither of a study nor of a run.

    >>> Silent().note("unheard")
    """

    def study_begins(self, name: str, runs: int, seconds: float) -> None: ...
    def note(self, text: str) -> None: ...
    def epoch_ends(self, epoch: EpochLine) -> None: ...
    def run_ends(self, metrics: Metrics) -> None: ...
    def study_ends(self) -> None: ...

    @contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        yield self
