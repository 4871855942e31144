"""How much a test score gains where shots of one scene are on both sides of the test, and what `data.groups` gives.

    python benchmarks/own/groups.py     2 minutes on 2 cores; writes benchmarks/results/groups.json

Five made-up data sets, each of 60 scenes with 10 shots, in two classes that are drawn by chance: nothing can be learnt
about a scene that was not seen, so an honest score is 50 %. Shots differ by noise and by up to two pixels. The usual
convolutional network trains once on each.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from seedtrial.data.dataset import DataSpec
from seedtrial.files import write_json
from seedtrial.models import ARCHITECTURES
from seedtrial.runs import machine
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "groups.json"
SETS, SCENES, SHOTS, SIDE = 5, 60, 10, 32
SETTINGS = {"each image alone": None, "alike": "alike", "by file name": "{group}_*"}


def draw(folder: Path, seed: int) -> None:
    """Write the pictures of one data set: CLASS/SCENE_SHOT.png."""
    generator = np.random.default_rng(seed)
    for scene in range(SCENES):
        coarse = Image.fromarray(generator.integers(0, 256, (5, 5, 3), dtype=np.uint8))
        ground = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), float)
        inside = folder / ("left", "right")[scene % 2]
        inside.mkdir(parents=True, exist_ok=True)
        for shot in range(SHOTS):
            moved = np.roll(ground + generator.normal(0, 12, ground.shape), generator.integers(-2, 3, 2), (0, 1))
            Image.fromarray(moved.clip(0, 255).astype(np.uint8)).save(inside / f"{scene:02d}_{shot}.png")


def scores(folder: Path, runs: Path) -> dict[str, float]:
    """Test accuracy of the usual convolutional network with each setting of data.groups."""
    found = {}
    for name, groups in SETTINGS.items():
        recipe = Recipe(data=DataSpec(source=str(folder), groups=groups), model=ARCHITECTURES["conv"]())
        examined = examine(run(recipe, 0, runs=runs))
        assert examined.test is not None
        found[name] = examined.test.scores.accuracy
    return found


def main() -> None:
    """Draw, train and score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        each = []
        for seed in range(SETS):
            draw(Path(place, str(seed)), seed)
            each.append(scores(Path(place, str(seed)), Path(place, "runs")))
    summary = {
        name: {
            "mean": statistics.mean(one[name] for one in each),
            "sd": statistics.stdev(one[name] for one in each),
            "n": len(each),
        }
        for name in SETTINGS
    }
    write_json(OUT, {"test_accuracy": summary, "each": each, "machine": machine.describe(choose_engine("cpu")).plain()})


if __name__ == "__main__":
    main()
