"""Several processes answer at one address, count together, are started again, and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedtrial.errors import SeedtrialError
from seedtrial.serving.server import Address
from seedtrial.serving.workers import Workers, check_workers
from serving.served import ask
from serving.test_metrics import families

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ports are shared on Linux alone")


@pytest.fixture
def two(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server of two processes, and its port."""
    command = [sys.executable, "-m", "seedtrial", "serve", str(folder), "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    yield process, int(process.stderr.readline().split("127.0.0.1:")[1].split("/")[0])
    process.kill()
    process.wait()
    process.stderr.close()


def count(port: int, name: str) -> float:
    return sum(families(ask(port, "/metrics", None, {})[1])[f"seedtrial_{name}"][1].values())


def until(true: Callable[[], bool]) -> None:
    """Wait for what another process does, for half a minute at most."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def children(process: subprocess.Popen[str]) -> list[int]:
    """Processes that any of its threads has started."""
    files = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(each) for file in files for each in file.read_text("utf-8").split()]


@pytest.mark.slow
def test_two_processes_answer_count_together_and_end_together(
    two: tuple[subprocess.Popen[str], int], picture: bytes
) -> None:
    process, port = two
    until(lambda: count(port, "workers") == 2)
    for _ in range(20):  # each by a connection of its own, of which Linux deals about half to each process
        assert ask(port, "/predict", picture, {"content-type": "image/png"})[0] == 200
    assert count(port, "pictures_total") == 20
    (other,) = children(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    until(lambda: not Path(f"/proc/{other}").exists())


@pytest.mark.slow
def test_a_process_that_dies_is_started_again(two: tuple[subprocess.Popen[str], int], picture: bytes) -> None:
    process, port = two
    until(lambda: count(port, "workers") == 2)
    (first,) = children(process)
    os.kill(first, signal.SIGKILL)
    until(lambda: children(process) not in ([], [first]) and count(port, "workers") == 2)
    assert ask(port, "/predict", picture, {"content-type": "image/png"})[0] == 200
    (second,) = children(process)
    process.kill()  # however the first process ends, no other one stays
    until(lambda: not Path(f"/proc/{second}").exists())


def test_a_port_in_use_is_not_shared_with_another_server() -> None:
    first = Address().listen(shared=True)
    with first, pytest.raises(SeedtrialError, match="in use"):
        Address(port=first.getsockname()[1]).listen(shared=True)


@pytest.mark.parametrize("workers", [0, -1, 65])
def test_other_numbers_of_processes_are_refused(workers: int) -> None:
    with pytest.raises(SeedtrialError, match="--workers takes a number from 1 to 64"):
        check_workers(workers)


def test_workers_that_are_told_to_end_before_they_start_do_not_start(tmp_path: Path) -> None:
    workers = Workers(tmp_path, "127.0.0.1", 1, None, 2)
    workers.tell_end()
    workers.start()
    workers.end()
