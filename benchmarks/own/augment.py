"""What moving a batch of images costs, beside the training step that it is for.

    python benchmarks/own/augment.py   under a minute on 2 cores; writes benchmarks/results/augment.json

Batches of 100 images of 28x28 pixels; steps are those of boetticher2020's CNN 3a. Augmentation, four gathers in its
stead, and steps take turns, and the ratios are of medians over the turns, since other work may run on the machine.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from seedtrial.data.augment import augment, draw_motions, warp
from seedtrial.data.parts import Split
from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.seeds import Seeds
from seedtrial.studies import boetticher2020
from seedtrial.training.device import choose_engine
from seedtrial.training.prepare import prepare

OUT = Path(__file__).parent.parent / "results" / "augment.json"
TURNS, BATCHES, BATCH = 30, 10, 100


def gathered(images: Tensor, maps: Tensor) -> Tensor:
    """What `warp` does, by four gathers and their weights: the way that was not taken."""
    count, channels, height, width = images.shape
    row = torch.arange(height)[:, None] - (height - 1) / 2
    column = torch.arange(width) - (width - 1) / 2
    a, b, c = maps.float()[:, :, :, None, None].unbind(2)
    source = a * row + b * column + c
    rows = (source[:, 0] + (height - 1) / 2).clamp_(0, height - 1)
    columns = (source[:, 1] + (width - 1) / 2).clamp_(0, width - 1)
    above, left = rows.long(), columns.long()
    below, right = (above + 1).clamp_(max=height - 1), (left + 1).clamp_(max=width - 1)
    down, across = (rows - above)[:, None], (columns - left)[:, None]
    flat = images.float().flatten(2)

    def at(row: Tensor, column: Tensor) -> Tensor:
        index = (row * width + column).flatten(1)[:, None].expand(count, channels, height * width)
        return flat.gather(2, index).view(images.shape)

    top = at(above, left).lerp_(at(above, right), across)
    bottom = at(below, left).lerp_(at(below, right), across)
    return top.lerp_(bottom, down).round_().to(images.dtype)


def main() -> None:
    """Measure, print, write the JSON."""
    engine = choose_engine()
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH * BATCHES, 1, 28, 28), dtype=np.uint8)
    images, train = torch.from_numpy(pixels[:BATCH]), Split("train", pixels, np.arange(len(pixels)) % 10)
    recipe = boetticher2020.recipe(boetticher2020.networks()["CNN 3a"])
    spec = recipe.training.model_copy(update={"epochs": 10 * TURNS})
    passes = prepare(recipe.model, spec, shape=(1, 28, 28), classes=10, engine=engine, seeds=Seeds(0)).fit(train)
    chance, motion = torch.Generator().manual_seed(0), boetticher2020.AUGMENT
    maps = draw_motions(motion, BATCH, height=28, width=28, generator=chance)
    assert (warp(images, maps).int() - gathered(images, maps).int()).abs().max() <= 1  # a tie may round either way
    work: dict[str, Callable[[], object]] = {
        "augment": lambda: [augment(images, motion, chance) for _ in range(BATCHES)],
        "warp": lambda: [warp(images, maps) for _ in range(BATCHES)],
        "warp by gathers": lambda: [gathered(images, maps) for _ in range(BATCHES)],
        "training step": lambda: next(passes),
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(TURNS):
        for name, do in work.items():
            started = time.perf_counter()
            do()
            taken[name].append((time.perf_counter() - started) / BATCHES)
    seconds = {name: statistics.median(values[3:]) for name, values in taken.items()}  # the first turns warm up
    shares = {name: value / seconds["training step"] for name, value in seconds.items()}
    for name in work:
        print(f"{name}: {1000 * seconds[name]:.2f} ms per batch, {100 * shares[name]:.1f} % of a training step")
    measured = {"seconds_per_batch": seconds, "share_of_a_training_step": shares, "batch": BATCH, "turns": TURNS}
    write_json(OUT, measured | {"machine": machine.describe(engine).plain()})


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
