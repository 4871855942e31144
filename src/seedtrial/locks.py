"""One process at a time: a lock of the operating system, which ends with the process, however it ends."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from seedtrial.errors import Busy, SeedtrialError


@contextmanager
def hold(lock: Path, *, wait: bool, busy: str) -> Iterator[None]:
    """Hold a lock against other processes.

    lock: an empty file, whose folder exists; it stays
    wait: whether to wait for another process that holds it
    busy: the sentence for the user when another process holds it

    Raises Busy when another process holds it and we do not wait, and SeedtrialError where the file system has no locks.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, hold(Path(folder, ".lock"), wait=False, busy="Busy."):
    ...     Path(folder, ".lock").exists()
    True
    """
    held = filelock.FileLock(lock, timeout=-1 if wait else 0)
    try:
        held.acquire()
    except filelock.Timeout:
        raise Busy(busy) from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        raise SeedtrialError(
            f"The file system of {lock.parent} has no locks, without which two processes could do the same work; use "
            "another, such as --runs DIR."
        ) from None
    try:
        yield
    finally:
        held.release()
