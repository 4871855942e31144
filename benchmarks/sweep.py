"""A whole study against Keras: the fourteen experiments of boetticher2020, 20 epochs each, one seed.

    python benchmarks/sweep.py       about 20 minutes on 2 cores; writes benchmarks/results/sweep.json

Ours is the whole of `lookbook run boetticher2020 --seeds 1` into an empty folder, by the clock: start-up, one process
per core, training, validation after every epoch, augmentation, scoring, writing. Keras would take the experiments one
after the other on all threads; its pace in images per second is measured for some seconds for each (float32, arrays,
as the report does) and multiplied out to 20 epochs. Everything else is left out on its side, in its favour: start-up,
validation, scoring, and augmentation, with which the report says it took nine times as long.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import throughput
from keras_parity import KERAS, keras_python
from lookbook.data.dataset import load
from lookbook.files import write_json
from lookbook.study import machine
from lookbook.study.study import load_study
from lookbook.training.device import choose

OUT = Path(__file__).parent / "results" / "sweep.json"
STUDY = "boetticher2020"
AIM = 1 / 3


def ours() -> float:
    """Seconds of the whole command, into an empty folder."""
    lookbook = str(Path(sys.executable).parent / "lookbook")
    with tempfile.TemporaryDirectory() as runs:
        started = time.perf_counter()
        subprocess.run([lookbook, "run", STUDY, "--seeds", "1", "--runs", runs], check=True)
        return time.perf_counter() - started


def keras(seconds: float) -> dict[str, float]:
    """Seconds that Keras would take for each experiment, from its pace over some seconds."""
    python, found = keras_python(), {}
    recipes = load_study(STUDY).recipes
    throughput.NETWORKS.update({label: (STUDY, label) for label in recipes})
    with tempfile.TemporaryDirectory() as place:
        folder, chance = Path(place), np.random.default_rng(0)
        np.save(folder / "images.npy", chance.integers(0, 256, (throughput.IMAGES, *throughput.SHAPE), dtype=np.uint8))
        np.save(folder / "labels.npy", chance.integers(0, throughput.CLASSES, throughput.IMAGES))
        for label, recipe in recipes.items():
            told = throughput.turn(folder, label, throughput.PLAIN, python=python, threads=0, seconds=seconds)
            images = recipe.training.epochs * len(load(recipe.data).train)
            found[label] = images / float(told["images_per_second"])
            print(
                f"{label:24} {told['images_per_second']:>10,.0f} images/s in Keras, {found[label]:6.0f} s", flush=True
            )
    return found


def main() -> None:
    """Measure, print, write the JSON."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--seconds", type=float, default=6.0, help="of training for each of Keras's paces")
    before = keras(reader.parse_args().seconds)
    own = ours()
    share = own / sum(before.values())
    told = {"seconds": own, "keras_seconds": before, "share": share, "aim": AIM, "keras": KERAS}
    write_json(OUT, told | {"machine": machine.describe(choose("cpu"))})
    print(
        f"{own:.0f} s here, {sum(before.values()):.0f} s in Keras: a share of {share:.2f}, aim at most {AIM:.2f}\n"
        f"Written: {OUT}"
    )


if __name__ == "__main__":
    main()
