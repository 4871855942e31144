"""The ways to execute runs. A new one, such as a cluster, is a function in a file of its own and a line below."""

from collections.abc import Generator, Sequence
from typing import Protocol

from seedtrial.execution.attempt import Attempt, Setup
from seedtrial.execution.here import here
from seedtrial.execution.processes import processes
from seedtrial.runs.watch import Watch
from seedtrial.study.plan import Planned


class Executor(Protocol):
    """Takes planned runs and yields an attempt at each, in the order in which the attempts end.

    - A run that another process is working on yields "busy" at once, and a second attempt later that waits for it.
    - An exception in a run becomes a "failed" attempt; the other runs go on.
    - When the generator is closed early, as on Ctrl-C, it stops its work and leaves no process behind.
    - A finished run lies in `item.folder`. An executor that works on a machine which cannot write there trains the run
      in a folder of its own and yields that folder's files in `Attempt.files`, as `transfer.folder_files` reads them;
      `execute` checks them, puts them in place and examines the run.
    - The test part is opened in the coordinator's process or in one that writes to the same ledger, never elsewhere.

    >>> sorted(EXECUTORS)
    ['here', 'processes']
    """

    def __call__(
        self, todo: Sequence[Planned], setup: Setup, *, jobs: int, watch: Watch
    ) -> Generator[tuple[Planned, Attempt], None, None]:
        """Attempts at all runs of `todo`, at most `jobs` at a time; `watch` hears of their progress."""


EXECUTORS: dict[str, Executor] = {"here": here, "processes": processes}
