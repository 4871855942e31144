"""How long a user waits for anything that is not training: start-up, loading, and the training loop's own share.

    python benchmarks/own/overhead.py          about 2 minutes on 2 cores; writes benchmarks/results/overhead.json

Every number is a median of repetitions in fresh processes, except the loop's overhead: there the clock runs from the
start of each forward pass to the end of the optimiser's step (forward, loss, backward, step) of the quickstart's conv
network. The rest of an epoch of `TorchLearner.fit` is the loop's. (Timing bare steps and the loop in alternation was
tried: on a shared machine the same 50 steps differ by a factor of two, far more than the overhead.)
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from seedtrial.data.dataset import load
from seedtrial.data.readers import fashion_mnist
from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.seeds import Seeds
from seedtrial.study.load import load_study
from seedtrial.training.device import choose_engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.optimiser import Optimiser, Parameters, Steps
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

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
from torch.nn.modules.module import register_module_forward_pre_hook
study = os.getpid()
def first(network, images):  # in a worker
    print(time.time() - float(os.environ["STARTED"]), flush=True)
    os.kill(study, signal.SIGKILL)
    os._exit(0)
register_module_forward_pre_hook(first)
sys.argv = ["seedtrial", "run", "quickstart", "--runs", os.environ["RUNS"]]
from seedtrial.entry import main
main()
"""
LOAD = """
import json, time
from pathlib import Path
from seedtrial.data.readers import fashion_mnist
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.splits import Validation
def resident():
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * 4096 / 1e6
before, started = resident(), time.perf_counter()
kept = load(DataSpec(validation=Validation(take="last", size=10_000)){where})
print(json.dumps([time.perf_counter() - started, resident() - before]))
"""


def timed(command: list[str], times: int, **environment: str) -> float:
    """Median seconds of a command, from start to exit."""
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
        measured.append(time.perf_counter() - started)
    return statistics.median(measured)


def first_batch(times: int) -> float:
    """Median seconds from the start of `seedtrial run` to its first batch."""
    measured = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as runs:
            environment = os.environ | {"RUNS": runs, "STARTED": str(time.time())}
            results = subprocess.run([sys.executable, "-c", FIRST_BATCH], stdout=subprocess.PIPE, env=environment)
            measured.append(float(results.stdout.split()[0]))
    return statistics.median(measured)


def nothing_to_do(seedtrial: str, times: int) -> float:
    """Median seconds of a `seedtrial run` whose six runs are all finished (trained here on few images)."""
    with tempfile.TemporaryDirectory() as runs:
        command = [seedtrial, "run", "quickstart", "--runs", runs]
        command += ["--set", "data.limit=1000", "--set", "training.epochs=1"]
        subprocess.run(command, check=True, capture_output=True)
        return timed(command, times)


def loading(where: str, times: int) -> tuple[float, float]:
    """Median seconds and megabytes of resident memory that loading Fashion-MNIST takes, in a fresh process."""
    results = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", LOAD.replace("{where}", where)], check=True, capture_output=True
            ).stdout
        )
        for _ in range(times)
    ]
    return statistics.median(t[0] for t in results), max(t[1] for t in results)


@dataclass
class Clock:
    """Seconds between the start of a forward pass and the end of the optimiser's step, added up over steps."""

    seconds: float = 0.0
    started: float = 0.0

    def start(self, network: nn.Module, images: tuple[Tensor, ...]) -> None:
        """A hook: the forward pass begins."""
        self.started = time.perf_counter()

    def stop(self) -> None:
        """The step is done."""
        self.seconds += time.perf_counter() - self.started


class TimedSteps:
    """An optimiser at work that stops a clock after each step."""

    def __init__(self, steps: Steps, clock: Clock) -> None:
        self.steps, self.clock, self.done = steps, clock, 0
        self.memory = steps.memory

    def step(self, *, rate: float) -> None:
        self.steps.step(rate=rate)
        self.done = self.steps.done
        self.clock.stop()


@dataclass(frozen=True)
class TimedOptimiser:
    """An optimiser's settings, whose steps are timed."""

    optimiser: Optimiser
    clock: Clock

    @property
    def rate(self) -> float:
        return self.optimiser.rate

    def build(self, parameters: Parameters) -> Steps:
        return TimedSteps(self.optimiser.build(parameters), self.clock)


def loop_overhead(epochs: int) -> dict[str, float]:
    """The share of a conv epoch that is not forward, loss, backward or optimiser, over several epochs."""
    recipe = load_study("quickstart").recipes["conv"]
    engine = choose_engine()
    train = load(recipe.data).train
    clock = Clock()
    timed = TimedOptimiser(recipe.training.optimiser, clock)
    # Constructed without validation: a recipe's file cannot name a timed optimiser.
    training = TrainSpec.model_construct(**dict(recipe.training) | {"epochs": epochs + 1, "optimiser": timed})
    learner = prepare(recipe.model, training, shape=(1, 28, 28), classes=10, engine=engine, seeds=Seeds(0))
    assert isinstance(learner, TorchLearner)
    learner.network.register_forward_pre_hook(clock.start)
    shares = []
    for epoch in learner.fit(train):
        shares.append(1 - clock.seconds / epoch.seconds)
        clock.seconds = 0.0
    shares = sorted(shares[1:])  # in the first, oneDNN chooses its kernels
    return {
        "loop_overhead": statistics.median(shares),
        "loop_overhead_low": shares[0],
        "loop_overhead_high": shares[-1],
    }


def main() -> None:
    """Measure, print against the aims, write the JSON."""
    seedtrial = str(Path(sys.executable).parent / "seedtrial")
    measured: dict[str, float] = {"help_seconds": timed([seedtrial, "--help"], 9)}
    load()  # fills the cache
    measured["first_batch_seconds"] = first_batch(5)
    measured["nothing_to_do_seconds"] = nothing_to_do(seedtrial, 5)
    if fashion_mnist.DEBIAN.is_dir():
        measured["load_gz_seconds"], gz = loading(", data_dir=fashion_mnist.DEBIAN", 5)
        measured["load_cache_seconds"], cached = loading("", 5)
        measured["load_resident_mb"] = max(gz, cached)
    measured |= loop_overhead(7)
    for name, aim in AIMS.items():
        if name in measured:
            print(
                f"{name:24} {measured[name]:8.3f}   aim at most {aim:g}{'' if measured[name] <= aim else '   MISSED'}"
            )
    OUT.parent.mkdir(exist_ok=True)
    write_json(OUT, {"measured": measured, "aims": AIMS, "machine": machine.describe(choose_engine()).plain()})
    print(f"Written: {OUT}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
