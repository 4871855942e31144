"""Whether the interval that `choose` tells covers the truth: on drawn pictures, of which there are as many as needed.

    python benchmarks/peers/choose_coverage.py

It takes half an hour on 2 cores and writes benchmarks/results/choose_coverage.json.

Twenty times, 300 leaves are drawn (drawn.py, with wrong labels as there are in practice), `choose`
answers in half a minute, and its networks classify 100,000 leaves that were drawn apart. The truth is the mean accuracy
of the networks that the interval is about, one per fold; that of the network which is handed over stands beside it.
Repetitions that are in the file already are not made again.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from drawn import spots
from seedtrial.choosing.choose import choose
from seedtrial.evaluation.statistics import wilson
from seedtrial.files import read_json, write_json
from seedtrial.runs import machine
from seedtrial.runs.trained import Run
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "choose_coverage.json"
IMAGES, FRESH, TIMES, MINUTES, AT_ONCE = 300, 100_000, 20, 0.5, 5_000


def accuracy(run: Run, images: np.ndarray, labels: np.ndarray) -> float:
    """Share of images (N, C, H, W) that a run's network classifies correctly."""
    parts = [run.predict(images[start : start + AT_ONCE]).argmax(1) for start in range(0, len(images), AT_ONCE)]
    return float((np.concatenate(parts) == labels).mean())


def repetition(seed: int, images: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """What `choose` tells about 300 leaves, and how its networks do on fresh ones, (N, 1, H, W)."""
    drawn, classes, _ = spots(IMAGES, seed, clean=False)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for number, (image, label) in enumerate(zip(drawn, classes, strict=True)):
            inside = folder / "leaves" / f"kind{label}"
            inside.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.squeeze()).save(inside / f"{number}.png")
        choice = choose(str(folder / "leaves"), minutes=MINUTES, out=folder / "answer", runs=folder / "runs")
        best = choice.results.rows[0]
        assert best.judged is not None
        truths = [accuracy(run, images, labels) for run in best.runs.values()]
        told, truth = best.judged, float(np.mean(truths))
        return {
            "recipe": best.label,
            "networks": len(truths),
            "told": {"mean": told.mean, "low": told.low, "high": told.high},
            "truth": truth,
            "covered": told.low <= truth <= told.high,
            "handed_over": accuracy(choice.network.runs[0], images, labels),
        }


def main() -> None:
    """Repeat what is missing, print, write the JSON."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    record: dict[str, Any] = read_json(OUT) if OUT.exists() else {"repetitions": []}
    fresh, labels, _ = spots(FRESH, 10_000, clean=False)
    images = np.ascontiguousarray(np.moveaxis(fresh, -1, 1))
    for number in range(len(record["repetitions"]), TIMES):
        record["repetitions"].append(repetition(number, images, labels))
        covered = sum(each["covered"] for each in record["repetitions"])
        low, high = wilson(covered, len(record["repetitions"]))
        record |= {"covered": covered, "of": len(record["repetitions"]), "share_low": low, "share_high": high}
        record |= {
            "command": "python benchmarks/peers/choose_coverage.py",
            "images": IMAGES,
            "fresh": FRESH,
            "minutes": MINUTES,
        }
        write_json(OUT, record | {"machine": machine.describe(choose_engine("cpu")).plain()})
        print(record["repetitions"][-1], flush=True)


if __name__ == "__main__":
    main()
