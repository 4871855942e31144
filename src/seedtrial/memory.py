"""How much memory there is, asked before it is taken: what would not fit is refused in a sentence, not by a kill."""

from pathlib import Path

from seedtrial.errors import SeedtrialError

LIMITS = (  # of a container: what it may use, and what it uses
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def available() -> int | None:
    """Bytes that can still be used, the limit of a container included; None where the system does not say.

    >>> available() is None or available() > 0
    True
    """
    free = _meminfo()
    for limit, used in LIMITS:
        try:
            left = int(Path(limit).read_text(encoding="ascii")) - int(Path(used).read_text(encoding="ascii"))
        except (OSError, ValueError):  # no such file, or "max"
            continue
        free = left if free is None else min(free, left)
    return free if free is None else max(free, 1)


def refuse_too_much(need: int, what: str, remedy: str) -> None:
    """Raise SeedtrialError when more bytes are needed than can be used.

    what: the beginning of the sentence, which goes on with "need about ..."

    >>> refuse_too_much(10**15, "The pictures", "set data.size=64")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    seedtrial.errors.SeedtrialError: The pictures need about 1,000,000 GB of memory, but ... GB are free; set ...
    """
    free = available()
    if free is not None and need > free:
        raise SeedtrialError(
            f"{what} need about {gigabytes(need)} GB of memory, but {gigabytes(free)} GB are free; {remedy}."
        )


def gigabytes(count: int) -> str:
    """Bytes in gigabytes, with as many digits as matter.

    >>> gigabytes(2_500_000_000), gigabytes(16_000_000_000_000)
    ('2.5', '16,000')
    """
    return f"{count / 1e9:,.0f}" if count >= 10e9 else f"{count / 1e9:.1f}"


def _meminfo() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None
