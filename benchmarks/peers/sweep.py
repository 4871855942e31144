"""A whole study against Keras: the fourteen experiments of boetticher2020, 20 epochs each, one seed.

    python benchmarks/peers/sweep.py       about 20 minutes on 2 cores; writes benchmarks/results/sweep.json

Ours is the whole of `seedtrial run boetticher2020 --seeds 1` into an empty folder, by the clock: start-up, one process
per core, training, validation after every epoch, augmentation, scoring, writing. Keras would take the experiments one
after the other on all threads; its pace in images per second is measured for some seconds for each (float32, arrays,
as the report does; augmented by its own ImageDataGenerator where the experiment is), and so are the seconds of one
validation, and both are multiplied out to 20 epochs. Start-up and scoring are left out on its side, in its favour. The
share against training alone, without validation and augmentation, is reported too.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import throughput
from keras_parity import KERAS, keras_python
from seedtrial.data.augment import Augment
from seedtrial.data.dataset import load
from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.study.load import load_study
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "sweep.json"
STUDY = "boetticher2020"
AIM = 1 / 3


def ours() -> float:
    """Seconds of the whole command, into an empty folder."""
    seedtrial = str(Path(sys.executable).parent / "seedtrial")
    with tempfile.TemporaryDirectory() as runs:
        started = time.perf_counter()
        subprocess.run([seedtrial, "run", STUDY, "--seeds", "1", "--runs", runs], check=True)
        return time.perf_counter() - started


def keras(seconds: float) -> dict[str, dict[str, float]]:
    """Seconds that Keras would take for each experiment, from its pace over some seconds: whole, and training alone."""
    python, by_label = keras_python(), {}
    recipes = load_study(STUDY).recipes
    throughput.NETWORKS.update({label: (STUDY, label) for label in recipes})
    with tempfile.TemporaryDirectory() as temporary:
        folder, chance = Path(temporary), np.random.default_rng(0)
        np.save(folder / "images.npy", chance.integers(0, 256, (throughput.IMAGES, *throughput.SHAPE), dtype=np.uint8))
        np.save(folder / "labels.npy", chance.integers(0, throughput.CLASSES, throughput.IMAGES))
        for label, recipe in recipes.items():
            data, epochs = load(recipe.data), recipe.training.epochs
            assert data.validation is not None
            job: dict[str, Any] = {"python": python, "threads": 0, "seconds": seconds}
            result = throughput.turn(folder, label, throughput.PLAIN, also={"validate": len(data.validation)}, **job)
            paces = {"plain": result["images_per_second"]}
            if recipe.training.augment is not None:
                moved = throughput.turn(
                    folder, label, throughput.PLAIN, also={"augment": generator(recipe.training.augment)}, **job
                )
                paces["augmented"] = moved["images_per_second"]
            images = epochs * len(data.train)
            by_label[label] = {
                "whole": images / min(paces.values()) + epochs * result["validation"]["seconds"],
                "training": images / paces["plain"],
            }
            words = ", ".join(f"{pace:,.0f} images/s {kind}" for kind, pace in paces.items())
            print(f"{label:24} {by_label[label]['whole']:6.0f} s in Keras: {words}", flush=True)
    return by_label


def generator(augment: Augment) -> dict[str, Any]:
    """Ranges as Keras's ImageDataGenerator names them."""
    return {
        "rotation_range": augment.rotation,
        "width_shift_range": augment.shift,
        "height_shift_range": augment.shift,
        "shear_range": augment.shear,
        "zoom_range": augment.zoom,
        "horizontal_flip": augment.flip,
    }


def main() -> None:
    """Measure, print, write the JSON."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--seconds", type=float, default=6.0, help="of training for each of Keras's paces")
    before = keras(reader.parse_args().seconds)
    own = ours()
    shares = {kind: own / sum(one[kind] for one in before.values()) for kind in ("whole", "training")}
    result = {"seconds": own, "keras_seconds": before, "shares": shares, "aim": AIM, "keras": KERAS}
    write_json(OUT, result | {"machine": machine.describe(choose_engine("cpu")).plain()})
    print(
        f"{own:.0f} s here: a share of {shares['whole']:.2f} of Keras's, aim at most {AIM:.2f}; of its training alone "
        f"{shares['training']:.2f}\nWritten: {OUT}"
    )


if __name__ == "__main__":
    main()
