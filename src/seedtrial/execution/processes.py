"""Executor `processes`: several runs at a time, each in a worker process with one thread.

On small networks two processes of one thread do nearly twice the work of one process of two threads. Workers live as
long as the study: nothing is imported, read or copied again for a run. What a worker does is in worker.py; this is the
side of the study's own process, the coordinator.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from seedtrial.execution.attempt import Attempt, Setup, write_failure
from seedtrial.execution.here import here
from seedtrial.execution.worker import SharedPace, work
from seedtrial.runs.watch import RunWatch, Watch
from seedtrial.study.plan import Planned
from seedtrial.words import counted

PATIENCE = 2.0  # seconds that workers have to end


def processes(
    todo: Sequence[Planned], setup: Setup, *, jobs: int, watch: Watch
) -> Generator[tuple[Planned, Attempt], None, None]:
    """Train the runs in `jobs` worker processes.

    Runs that another process is working on are retried when all others have begun. However this ends, no worker is
    left behind.
    """
    new, busy = deque(range(len(todo))), deque[int]()
    # A forked worker starts at once and shares the images in memory. CUDA does not survive a fork, and elsewhere than
    # on Linux forks are unsafe or missing; there a worker is spawned and gets a copy.
    fork = sys.platform == "linux" and setup.hardware != "cuda"
    if fork:
        # A collector that marks objects writes to their pages, and each page written to is copied for that worker.
        # What is frozen is never marked, so it stays shared.
        gc.collect()
        gc.freeze()
    workers: list[_Worker] = []
    try:
        for _ in range(jobs):
            try:
                _add_worker(workers, todo, setup, fork)
            except OSError as error:  # no room for what processes share, such as a read-only /tmp, or too few of them
                running = counted(max(1, len(workers)), "run")
                watch.note(f"Note: {running} at a time, since no other process can be started ({error.strerror}).")
                break
        if not workers:
            yield from here(todo, setup, jobs=1, watch=watch)
            return
        while True:
            for worker in workers:
                if worker.number is None and (new or busy):
                    wait = not new
                    worker.begin((busy if wait else new).popleft(), wait)
            working = {worker.pipe: worker for worker in workers if worker.number is not None}
            if not working:
                return
            for pipe in connection.wait(list(working)):
                worker = working[pipe]  # type: ignore[index]
                number = worker.number
                assert number is not None
                item = todo[number]
                try:
                    attempt = worker.receive(watch)
                except (EOFError, OSError):  # its process is gone: killed, or ended as Python never should
                    attempt = Attempt("failed", write_failure(item, worker.cause_of_death()))
                    workers.remove(worker)
                    _add_worker(workers, todo, setup, fork)
                if attempt is None:  # progress; the run goes on
                    continue
                if attempt.status == "busy":
                    busy.append(number)
                yield item, attempt
    finally:
        _end(workers)
        gc.unfreeze()


@dataclass(eq=False)
class _Worker:
    """A worker process as the coordinator sees it.

    number:   of the run that it works on, in `todo`
    progress: holds the run's display open while the run lasts
    """

    process: Any
    pipe: Connection
    pace: SharedPace
    number: int | None = None
    progress: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    run_watch: RunWatch | None = None

    def begin(self, number: int, wait: bool) -> None:
        """Give it a run."""
        self.number = number
        with contextlib.suppress(OSError):  # its process is gone, as the next `receive` finds
            self.pipe.send((number, wait))

    def receive(self, watch: Watch) -> Attempt | None:
        """Pass its next message on; the attempt, when its run is over. Raises EOFError when the process is gone."""
        word, *values = self.pipe.recv()
        match word:
            case "begins":
                label, seed, epochs, seconds = values
                self.run_watch = self.progress.enter_context(watch.run(label, seed, epochs, self.pace, seconds))
            case "epoch" if self.run_watch is not None:
                self.run_watch.epoch_ends(*values)
            case "ends" if self.run_watch is not None:
                self.run_watch.run_ends(*values)
            case "note":
                watch.note(*values)
            case "attempt":
                self.progress.close()
                self.number = self.run_watch = None
                attempt: Attempt = values[0]
                return attempt
        return None

    def cause_of_death(self) -> str:
        """How its process ended, as a sentence."""
        self.progress.close()
        self.pipe.close()
        self.process.join(PATIENCE)
        code = self.process.exitcode
        if code == -signal.SIGKILL:
            return "Its process was killed, perhaps for lack of memory; try fewer --jobs or a smaller batch_size."
        return f"Its process ended by {f'signal {-code}' if code is not None and code < 0 else f'exit code {code}'}."


def _add_worker(workers: list[_Worker], todo: Sequence[Planned], setup: Setup, fork: bool) -> None:
    """Start a worker and add it to the others."""
    context = multiprocessing.get_context("fork" if fork else "spawn")
    ours, theirs = context.Pipe()
    pace = SharedPace(context.RawArray("q", 2))
    inherited = [*(worker.pipe for worker in workers), ours] if fork else []
    arguments = (todo, setup, theirs, pace, inherited, os.getpid())
    # A daemon, so that Python ends it where the coordinator exits without closing the generator.
    process = context.Process(target=work, args=arguments, daemon=True)  # type: ignore[attr-defined]
    with _interrupts_held_back(), warnings.catch_warnings():
        # Python warns of forks beside threads, which may hold locks. Here only NumPy's and torch's idle pools exist.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        process.start()
        workers.append(_Worker(process, ours, pace))
    theirs.close()


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Deliver Ctrl-C only after this block.

    Python loses an interrupt that arrives while it forks: the hooks that run then swallow the exception. And a new
    worker would end by it before it can ignore it. A process inherits the mask, and the worker lifts it itself.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(workers: Sequence[_Worker]) -> None:
    """End all workers, at once if they work on something; that run is trained later, or goes on from its checkpoint."""
    for worker in workers:
        worker.pipe.close()  # an idle worker ends by itself
        if worker.number is not None:
            worker.process.terminate()
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.is_alive():  # it ignores signals, or is in a system call that cannot be interrupted
            worker.process.kill()
            worker.process.join()
        worker.progress.close()
