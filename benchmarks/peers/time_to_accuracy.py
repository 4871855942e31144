"""How long the records of two CPU cores train, in epochs of the reports' Keras on the same machine at the same time.

    python benchmarks/peers/time_to_accuracy.py

It takes about 25 minutes on 2 cores and writes benchmarks/results/time_to_accuracy.json.

Seed by seed, in turn: Keras trains thingwall2019's convolutional network for some seconds, as the report does (float32,
arrays, batches of 256), which tells what an epoch of 60,000 images takes, the unit; then `seedtrial run records` makes
one run of each recipe, all threads to itself. Training is counted from the first batch to the last, without reading the
data set and scoring. The runs are those of the study `records`, so its report has their accuracies.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_parity import KERAS, keras_python
from seedtrial.evaluation.statistics import spread
from seedtrial.files import read_json, write_json
from seedtrial.runs import machine
from seedtrial.runs.examine import examine
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.results_json import without_nan
from seedtrial.training.device import choose_engine
from throughput import CLASSES, IMAGES, PLAIN, SHAPE, turn

RUNS = Path(os.environ.get("SEEDTRIAL_RUNS", "runs"))
OUT = Path(__file__).parent.parent / "results" / "time_to_accuracy.json"
UNIT = "thingwall conv"  # of throughput.NETWORKS
AIMS = {"cpu-93.5": 1.0, "cpu-94": 2.0}  # Keras epochs, at most


def keras_epoch(folder: Path, python: str) -> float:
    """Seconds that Keras takes for an epoch of the unit's network."""
    record = turn(folder, UNIT, PLAIN, python=python, threads=0, seconds=6.0)
    return IMAGES / float(record["images_per_second"])


def trained(label: str, seed: int) -> dict[str, float]:
    """Seconds of training and test accuracies in per cent of one run, made now unless it is there."""
    seedtrial = str(Path(sys.executable).parent / "seedtrial")
    subprocess.run([seedtrial, "run", "records", "--only", label, "--seeds", str(seed + 1), "--jobs", "1"], check=True)
    trained_run = plan(load_study("records").varied(only=[label], seeds=seed + 1), RUNS).finished(label)[seed]
    trained_run = examine(trained_run)
    assert trained_run.test is not None
    scores = trained_run.test.scores.plain()
    return {
        "seconds": trained_run.metrics.seconds.training,
        "accuracy": 100 * scores["accuracy"],
        "unmirrored": 100 * scores["accuracy_unmirrored"],
    }


def summary(rounds: list[dict[str, Any]], label: str) -> dict[str, Any]:
    """What the rounds say of a recipe."""
    runs = [numbers[label] for numbers in rounds]
    accuracy, unmirrored = (spread([run[key] for run in runs]) for key in ("accuracy", "unmirrored"))
    epochs = [numbers[label]["seconds"] / numbers["keras_epoch_seconds"] for numbers in rounds]
    return {
        "accuracy": vars(accuracy),
        "unmirrored": vars(unmirrored),
        "seconds": statistics.median(run["seconds"] for run in runs),
        "keras_epochs": statistics.median(epochs),
        "keras_epochs_range": [min(epochs), max(epochs)],
        "aim": AIMS[label],
    }


def main() -> None:
    """Measure what is missing, print, write the JSON."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--seeds", type=int, default=10)
    seeds = reader.parse_args().seeds
    record: dict[str, Any] = read_json(OUT) if OUT.exists() else {"rounds": []}
    record |= {"keras": KERAS, "machine": machine.describe(choose_engine("cpu")).plain()}
    python = keras_python()
    with tempfile.TemporaryDirectory() as temporary:
        folder, chance = Path(temporary), np.random.default_rng(0)
        np.save(folder / "images.npy", chance.integers(0, 256, (IMAGES, *SHAPE), dtype=np.uint8))
        np.save(folder / "labels.npy", chance.integers(0, CLASSES, IMAGES))
        for seed in range(len(record["rounds"]), seeds):
            numbers: dict[str, Any] = {"keras_epoch_seconds": keras_epoch(folder, python)}
            numbers |= {label: trained(label, seed) for label in AIMS}
            record["rounds"].append(numbers)
            record["summary"] = {label: summary(record["rounds"], label) for label in AIMS}
            write_json(OUT, without_nan(record))
    for label, numbers in record["summary"].items():
        print(
            f"{label}: {numbers['accuracy']['mean']:.2f} % "
            f"({numbers['unmirrored']['mean']:.2f} % without mirror images, "
            f"n={numbers['accuracy']['n']}) in {numbers['seconds']:.0f} s, {numbers['keras_epochs']:.2f} Keras epochs; "
            f"aim at most {numbers['aim']:g}"
        )
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
