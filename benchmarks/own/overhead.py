"""How long a user waits for anything that is not training: start-up, loading, and the training loop's own share.

    python benchmarks/own/overhead.py          about 2 minutes on 2 cores; writes benchmarks/results/overhead.json

Every number is a median of repetitions in fresh processes, except the loop's overhead: there the clock runs inside
forward, loss, backward and optimiser of the quickstart's conv network, and what an epoch of `TorchLearner.fit` takes
beside them is the loop's. (Timing bare steps against the loop in alternation was tried: on a shared machine the same 50
steps differ by a factor of two, far more than the share that is looked for.)
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from seedtrial.data.dataset import load
from seedtrial.data.readers import fashion_mnist
from seedtrial.files import write_json
from seedtrial.models.layers import Network
from seedtrial.runs import machine
from seedtrial.seeds import Seeds
from seedtrial.study.load import load_study
from seedtrial.training import loop
from seedtrial.training.device import choose
from seedtrial.training.optimiser import AdamSteps
from seedtrial.training.prepare import prepare

OUT = Path(__file__).parent.parent / "results" / "overhead.json"
AIMS = {
    "help_seconds": 0.4,
    "first_batch_seconds": 4.0,
    "nothing_to_do_seconds": 3.0,
    "load_gz_seconds": 1.5,
    "load_cache_seconds": 0.3,
    "load_resident_mb": 120.0,
    "loop_overhead": 0.05,
}

FIRST_BATCH = """
import os, signal, sys, time
from seedtrial.training import loop
cut, study = loop.batches, os.getpid()
def first(*arguments):  # in a worker
    for rows in cut(*arguments):
        print(time.time() - float(os.environ["STARTED"]), flush=True)
        os.kill(study, signal.SIGKILL)
        os._exit(0)
loop.batches = first
sys.argv = ["seedtrial", "run", "quickstart", "--runs", os.environ["RUNS"]]
from seedtrial.entry import main
main()
"""
LOAD = """
import json, time
from pathlib import Path
from seedtrial.data import fashion_mnist
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.splits import Validation
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
before, started = resident(), time.perf_counter()
kept = load(DataSpec(validation=Validation(take="last", size=10_000)){where})
print(json.dumps([time.perf_counter() - started, resident() - before]))
"""


def timed(command: list[str], times: int, **environment: str) -> float:
    """Median seconds of a command, from start to exit."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def first_batch(times: int) -> float:
    """Median seconds from the start of `seedtrial run` to its first batch."""
    found = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as runs:
            environment = os.environ | {"RUNS": runs, "STARTED": str(time.time())}
            told = subprocess.run([sys.executable, "-c", FIRST_BATCH], stdout=subprocess.PIPE, env=environment)
            found.append(float(told.stdout.split()[0]))
    return statistics.median(found)


def nothing_to_do(seedtrial: str, times: int) -> float:
    """Median seconds of a `seedtrial run` whose six runs are all finished (trained here on few images)."""
    with tempfile.TemporaryDirectory() as runs:
        command = [seedtrial, "run", "quickstart", "--runs", runs]
        command += ["--set", "data.limit=1000", "--set", "training.epochs=1"]
        subprocess.run(command, check=True, capture_output=True)
        return timed(command, times)


def loading(where: str, times: int) -> tuple[float, float]:
    """Median seconds and megabytes of resident memory that loading Fashion-MNIST takes, in a fresh process."""
    told = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", LOAD.replace("{where}", where)], check=True, capture_output=True
            ).stdout
        )
        for _ in range(times)
    ]
    return statistics.median(t[0] for t in told), max(t[1] for t in told)


def loop_overhead(epochs: int) -> dict[str, float]:
    """The share of a conv epoch that is not forward, loss, backward or optimiser, over several epochs."""
    recipe = load_study("quickstart").recipes["conv"]
    engine = choose()
    train = load(recipe.data).train
    training = recipe.training.model_copy(update={"epochs": epochs + 1})
    learner = prepare(recipe.model, training, shape=(1, 28, 28), classes=10, engine=engine, seeds=Seeds(0))
    inside = 0.0

    def clocked(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal inside
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                inside += time.perf_counter() - started

        return call

    with ExitStack() as patches:
        for owner, name in (
            (Network, "__call__"),
            (loop, "cross_entropy"),
            (torch.Tensor, "backward"),
            (AdamSteps, "step"),
            (AdamSteps, "zero_grad"),
        ):
            patches.enter_context(patch.object(owner, name, clocked(getattr(owner, name))))
        shares = []
        for epoch in learner.fit(train):
            shares.append(1 - inside / epoch.seconds)
            inside = 0.0
    shares = sorted(shares[1:])  # in the first, oneDNN chooses its kernels
    return {
        "loop_overhead": statistics.median(shares),
        "loop_overhead_low": shares[0],
        "loop_overhead_high": shares[-1],
    }


def main() -> None:
    """Measure, print against the aims, write the JSON."""
    seedtrial = str(Path(sys.executable).parent / "seedtrial")
    found: dict[str, float] = {"help_seconds": timed([seedtrial, "--help"], 9)}
    load()  # fills the cache
    found["first_batch_seconds"] = first_batch(5)
    found["nothing_to_do_seconds"] = nothing_to_do(seedtrial, 5)
    if fashion_mnist.DEBIAN.is_dir():
        found["load_gz_seconds"], gz = loading(", data_dir=fashion_mnist.DEBIAN", 5)
        found["load_cache_seconds"], cached = loading("", 5)
        found["load_resident_mb"] = max(gz, cached)
    found |= loop_overhead(7)
    for name, aim in AIMS.items():
        if name in found:
            print(f"{name:24} {found[name]:8.3f}   aim at most {aim:g}{'' if found[name] <= aim else '   MISSED'}")
    OUT.parent.mkdir(exist_ok=True)
    write_json(OUT, {"measured": found, "aims": AIMS, "machine": machine.describe(choose()).plain()})
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
