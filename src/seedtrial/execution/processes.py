"""Worker processes: each makes one run after the other on a thread of its own, from data that all of them share.

On small networks two processes of one thread do nearly twice the work of one process of two threads. Workers live as
long as the study: nothing is imported, read or copied again for a run.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

import torch

from seedtrial.errors import SeedtrialError
from seedtrial.execution.attempt import Attempt, Work, write_failure
from seedtrial.models.learner import Epoch
from seedtrial.runs.watch import Pace, RunWatch, Watch
from seedtrial.study.plan import Planned

LOOK = 0.2  # seconds between two looks at how far a worker's epoch is
PATIENCE = 2.0  # seconds that workers have to end


def usual(*, device: str, runs: int) -> int:
    """How many runs at a time suit: one per core that we may use, if there are so many; one where a GPU works."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if device == "cuda" else max(1, min(cores, runs))


def asked_for(given: str) -> int | None:
    """Runs at a time, from the command line's word; None for auto. Raises SeedtrialError for anything else."""
    if given == "auto":
        return None
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise SeedtrialError(f"--jobs takes auto or a number from 1 on, not '{given}'.")
    return int(given)


def share_out(
    todo: Sequence[tuple[Planned, float]], work: Work, *, jobs: int, device: str, watch: Watch
) -> Generator[tuple[Planned, Attempt], None, None]:
    """Make runs in `jobs` processes, and tell of each how it went, in the order in which they are over.

    todo:   runs, and the seconds that each may take
    device: what they run on; a GPU cannot be shared with a process that was forked

    A run that another process is at is come back to when all others are begun. However this ends, no worker is left.
    """
    fresh = deque(range(len(todo)))
    later: deque[int] = deque()
    forks = sys.platform == "linux" and device != "cuda"
    if forks:
        gc.collect()
        gc.freeze()  # else the workers' collectors would write to, and so copy, all that they share
    crew: list[_Worker] = []
    try:
        for _ in range(jobs):
            crew.append(_Worker.start(work, todo, forks, crew))
        while True:
            for worker in crew:
                if worker.item is None and (fresh or later):
                    waiting = not fresh
                    worker.begin((later if waiting else fresh).popleft(), waiting)
            busy = {worker.pipe: worker for worker in crew if worker.item is not None}
            if not busy:
                return
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                number = worker.item
                assert number is not None
                item = todo[number][0]
                try:
                    attempt = worker.hear(watch)
                except (EOFError, OSError):  # it was killed, or broke down as Python never should
                    attempt = Attempt("failed", write_failure(item, worker.end_in_words()))
                    worker.pipe.close()
                    crew.remove(worker)
                    crew.append(_Worker.start(work, todo, forks, crew))
                if attempt is None:
                    continue
                if attempt.status == "busy":
                    later.append(number)
                yield item, attempt
    finally:
        _end(crew)
        gc.unfreeze()


@dataclass(eq=False)
class _Worker:
    """A worker as the study's own process sees it. item: the place in `todo` of what it is at."""

    process: Any
    pipe: Connection
    pace: "_SharedPace"
    item: int | None = None
    watched: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    told_to: RunWatch | None = None

    @classmethod
    def start(
        cls, work: Work, todo: Sequence[tuple[Planned, float]], forks: bool, others: Sequence["_Worker"]
    ) -> "_Worker":
        """A new one, beside the others."""
        context = multiprocessing.get_context("fork" if forks else "spawn")
        ours, theirs = context.Pipe()
        pace = _SharedPace(context.RawArray("q", 2))
        inherited = [*(other.pipe for other in others), ours] if forks else []
        arguments = (work, todo, theirs, pace, inherited, os.getpid())
        process = context.Process(target=_serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
        with (
            warnings.catch_warnings()
        ):  # NumPy's threads are there, but none of ours, and nothing was computed by torch
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            process.start()
        theirs.close()
        return cls(process, ours, pace)

    def begin(self, number: int, waiting: bool) -> None:
        """Give it a run."""
        self.item = number
        with contextlib.suppress(OSError):  # it is dead, which the next hearing finds out
            self.pipe.send((number, waiting))

    def hear(self, watch: Watch) -> Attempt | None:
        """Pass on what it tells. When it is done with a run, how that went. Raises EOFError when it is gone."""
        told, *rest = self.pipe.recv()
        match told:
            case "begins":
                label, seed, epochs, seconds = rest
                self.told_to = self.watched.enter_context(watch.run(label, seed, epochs, self.pace, seconds))
            case "epoch" if self.told_to is not None:
                self.told_to.epoch_ends(*rest)
            case "ends" if self.told_to is not None:
                self.told_to.run_ends(*rest)
            case "note":
                watch.note(*rest)
            case "done":
                self.watched.close()
                self.item = self.told_to = None
                return Attempt(*rest)
        return None

    def end_in_words(self) -> str:
        """How its process ended."""
        self.watched.close()
        self.process.join(PATIENCE)
        code = self.process.exitcode
        if code == -signal.SIGKILL:
            return (
                "Its process was killed, perhaps for want of memory; try fewer --jobs or a smaller training.batch_size."
            )
        return f"Its process ended by {f'signal {-code}' if code is not None and code < 0 else f'exit code {code}'}."


def _end(crew: Sequence[_Worker]) -> None:
    """End the workers, at once if they are at something: what they are at is made again."""
    for worker in crew:
        worker.pipe.close()  # an idle one ends by itself
        if worker.item is not None:
            worker.process.terminate()
    deadline = time.monotonic() + PATIENCE
    for worker in crew:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.watched.close()


class _SharedPace:
    """How far a worker's epoch is, in memory that both processes see."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    @property
    def step(self) -> int:
        return int(self.numbers[0])

    @property
    def steps(self) -> int:
        return int(self.numbers[1])


class _Remote:
    """A Watch in a worker: tells the study's own process."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.pace: Pace | None = None

    def study_begins(self, name: str, runs: int, seconds: float) -> None: ...
    def study_ends(self) -> None: ...

    def note(self, text: str) -> None:
        self.send("note", text)

    def send(self, *told: Any) -> None:
        """Tell the study's own process; where that is gone, the work is at an end."""
        try:
            self.pipe.send(told)
        except OSError:
            os._exit(1)

    @contextlib.contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        self.pace = pace
        self.send("begins", label, seed, epochs, seconds)
        try:
            yield self
        finally:
            self.pace = None

    def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None:
        self.send("epoch", epoch, scores)

    def run_ends(self, told: dict[str, Any]) -> None:
        self.send("ends", told)


def _serve(
    work: Work,
    todo: Sequence[tuple[Planned, float]],
    pipe: Connection,
    pace: _SharedPace,
    inherited: Sequence[Connection],
    parent: int,
) -> None:
    """What a worker does: one run after the other as it is told, until nobody tells it any more."""
    for other in inherited:  # else the pipes would stay open when the study's own process is gone
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the study's own process decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    watch = _Remote(pipe)
    threading.Thread(target=_look, args=(watch, pace, parent), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            number, waiting = pipe.recv()
            item, seconds = todo[number]
            attempt = work.attempt(item, wait=waiting, seconds=seconds, watch=watch)
            watch.send("done", attempt.status, attempt.reason)


def _look(watch: _Remote, pace: _SharedPace, parent: int) -> None:
    """Show how far the epoch is, and end the worker when the study's own process is gone."""
    while True:
        now = watch.pace
        pace.numbers[:] = (now.step, now.steps) if now else (0, 0)
        if os.getppid() != parent:
            os._exit(1)
        time.sleep(LOOK)
