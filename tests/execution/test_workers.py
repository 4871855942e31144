"""Workers: the same runs as in one process, one worker's end is not the study's, and none is left over."""

import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from seedtrial.cli.progress import Lines
from seedtrial.execution import processes as workers
from seedtrial.execution.execute import execute
from seedtrial.files import read_json_lines
from seedtrial.models.learner import Epoch
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.watch import Silent
from seedtrial.study.plan import plan
from seedtrial.study.study import Study

LONG = """
import sys
from pathlib import Path
from seedtrial import Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Dense
from seedtrial.execution.execute import execute
from seedtrial.runs.watch import Silent
from seedtrial.training.spec import TrainSpec

recipe = Recipe(data=DataSpec(source="digits"), model=Dense(widths=(64,)), training=TrainSpec(epochs=EPOCHS))
study = Study(name="long", question="?", recipes={"a": recipe}, seeds=4)

class Told(Silent):
    def epoch_ends(self, epoch, scores):
        print(epoch.epoch, flush=True)

    def run_ends(self, told):
        print("over", flush=True)

execute(study, runs=Path(sys.argv[1]), jobs=2, watch=Told())
"""


def weights(study: Study, runs: Path) -> dict[str, bytes]:
    return {item.folder.path.name: item.folder.weights.read_bytes() for item in plan(study, runs).runs}


def test_workers_make_the_same_runs_bit_for_bit(tiny_study: Study, runs: Path) -> None:
    here, there = execute(tiny_study, runs=runs / "here"), execute(tiny_study, runs=runs / "there", jobs=2)
    assert (here.made, there.made, there.failed) == (4, 4, ())
    assert weights(tiny_study, runs / "here") == weights(tiny_study, runs / "there")
    ledger = read_json_lines(runs / "there" / "tiny.ledger.jsonl")
    assert len(ledger) == len({entry["reason"] for entry in ledger}) == 4


def test_what_workers_tell_arrives_whole(tiny_study: Study, runs: Path) -> None:
    file = io.StringIO()
    execute(tiny_study, runs=runs, jobs=3, watch=Lines(Console(file=file, width=200)))
    first, *lines = file.getvalue().splitlines()
    assert first.startswith("tiny: 4 runs to make")
    for title in ("linear, seed 0", "dense, seed 0", "linear, seed 1", "dense, seed 1"):
        own = [line.split(f"{title}: ")[1][:9] for line in lines if title in line]
        assert own == ["epoch 1/2", "epoch 2/2", "done, val"]
    assert len(lines) == 12


def test_a_run_that_diverges_or_fails_in_a_worker_is_told_and_the_others_are_made(
    tiny_recipe: Recipe, diverging: Recipe, runs: Path
) -> None:
    study = Study(name="mixed", question="?", recipes={"wild": diverging, "tame": tiny_recipe}, seeds=2)
    blocked = plan(study, runs).runs[1].folder
    runs.mkdir()
    blocked.path.write_text("a file where the folder should be")
    outcome = execute(study, runs=runs, jobs=2)
    states = {(item.label, item.seed): item.state for item in outcome.plan.runs}
    assert [states["wild", 0], states["wild", 1], states["tame", 1]] == ["diverged", "diverged", "finished"]
    reasons = {(item.label, item.seed): reason for item, reason in outcome.failed}
    assert "Cannot make the folder" in reasons["tame", 0] and "may be too high" in reasons["wild", 0]


def test_a_worker_that_is_killed_costs_its_run_alone(tiny_study: Study, runs: Path) -> None:
    class Killer(Silent):
        killed = False

        def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None:
            if not Killer.killed:
                Killer.killed = True
                for child in multiprocessing.active_children():
                    assert child.pid is not None
                    os.kill(child.pid, signal.SIGKILL)

    outcome = execute(tiny_study.varied(settings=["training.epochs=200"]), runs=runs, jobs=2, watch=Killer())
    assert Killer.killed and 1 <= len(outcome.failed) <= 2
    assert all("was killed, perhaps for want of memory; try fewer --jobs" in reason for _, reason in outcome.failed)
    assert outcome.made == 4 - len(outcome.failed)
    assert not multiprocessing.active_children()
    again = execute(tiny_study.varied(settings=["training.epochs=200"]), runs=runs, jobs=2)
    assert (again.made, again.failed) == (len(outcome.failed), ())


@pytest.fixture
def start(tmp_path: Path) -> Callable[[int], subprocess.Popen[str]]:
    """Starts a study of four runs of so many epochs in two workers, in a process group of its own."""

    def start(epochs: int) -> subprocess.Popen[str]:
        script = LONG.replace("EPOCHS", str(epochs))
        return subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "runs")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def group_is_empty(group: int) -> bool:
    """Whether no process of a group is alive, within a while: a process that is told to end takes a moment."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_ctrl_c_ends_a_study_and_all_its_workers_and_keeps_finished_runs(
    start: Callable[[int], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start(300)
    assert process.stdout is not None
    while process.stdout.readline() != "over\n":  # two runs are over soon after each other, the others are begun
        assert process.poll() is None
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, errors = process.communicate(timeout=60)
    assert errors.rstrip().endswith("KeyboardInterrupt") and "Process Process-" not in errors
    assert group_is_empty(process.pid)
    assert 1 <= len(list((tmp_path / "runs").glob("*/metrics.json"))) < 4


@pytest.mark.slow
def test_a_study_that_is_killed_leaves_no_worker(start: Callable[[int], subprocess.Popen[str]]) -> None:
    process = start(100_000)
    assert process.stdout is not None and process.stdout.readline() == "1\n"
    process.kill()
    process.communicate(timeout=60)
    assert group_is_empty(process.pid)


def test_as_many_runs_at_a_time_as_there_are_cores_or_runs() -> None:
    cores = len(os.sched_getaffinity(0))
    assert workers.usual(device="cpu", runs=1000) == cores
    assert workers.usual(device="cpu", runs=1) == 1
    assert workers.usual(device="cuda", runs=1000) == 1
