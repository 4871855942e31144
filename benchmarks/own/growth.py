"""How cost grows: images, pixels and classes of a data set, and the number of runs of a study.

    python benchmarks/own/growth.py          about 6 minutes on 2 cores; writes benchmarks/results/growth.json

Every size is measured in a process of its own: seconds of reading the data set and of one epoch of a small dense and a
small convolutional network, and the process's largest resident memory. Data sets are .npz files built from
Fashion-MNIST: its training images several times over, its pixels repeated to larger images, its labels spread over more
classes. Runs are copies of one recorded run under other seeds, each with checksums of its own; planning them, finding
that nothing is left to run, and writing the report are timed. The last column is how the cost grows from the row
before, where 1 is as fast as the size does (the exponent of a power law).
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.dataset import DataSpec, load
from seedtrial.execution.execute import execute
from seedtrial.files import write_json
from seedtrial.models import Conv, Dense, ModelSpec
from seedtrial.models.convnet import ConvBlock
from seedtrial.runs import machine
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import folder
from seedtrial.runs.run import run
from seedtrial.seeds import Seeds
from seedtrial.study.plan import plan
from seedtrial.study.results import results
from seedtrial.study.study import Study
from seedtrial.training.device import choose_engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

OUT = Path(__file__).parent.parent / "results" / "growth.json"
IMAGES = (60_000, 120_000, 240_000, 480_000)
PIXELS = (28, 56, 112)
CLASSES = (10, 100, 1_000)
RUNS = (10, 100, 1_000, 10_000)
FEW = 10_000  # training images where pixels or classes grow
NETWORKS: dict[str, ModelSpec] = {
    "dense": Dense(widths=(64,)),
    "conv": Conv(blocks=(ConvBlock(filters=8), ConvBlock(filters=16)), dense=(32,)),
}


def data_set(path: Path, *, images: int, pixels: int, classes: int) -> Path:
    """An .npz file of so many training images; its 10,000 test images are Fashion-MNIST's."""
    source = load(DataSpec(validation=None))
    arrays = {}
    for part, split, count in (("train", source.train, images), ("test", None, 10_000)):
        part_images = source.train if split is None else split  # test images are of no account here: none is scored
        rows = np.arange(count) % len(part_images)
        shown = np.repeat(np.repeat(part_images.images[rows, 0], pixels // 28, axis=1), pixels // 28, axis=2)
        arrays[f"{part}_images"] = shown
        arrays[f"{part}_labels"] = (part_images.labels[rows] + 10 * (np.arange(count) // 10 % (classes // 10))).astype(
            np.int64
        )
    np.savez(path, allow_pickle=False, **arrays)
    return path


def measure_data(path: str) -> dict[str, float]:
    """Seconds of reading and of one epoch of each network, and megabytes, in this process."""
    started = time.perf_counter()
    dataset = load(DataSpec(source=path, validation=None))
    costs: dict[str, float] = {
        "images": len(dataset.train),
        "classes": len(dataset.classes),
        "pixels": dataset.facts.shape[1],
    }
    costs["reading"] = time.perf_counter() - started
    for name, model in NETWORKS.items():
        training = TrainSpec(epochs=2, batch_size=128)
        shape, classes = dataset.facts.shape, len(dataset.classes)
        learner = prepare(model, training, shape=shape, classes=classes, engine=choose_engine("cpu"), seeds=Seeds(0))
        costs[name] = [epoch.seconds for epoch in learner.fit(dataset.train)][-1]
    return costs | {"megabytes": _megabytes()}


def measure_runs(count: str, runs: str) -> dict[str, float]:
    """Seconds of planning, of a run with nothing to do and of the report, for a study of so many recorded runs."""
    from seedtrial.report.study.page import write_report

    study = tiny_study(int(count))
    started = time.perf_counter()
    planned = plan(study, Path(runs))
    assert not planned.missing
    costs: dict[str, float] = {"runs": int(count), "planning": time.perf_counter() - started}
    started = time.perf_counter()
    assert execute(study, runs=Path(runs)).trained == 0
    costs["nothing to do"] = time.perf_counter() - started
    started = time.perf_counter()
    write_report(results(plan(study, Path(runs))), Path(runs).parent / "report.html", runs=Path(runs))
    costs["report"] = time.perf_counter() - started
    return costs | {"megabytes": _megabytes()}


def tiny_study(runs: int) -> Study:
    """Ten recipes on the digits, so many runs in all."""
    training = TrainSpec(epochs=2, batch_size=64)
    recipes = {
        f"dense {width}": Recipe(data=DataSpec(source="digits"), model=Dense(widths=(width,)), training=training)
        for width in range(2, 12)
    }
    return Study(name="many", question="How many runs?", recipes=recipes, seeds=runs // 10)


def record(runs: Path, count: int) -> None:
    """Fill a folder with runs: one of each recipe is trained, the others are copies of it under other seeds."""
    for recipe in tiny_study(count).recipes.values():
        original = examine(run(recipe, runs=runs), study="many")
        assert original.test is not None
        for seed in range(1, count // 10):
            copy = folder(runs, recipe, seed, original.facts)
            copy.path.mkdir()
            for name in ("machine", "epochs", "predictions", "weights", "test_predictions"):
                shutil.copyfile(getattr(original.folder, name), getattr(copy, name))
            copy.begin(recipe, seed, original.facts)
            copy.finish(original.metrics.model_copy(update={"seed": seed}))
            copy.finish_test(original.test.model_copy(update={"seed": seed}))


def _megabytes() -> float:
    """The largest resident memory of this process (getrusage would count that of the process that started it too)."""
    line = next(
        line for line in Path("/proc/self/status").read_bytes().decode().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def apart(*arguments: object) -> dict[str, float]:
    """The numbers of a measurement in a process of its own."""
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(title: str, size: str, rows: list[dict[str, float]]) -> dict[str, float]:
    """Print the rows, and how each cost grows over all of them."""
    costs = [name for name in rows[0] if name not in ("images", "pixels", "classes", "runs")]
    print(f"\n{title}\n{size:>10}" + "".join(f"{name:>15}" for name in costs))
    for row in rows:
        print(f"{row[size]:>10,.0f}" + "".join(f"{row[name]:>15.2f}" for name in costs))
    first, last = rows[0], rows[-1]
    larger = last[size] / first[size] if size != "pixels" else (last[size] / first[size]) ** 2
    grows = {name: math.log(last[name] / first[name]) / math.log(larger) for name in costs}
    print(f"{'exponent':>10}" + "".join(f"{grows[name]:>15.2f}" for name in costs), flush=True)
    return grows


def main() -> None:
    """Measure, print, write the JSON."""
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for size, values in (("images", IMAGES), ("pixels", PIXELS), ("classes", CLASSES)):
            rows = []
            for value in values:
                path = data_set(
                    Path(temporary) / "data.npz", **{"images": FEW, "pixels": 28, "classes": 10} | {size: value}
                )
                rows.append(apart("data", path))
            exponents = table(
                f"Seconds as {size} grow (pixels: of a side; the exponent is by their number)", size, rows
            )
            measured[size] = {"rows": rows, "exponents": exponents}
        rows = []
        for count in RUNS:
            runs = Path(temporary) / str(count) / "runs"
            record(runs, count)
            rows.append(apart("runs", count, runs))
        measured["runs"] = {"rows": rows, "exponents": table("Seconds as recorded runs grow", "runs", rows)}
    OUT.parent.mkdir(exist_ok=True)
    write_json(OUT, {"measured": measured, "machine": machine.describe(choose_engine("cpu")).plain()})
    print(f"Written: {OUT}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # A measurement in a process of its own: data or runs, and of what.
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    measured = parser.parse_args().measure
    if measured:
        kind, *arguments = measured
        print(json.dumps((measure_data if kind == "data" else measure_runs)(*arguments)))
    else:
        main()
