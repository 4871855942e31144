"""Worker processes train the same runs as one process; a dead worker costs one run, and none is left behind."""

import contextlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from seedtrial.cli.progress import Lines
from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import execute, jobs_from, usual_jobs
from seedtrial.runs.metrics import EpochLine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.watch import Silent
from seedtrial.study.plan import plan
from seedtrial.study.study import Study

STUDY = """
import signal, sys
from pathlib import Path
from seedtrial import Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Dense
from seedtrial.execution.execute import execute
from seedtrial.runs.watch import Silent
from seedtrial.training.spec import TrainSpec

def recipe(epochs):
    return Recipe(data=DataSpec(source="digits"), model=Dense(widths=(64,)), training=TrainSpec(epochs=epochs))

class Printer(Silent):
    def epoch_ends(self, epoch):
        print(epoch.epoch, flush=True)

    def run_ends(self, metrics):
        print("over", flush=True)

# A shell starts its background processes with SIGINT ignored, which they hand down: to the tests, and so to this.
signal.signal(signal.SIGINT, signal.default_int_handler)
study = Study(name="long", question="?", recipes={"short": recipe(2), "endless": recipe(1_000_000)}, seeds=2)
execute(study, runs=Path(sys.argv[1]), jobs=2, watch=Printer())
"""


def test_progress_from_workers_arrives_whole(tiny_study: Study, runs: Path) -> None:
    file = io.StringIO()
    execute(tiny_study, runs=runs, jobs=3, watch=Lines(Console(file=file, width=200)))
    _, first, *lines = file.getvalue().splitlines()
    assert first.startswith("tiny: 4 runs to train")
    for title in ("linear, seed 0", "dense, seed 0", "linear, seed 1", "dense, seed 1"):
        own = [line.split(f"{title}: ")[1][:9] for line in lines if title in line]
        assert own == ["epoch 1/2", "epoch 2/2", "done, val"]
    assert len(lines) == 12


def test_a_run_that_diverges_or_fails_in_a_worker_is_reported_and_the_others_are_trained(
    tiny_recipe: Recipe, diverging: Recipe, runs: Path
) -> None:
    study = Study(name="mixed", question="?", recipes={"wild": diverging, "tame": tiny_recipe}, seeds=2)
    blocked = plan(study, runs).runs[1].folder
    runs.mkdir()
    blocked.path.write_text("a file where the folder should be")
    execution = execute(study, runs=runs, jobs=2)
    states = {(item.label, item.seed): item.state for item in execution.plan.runs}
    assert [states["wild", 0], states["wild", 1], states["tame", 1]] == ["diverged", "diverged", "finished"]
    reasons = {(item.label, item.seed): reason for item, reason in execution.failed}
    assert "Cannot make the folder" in reasons["tame", 0] and "may be too high" in reasons["wild", 0]


def test_a_killed_worker_costs_only_its_own_run(tiny_study: Study, runs: Path) -> None:
    class Killer(Silent):
        killed = False

        def epoch_ends(self, epoch: EpochLine) -> None:
            if not Killer.killed:
                Killer.killed = True
                for child in multiprocessing.active_children():
                    assert child.pid is not None
                    os.kill(child.pid, signal.SIGKILL)

    execution = execute(tiny_study.varied(settings=["training.epochs=200"]), runs=runs, jobs=2, watch=Killer())
    assert Killer.killed and 1 <= len(execution.failed) <= 2
    assert all("was killed, perhaps for lack of memory; try fewer --jobs" in reason for _, reason in execution.failed)
    assert execution.trained == 4 - len(execution.failed)
    assert not multiprocessing.active_children()
    again = execute(tiny_study.varied(settings=["training.epochs=200"]), runs=runs, jobs=2)
    assert (again.trained, again.failed) == (len(execution.failed), ())


@pytest.fixture
def study_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A study of two short and two endless runs in two workers, in a process group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUDY, str(tmp_path / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def group_is_empty(group: int) -> bool:
    """Whether no process of a group is alive, within a while: a process that gets a signal takes a moment to end."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_ctrl_c_ends_a_study_and_all_its_workers_and_keeps_finished_runs(
    study_process: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert study_process.stdout is not None
    for _ in range(2):  # both short runs end, and the second endless one begins
        while study_process.stdout.readline() != "over\n":
            assert study_process.poll() is None
    study_process.stdout.readline()
    os.killpg(study_process.pid, signal.SIGINT)  # as a terminal does
    _, errors = study_process.communicate(timeout=60)
    assert errors.rstrip().endswith("KeyboardInterrupt") and "Process Process-" not in errors
    assert group_is_empty(study_process.pid)
    assert len(list((tmp_path / "runs").glob("*/metrics.json"))) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sees workers in /proc")
def test_ctrl_c_at_the_moment_a_worker_starts_is_not_lost(study_process: subprocess.Popen[str]) -> None:
    children = Path(f"/proc/{study_process.pid}/task/{study_process.pid}/children")
    while not children.read_text(encoding="utf-8"):
        assert study_process.poll() is None
    os.killpg(study_process.pid, signal.SIGINT)
    _, errors = study_process.communicate(timeout=60)
    assert errors.rstrip().endswith("KeyboardInterrupt") and "Process Process-" not in errors
    assert group_is_empty(study_process.pid)


@pytest.mark.slow
def test_a_killed_study_leaves_no_worker(study_process: subprocess.Popen[str]) -> None:
    assert study_process.stdout is not None and study_process.stdout.readline() == "1\n"
    study_process.kill()
    study_process.communicate(timeout=60)
    assert group_is_empty(study_process.pid)


def test_as_many_runs_at_a_time_as_there_are_cores_or_runs() -> None:
    cores = len(os.sched_getaffinity(0))
    assert usual_jobs(hardware="cpu", runs=1000) == cores
    assert usual_jobs(hardware="cpu", runs=1) == 1
    assert usual_jobs(hardware="cuda", runs=1000) == 1


def test_jobs_are_a_number_or_auto() -> None:
    assert (jobs_from("auto"), jobs_from("3")) == (None, 3)
    for text in ("0", "-1", "2.0", "many", "²"):
        with pytest.raises(SeedtrialError, match=f"^--jobs takes auto or a whole number of at least 1, not '{text}'.$"):
            jobs_from(text)
