"""Further processes that answer at the same address, since one process of Python uses one core.

Each listens at the same port by a socket of its own (SO_REUSEPORT), among which Linux deals connections out. So one
that dies takes its own connections with it and no others; it is started again. All count in memory that they share.
They end when the first process closes the pipe that is their standard input, which happens however it ends.
"""

import json
import mmap
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from seedtrial.errors import SeedtrialError
from seedtrial.serving.metrics import ALIVE, IN_PROGRESS, ServerMetrics, shared_size

MOST = 64
USUAL = 4  # at most, where nothing else is asked for; each takes 100 MB
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)  # seconds before one that ended is started again
STEADY = 60.0  # seconds after which its end counts as the first one
LAST = 7.0  # seconds in which they answer what they have accepted


def usual_workers() -> int:
    """How many processes answer where nothing else is asked for: one a core, up to four.

    >>> 1 <= usual_workers() <= 4
    True
    """
    return min(USUAL, len(os.sched_getaffinity(0))) if sys.platform == "linux" else 1


def check_workers(workers: int) -> None:
    """Raise SeedtrialError unless so many processes can share a port.

    >>> check_workers(1)
    """
    if not 1 <= workers <= MOST:
        raise SeedtrialError(f"--workers takes a number from 1 to {MOST}, not {workers}.")
    if workers > 1 and sys.platform != "linux":
        raise SeedtrialError("Several processes can share a port on Linux alone; leave --workers out.")


class Workers:
    """The further processes of a server. The first process is number 0 and none of them.

    >>> alone = Workers(Path("network.zip"), "127.0.0.1", 8000, None, 1)
    >>> alone.start()
    >>> alone.end()
    """

    def __init__(self, bundle: Path, host: str, port: int, token: str | None, workers: int) -> None:
        self._settings = {"bundle": str(bundle.absolute()), "host": host, "port": port, "token": token}
        self._ending = threading.Event()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._memory, self._file = _memory(workers)
        self._rows = self.metrics(0).rows
        self._threads = [
            threading.Thread(target=self._keep, args=(number,), daemon=True) for number in range(1, workers)
        ]

    def metrics(self, worker: int) -> ServerMetrics:
        """The counters of a process, in the memory that all of them share."""
        return ServerMetrics(self._memory, worker)

    def start(self) -> None:
        """Start them, and start again whichever ends too early."""
        for thread in self._threads:
            thread.start()

    def tell_end(self) -> None:
        """Tell them to answer what they have accepted, and to end."""
        self._ending.set()
        with self._lock:
            for process in self._processes.values():
                assert process.stdin is not None
                process.stdin.close()

    def end(self) -> None:
        """Wait until they have ended; kill those that do not."""
        self.tell_end()
        until = time.monotonic() + LAST
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        for process in self._processes.values():
            process.kill()
        if self._file is not None:
            os.close(self._file)

    def _keep(self, number: int) -> None:
        """Keep one process running."""
        failures = 0
        while not self._ending.is_set():
            started = time.monotonic()
            self._run(number)
            self._rows[number, [ALIVE, IN_PROGRESS]] = 0
            failures = 1 if time.monotonic() - started > STEADY else failures + 1
            self._ending.wait(PAUSES[min(failures, len(PAUSES)) - 1])

    def _run(self, number: int) -> None:
        """Start a process, unless the end has come, and wait until it ends."""
        settings = self._settings | {"memory": self._file, "worker": number}
        paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        with self._lock:
            if self._ending.is_set() or self._file is None:
                return
            try:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "seedtrial.serving.worker"],
                    stdin=subprocess.PIPE,
                    pass_fds=(self._file,),
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                )
                assert process.stdin is not None
                process.stdin.write(json.dumps(settings).encode() + b"\n")
                process.stdin.flush()
            except OSError:  # no memory, or it ended before it had read; the next try is later
                return
            self._processes[number] = process
        process.wait()
        with self._lock:
            self._processes.pop(number)


def _memory(workers: int) -> tuple[mmap.mmap, int | None]:
    """Memory for the counters of so many processes, and its file where others need it."""
    if workers == 1:
        return mmap.mmap(-1, shared_size(1)), None
    file = os.memfd_create("seedtrial")
    os.ftruncate(file, shared_size(workers))
    return mmap.mmap(file, shared_size(workers)), file
