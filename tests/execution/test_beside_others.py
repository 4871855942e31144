"""Several processes work on one study, and some are killed."""

import json
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ledgers import openings
from seedtrial.execution.execute import execute
from seedtrial.runs.watch import Silent
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.study import Study

STUDY = """
from seedtrial import Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Dense
from seedtrial.training.spec import TrainSpec


def study():
    training = TrainSpec(epochs=EPOCHS, batch_size=32)
    recipes = {
        f"dense-{width}": Recipe(data=DataSpec(source="digits"), model=Dense(widths=(width,)), training=training)
        for width in (16, 32, 64)
    }
    return Study(name="digits", question="How wide?", recipes=recipes, seeds=4)
"""
BEGIN = """
import json, os, signal, sys, time
from pathlib import Path
import sklearn.datasets
from seedtrial.execution.execute import execute
from seedtrial.runs.record import Folder
from seedtrial.study.load import load_study

study, runs = load_study(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
"""
EXECUTE = """
sys.stdin.readline()
execution = execute(study, runs=runs)
print(json.dumps([execution.trained, len(execution.failed), [item.state for item in execution.plan.runs]]))
"""
KILL_AGAIN_AND_AGAIN = """
once = study.varied(seeds=1, only=["dense-32"])
durations = []
for number in range(3):  # the first is slower, because torch loads much when it is first used
    began = time.perf_counter()
    execute(once, runs=runs.parent / f"elsewhere{number}")
    durations.append(time.perf_counter() - began)
for share in json.loads(sys.argv[3]):
    child = os.fork()
    if child == 0:
        execute(study, runs=runs)
        os._exit(0)
    time.sleep(share * min(durations))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    finished = [Folder(path.parent) for path in runs.glob("*/metrics.json")]
    damaged = [folder.damage() for folder in finished if folder.state() not in ("trained", "finished")]
    print(json.dumps([os.WIFSIGNALED(status), len(finished), damaged]))
    if not os.WIFSIGNALED(status):
        break  # it was done before
"""


def study_file(folder: Path, *, epochs: int) -> Path:
    """A study of twelve runs on the digits that any process can read."""
    path = folder / "digits.py"
    path.write_text(STUDY.replace("EPOCHS", str(epochs)))
    return path


def start(script: str, *words: object) -> subprocess.Popen[str]:
    """A Python process that has imported everything and waits for a line."""
    command = [sys.executable, "-c", BEGIN + script, *map(str, words)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def reasons(runs: Path) -> list[str]:
    return [entry["reason"] for entry in openings(runs)]


def only_whole_runs(study: Study, runs: Path) -> bool:
    """Every run is finished and verified, and no folder holds anything else."""
    folders = [item.folder.path for item in plan(study, runs).runs if item.state == "finished"]
    return len(folders) == 12 and all(len(list(folder.iterdir())) == 8 for folder in folders)


@pytest.mark.slow
def test_a_study_killed_at_any_moment_has_only_whole_runs_and_is_completed_later(tmp_path: Path, runs: Path) -> None:
    path = study_file(tmp_path, epochs=8)
    chance = random.Random(1)
    moments = [chance.uniform(0.0, 2.0) for _ in range(25)]  # in durations of a run
    out, _ = start(KILL_AGAIN_AND_AGAIN, path, runs, json.dumps(moments)).communicate(timeout=120)
    kills = [json.loads(line) for line in out.splitlines()]
    assert [damaged for _, _, damaged in kills] == [[]] * len(kills)
    finished = [count for _, count, _ in kills]
    assert finished == sorted(finished)  # what is finished stays so
    assert sum(killed for killed, _, _ in kills) >= 5 and finished[-1] > 0  # else this test saw nothing

    study = load_study(str(path))
    execution = execute(study, runs=runs)
    assert (execution.trained, execution.failed) == (12 - finished[-1], ())
    assert only_whole_runs(study, runs)
    assert set(reasons(runs)) == {f"score {item.label}, seed {item.seed}" for item in execution.plan.runs}


@pytest.mark.slow
def test_two_processes_on_one_study_train_every_run_once(tmp_path: Path, runs: Path) -> None:
    path = study_file(tmp_path, epochs=8)
    processes = [start(EXECUTE, path, runs) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [failed for _, failed, _ in printed] == [0, 0]
    assert [set(states) for _, _, states in printed] == [{"finished"}] * 2
    study = load_study(str(path))
    assert sorted(reasons(runs)) == sorted(f"score {item.label}, seed {item.seed}" for item in plan(study, runs).runs)
    assert only_whole_runs(study, runs)
    assert sum(trained for trained, _, _ in printed) == 12


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("outcome", ["finishes it", "gives up"])
def test_a_run_that_another_process_works_on_is_retried_last(
    tiny_study: Study, runs: Path, outcome: str, jobs: int
) -> None:
    first = plan(tiny_study, runs).runs[0]
    runs.mkdir()
    held, seen = threading.Event(), threading.Event()

    def somebody_else() -> None:
        with first.folder.claim(wait=False):
            held.set()
            assert seen.wait(30)
            if outcome == "finishes it":
                elsewhere = execute(tiny_study.varied(only=["linear"], seeds=1), runs=runs / "elsewhere").plan.runs[0]
                elsewhere.folder.path.rename(first.folder.path)

    class Listener(Silent):
        def note(self, text: str) -> None:
            if text.startswith("linear, seed 0: another process is working on it"):
                seen.set()

    other = threading.Thread(target=somebody_else)
    other.start()
    assert held.wait(30)
    execution = execute(tiny_study, runs=runs, jobs=jobs, watch=Listener())
    other.join()
    assert seen.is_set()
    assert [item.state for item in execution.plan.runs] == ["finished"] * 4
    assert execution.trained == (3 if outcome == "finishes it" else 4)
