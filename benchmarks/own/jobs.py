"""What several runs at a time are worth: one process on all threads against one process per core, on the same runs.

    python benchmarks/own/jobs.py            about 15 minutes on 2 cores; writes benchmarks/results/jobs.json

Both sides make the same runs of the same recipes, in alternation, each time in an empty folder: small networks of the
reports, four seeds each, a few epochs. Seconds are those of the whole `seedtrial run`, start-up and the end included;
the ratio is one at a time over one per core, its median and range over the rounds. The memory of a worker is what it
does not share with others, when its first epoch is over.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "jobs.json"
ROUNDS = 5
AIM = 1.7
STUDIES = {  # what is run of which study; enough epochs that training is most of it
    "boetticher2020: dense": ("boetticher2020", ["0 DNN 1", "1 DNN 2"], 12),
    "mlpcnn2021: 1 hidden": ("mlpcnn2021", ["1 hidden"], 12),
    "boetticher2020: 3a": ("boetticher2020", ["2 CNN 3a"], 1),
    "boetticher2020: 4a": ("boetticher2020", ["5 CNN 4a"], 1),
}


def command(name: str, runs: str, jobs: str) -> list[str]:
    """The command line that makes four seeds of some recipes of a study."""
    study, labels, epochs = STUDIES[name]
    only = [word for label in labels for word in ("--only", label)]
    seedtrial = str(Path(sys.executable).parent / "seedtrial")
    words = [seedtrial, "run", study, "--runs", runs, "--jobs", jobs, "--seeds", "4", *only]
    return [*words, "--set", f"training.epochs={epochs}"]


def seconds(name: str, jobs: str) -> float:
    """How long the command takes, from start to exit."""
    with tempfile.TemporaryDirectory() as runs:
        started = time.perf_counter()
        subprocess.run(command(name, runs, jobs), check=True, capture_output=True)
        return time.perf_counter() - started


def private_megabytes(name: str) -> float:
    """The most that a worker does not share with others when the first epoch is over."""
    with tempfile.TemporaryDirectory() as runs:
        words = command(name, runs, "auto")
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            next(line for line in process.stderr if "epoch 1/" in line)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
            rollups = [Path(f"/proc/{child}/smaps_rollup").read_text(encoding="utf-8") for child in children]
            process.terminate()
    private = [sum(int(kilobytes) for kilobytes in re.findall(r"Private_\w+:\s+(\d+)", text)) for text in rollups]
    return max(private) / 1024


def main() -> None:
    """Measure in alternation, print, write the JSON."""
    measured: dict[str, Any] = {}
    print(f"{'what':24}{'one at a time':>16}{'one per core':>16}{'ratio':>8}{'range':>16}{'MB a worker':>14}")
    for name in STUDIES:
        seconds(name, "auto")  # fills caches
        rounds = [(seconds(name, "1"), seconds(name, "auto")) for _ in range(ROUNDS)]
        ratios = sorted(one / many for one, many in rounds)
        result = {
            "one_at_a_time": statistics.median(one for one, _ in rounds),
            "one_per_core": statistics.median(many for _, many in rounds),
            "ratio": statistics.median(ratios),
            "ratios": ratios,
            "private_megabytes": private_megabytes(name),
        }
        measured[name] = result
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        print(
            f"{name:24}{result['one_at_a_time']:>14.1f} s{result['one_per_core']:>14.1f} s{result['ratio']:>8.2f}"
            f"{spread:>16}{result['private_megabytes']:>14.0f}",
            flush=True,
        )
    OUT.parent.mkdir(exist_ok=True)
    result = {"measured": measured, "rounds": ROUNDS, "aim": AIM, "cores": os.cpu_count()}
    write_json(OUT, result | {"machine": machine.describe(choose_engine("cpu")).plain()})
    print(f"Written: {OUT}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
