"""A worker process: it trains the runs whose numbers arrive on its pipe, and reports on the same pipe.

Messages to a worker are (number of the run, whether to wait for another process that works on it). Messages from it are
a word and its values: ("begins", label, seed, epochs, seconds), ("epoch", line of epochs.jsonl), ("ends", metrics),
("note", text), and last ("attempt", attempt).
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

import torch

from seedtrial.execution.attempt import Attempt, Setup
from seedtrial.runs.metrics import EpochLine, Metrics
from seedtrial.runs.run import train
from seedtrial.runs.watch import Pace, RunWatch
from seedtrial.study.plan import Planned

INTERVAL = 0.2  # seconds between two reports of the position within an epoch


class SharedPace:
    """A worker's position within its epoch, in memory that both processes see: far cheaper than messages.

    >>> pace = SharedPace([3, 10])
    >>> pace.step, pace.steps
    (3, 10)
    """

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    @property
    def step(self) -> int:
        return int(self.numbers[0])

    @property
    def steps(self) -> int:
        return int(self.numbers[1])


def work(
    todo: Sequence[Planned],
    setup: Setup,
    pipe: Connection,
    pace: SharedPace,
    inherited: Sequence[Connection],
    coordinator: int,
) -> None:
    """Train one run after the other until the pipe closes.

    inherited:   the coordinator's ends of all pipes, which a fork copies into this process
    coordinator: the process number of the study's own process
    """
    # While a copy of the coordinator's end is open anywhere, a worker's pipe never closes, so that workers would keep
    # each other waiting for a coordinator that is gone.
    for connection in inherited:
        connection.close()
    # Ctrl-C reaches every process of the terminal. The coordinator alone decides what it means, and ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    torch.set_num_threads(1)  # until a run says how many it computes with
    watch = PipeWatch(pipe)
    threading.Thread(target=_report_pace, args=(watch, pace, coordinator), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            number, wait = pipe.recv()
            item = todo[number]
            try:
                dataset, order = setup.dataset(item), setup.order(item, wait=wait)
                run = train(item.recipe, item.seed, order, dataset=dataset, watch=watch)
                attempt = Attempt.ended(setup.examined(run, item, wait=wait))
            except Exception as error:
                attempt = Attempt.broke_off(item, error)
            watch.send("attempt", attempt)


class PipeWatch:
    """A Watch in a worker: sends what it hears to the coordinator."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.pace: Pace | None = None

    def send(self, *message: Any) -> None:
        """Send a message. Ends the process when the coordinator is gone, since nobody wants the run any more."""
        try:
            self.pipe.send(message)
        except OSError:
            os._exit(1)

    def study_begins(self, name: str, runs: int, seconds: float) -> None: ...
    def study_ends(self) -> None: ...

    def note(self, text: str) -> None:
        self.send("note", text)

    @contextlib.contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        self.pace = pace
        self.send("begins", label, seed, epochs, seconds)
        try:
            yield self
        finally:
            self.pace = None

    def epoch_ends(self, epoch: EpochLine) -> None:
        self.send("epoch", epoch)

    def run_ends(self, metrics: Metrics) -> None:
        self.send("ends", metrics)


def _report_pace(watch: PipeWatch, pace: SharedPace, coordinator: int) -> None:
    """Publish the position within the epoch, and end the worker when the coordinator is gone.

    A coordinator that was killed cannot end its workers, and a worker in the middle of a run reads no pipe. But every
    orphan gets another parent, so a look at the parent's number is enough, on any system.
    """
    while True:
        now = watch.pace
        pace.numbers[:] = (now.step, now.steps) if now else (0, 0)
        if os.getppid() != coordinator:
            os._exit(1)
        time.sleep(INTERVAL)
