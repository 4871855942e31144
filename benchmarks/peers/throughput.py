"""How many images per second the reports' networks train on here and in Keras, and how much memory that takes.

    python benchmarks/peers/throughput.py   about an hour on 2 cores; writes benchmarks/results/throughput.json
    python benchmarks/peers/throughput.py --only "conv"     networks whose name has these words
    python benchmarks/peers/throughput.py --rounds 1 --threads 1 --seconds 1

Three sides take turns, each time in a new process that warms up and then trains for some seconds:

- seedtrial: TorchLearner.fit on the engine that `seedtrial run` would choose
- Keras as the reports use it: float32, arrays of floats, model.fit with its defaults
- Keras at its best: whichever of mixed_bfloat16 or float32, arrays or tf.data, jit_compile "auto" or off was fastest in
  one try each

Keras lives in an environment of its own, as for keras_parity.py. The file is written after every round: a stopped
command goes on where it was. Images are random pixels; no network learns anything from them, nor is it slower or faster
for that.
"""

import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from keras_parity import KERAS, keras_python
from pace import clock, pace
from seedtrial.data.parts import Split
from seedtrial.files import read_json, write_json
from seedtrial.runs import machine
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.study.load import load_study
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.prepare import engine_for, prepare

HERE = Path(__file__).parent
OUT = HERE.parent / "results" / "throughput.json"
SHAPE, CLASSES, IMAGES = (1, 28, 28), 10, 60_000
NETWORKS = {  # name -> study, recipe
    "thingwall dense": ("thingwall2019", "dense, dropout"),
    "neelamraju multi-layer": ("neelamraju2019", "multi-layer"),
    "mlpcnn 1 hidden": ("mlpcnn2021", "1 hidden"),
    "boetticher DNN 1": ("boetticher2020", "0 DNN 1"),
    "boetticher CNN 3a": ("boetticher2020", "9 CNN 3a dropout"),
    "mlpcnn 2 conv": ("mlpcnn2021", "2 conv, 1 hidden"),
    "neelamraju conv": ("neelamraju2019", "conv"),
    "thingwall conv": ("thingwall2019", "conv"),
}
EVALUATED, TEST = "thingwall conv", 10_000  # the network that predicts, and for how many images
PLAIN = {"precision": "fp32", "input": "arrays", "jit": "auto", "evaluate_batch": 32}  # Keras's defaults
OTHERS = [
    {"precision": precision, "input": given, "jit": jit, "evaluate_batch": 1000}
    for precision, given, jit in itertools.product(("fp32", "bf16"), ("arrays", "tf.data"), ("auto", "off"))
]
FLOOR = [(128, 32, 28, 5), (256, 64, 14, 3), (256, 128, 7, 3)]  # images, channels, pixels of a side, of a filter's
AIMS = {
    "mean_ratio": 2.5,  # geometric, to Keras as the reports use it; this and the next four at least
    "least_ratio": 2.0,
    "least_ratio_to_best": 1.5,
    "floor_share": 0.6,
    "evaluation_ratio": 3.0,
    "memory_ratio": 0.7,  # at most
}


def recipe_of(name: str) -> Recipe:
    """The recipe of a network, with passes enough for any measurement."""
    study, label = NETWORKS[name]
    recipe = load_study(study).recipes[label]
    training = recipe.training.model_copy(update={"epochs": 1_000_000, "augment": None, "stopping": None})
    return recipe.model_copy(update={"training": training})


def ours(folder: Path) -> dict[str, Any]:
    """seedtrial's side of one turn, in its own process."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    if job["threads"]:
        torch.set_num_threads(job["threads"])
    recipe = recipe_of(job["name"])
    engine = engine_for(recipe.model, recipe.training, "cpu", shape=SHAPE, classes=CLASSES)
    learner = prepare(recipe.model, recipe.training, shape=SHAPE, classes=CLASSES, engine=engine, seeds=Seeds(0))
    train = Split("train", np.load(folder / "images.npy"), np.load(folder / "labels.npy"))

    def fit(count: int, passes: int) -> None:
        for _ in itertools.islice(learner.fit(train.take(slice(0, count), "train")), passes):
            pass

    size = recipe.training.batch_size
    result: dict[str, Any] = dict(pace(fit, batch_size=size, available=len(train), seconds=job["seconds"]))
    if recipe.model.kind == "conv":
        result["floor_flops"] = floor(engine)
    if job["evaluate"]:
        learner.predict(train.images[: job["evaluate"]])
        result["evaluation"] = clock(learner.predict, train.images[: job["evaluate"]])
    return result | {"engine": engine.record()}


def floor(engine: Engine) -> float:
    """FLOP/s that this processor's convolutions reach, forward and backward, in the one of FLOOR that suits it best."""
    measured = []
    for count, channels, side, kernel in FLOOR:
        layer = torch.nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
        layer.weight.data = layer.weight.data.to(memory_format=torch.channels_last)
        images = torch.rand(count, channels, side, side).to(memory_format=torch.channels_last).requires_grad_()
        gradient = torch.rand(count, channels, side, side).to(memory_format=torch.channels_last)
        with engine.autocast():
            gradient = gradient.to(layer(images).dtype)

        def step(layer: Any = layer, images: torch.Tensor = images, gradient: torch.Tensor = gradient) -> None:
            with engine.autocast():
                out = layer(images)
            torch.autograd.grad(out, [images, layer.weight], gradient)

        step()
        seconds = statistics.median(clock(step)["seconds"] for _ in range(9))
        measured.append(6 * count * side**2 * channels**2 * kernel**2 / seconds)
    return max(measured)


def turn(
    folder: Path, name: str, way: dict[str, Any] | None, *, python: str, also: dict[str, Any] | None = None, **job: Any
) -> dict[str, Any]:
    """One side's turn in a new process.

    way:  how Keras is used; None: seedtrial
    also: what else Keras is to do
    """
    recipe = recipe_of(name)
    result = {"name": name, "classes": CLASSES, "batch_size": recipe.training.batch_size, **job, **(way or {})}
    result["model"] = recipe.model.model_dump(mode="json")
    result["optimiser"] = recipe.training.optimiser.model_dump(mode="json")
    result["evaluate"] = TEST if name == EVALUATED else 0
    result |= also or {}
    (folder / "job.json").write_text(json.dumps(result), encoding="utf-8")
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    if job["threads"]:
        environment |= {"OMP_NUM_THREADS": str(job["threads"])}
    script = [sys.executable, __file__, "--side"] if way is None else [python, str(HERE / "keras_throughput.py")]
    done = subprocess.run([*script, str(folder)], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}, {way or 'seedtrial'}:\n{done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(folder: Path, name: str, measured: dict[str, Any], *, rounds: int, **job: Any) -> None:
    """Add to the measurements of a network until it has so many rounds; `save` is called after each."""
    save = job.pop("save")
    if "tries" not in measured:
        tries = [{"way": way, **turn(folder, name, way, **job)} for way in OTHERS]
        best = max(tries, key=lambda result: float(result["images_per_second"]))
        measured |= {"tries": tries, "best": best["way"], "rounds": []}
    sides = {"seedtrial": None, "keras": PLAIN, "keras best": measured["best"]}
    while len(measured["rounds"]) < rounds:
        order = list(sides)
        shift = len(measured["rounds"]) % len(order)  # nobody is always first
        measured["rounds"].append(
            {side: turn(folder, name, sides[side], **job) for side in order[shift:] + order[:shift]}
        )
        save()


def ratios(measured: dict[str, Any]) -> dict[str, float]:
    """Medians over the rounds of a network, and what they are of Keras's."""
    rounds = measured["rounds"]
    pace_of = {side: statistics.median(r[side]["images_per_second"] for r in rounds) for side in rounds[0]}
    peak = {side: statistics.median(r[side]["peak_mb"] for r in rounds) for side in rounds[0]}
    result = {f"{side}_images_per_second": value for side, value in pace_of.items()}
    result |= {f"{side}_peak_mb": value for side, value in peak.items()}
    # Sides of a round ran one after the other, so ratios within rounds see the same machine.
    result["ratio"] = _ratio(rounds, "keras")
    result["ratio_to_best"] = min(result["ratio"], _ratio(rounds, "keras best"))
    result["memory_ratio"] = peak["seedtrial"] / peak["keras"]
    result["memory_ratio_to_best"] = peak["seedtrial"] / peak["keras best"]  # no aim; bytes through tf.data take least
    if measured["convolutional"]:
        flops = 6 * measured["multiply_adds"]  # per image, forward and backward
        ours = [one["seedtrial"] for one in rounds]
        result["floor_share"] = statistics.median(o["images_per_second"] * flops / o["floor_flops"] for o in ours)
    if "evaluation" in rounds[0]["seedtrial"]:
        seconds = {side: statistics.median(r[side]["evaluation"]["seconds"] for r in rounds) for side in rounds[0]}
        result |= {f"{side}_evaluation_seconds": value for side, value in seconds.items()}
        result["evaluation_ratio"] = seconds["keras"] / seconds["seedtrial"]
    return result


def _ratio(rounds: list[dict[str, Any]], other: str) -> float:
    return statistics.median(r["seedtrial"]["images_per_second"] / r[other]["images_per_second"] for r in rounds)


def overall(networks: dict[str, dict[str, Any]]) -> dict[str, float]:
    """What the aims are about, over the networks that have rounds."""
    result = [measured["summary"] for measured in networks.values()]

    def all_of(key: str) -> list[float]:
        return [one[key] for one in result if key in one]

    measured = {
        "mean_ratio": math.exp(statistics.fmean(math.log(ratio) for ratio in all_of("ratio"))),
        "least_ratio": min(all_of("ratio")),
        "least_ratio_to_best": min(all_of("ratio_to_best")),
        "memory_ratio": max(all_of("memory_ratio")),
    }
    for key in ("floor_share", "evaluation_ratio"):
        if all_of(key):
            measured[key] = min(all_of(key))
    return measured


def table(networks: dict[str, dict[str, Any]]) -> str:
    """One line per network, then the aims."""
    lines = [f"{'images/s':24} seedtrial    Keras    best    x Keras  x best  memory  of floor"]
    for name, measured in networks.items():
        result = measured["summary"]
        floor = f"{result['floor_share']:8.2f}" if "floor_share" in result else ""
        lines.append(
            f"{name:24} {result['seedtrial_images_per_second']:8,.0f} {result['keras_images_per_second']:8,.0f} "
            f"{result['keras best_images_per_second']:8,.0f} {result['ratio']:8.2f} {result['ratio_to_best']:7.2f} "
            f"{result['memory_ratio']:7.2f}  {floor}"
        )
    for key, value in overall(networks).items():
        most = key == "memory_ratio"
        missed = value > AIMS[key] if most else value < AIMS[key]
        lines.append(
            f"{key:24} {value:8.2f}   aim at {'most' if most else 'least'} {AIMS[key]:g}{'   MISSED' if missed else ''}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, print, write the JSON."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--only", default="", help="networks whose name has these words")
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--threads", type=int, default=0, help="of every side; 0: as many as each takes by itself")
    reader.add_argument("--seconds", type=float, default=4.0, help="of training that are measured in a turn")
    reader.add_argument("--out", type=Path, default=OUT)
    reader.add_argument("--side", type=Path, help=argparse.SUPPRESS)
    given = reader.parse_args()
    if given.side:
        print(json.dumps(ours(given.side)))
        return
    result: dict[str, Any] = read_json(given.out) if given.out.exists() else {"networks": {}}
    settings = {"threads": given.threads, "seconds": given.seconds}
    if result.get("settings", settings) != settings:
        sys.exit(f"{given.out} was measured with {result['settings']}; delete it, or give those.")

    def save() -> None:
        for measured in result["networks"].values():
            measured["summary"] = ratios(measured)
        result["overall"] = overall(result["networks"])
        given.out.parent.mkdir(exist_ok=True)
        write_json(given.out, result)

    python = keras_python()
    result |= {
        "settings": settings,
        "keras": KERAS,
        "aims": AIMS,
        "machine": machine.describe(choose_engine("cpu")).plain(),
    }
    chance = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        np.save(folder / "images.npy", chance.integers(0, 256, (IMAGES, *SHAPE), dtype=np.uint8))
        np.save(folder / "labels.npy", chance.integers(0, CLASSES, IMAGES))
        for name, (study, label) in NETWORKS.items():
            if given.only not in name:
                continue
            recipe = recipe_of(name)
            counts = recipe.model.summary(SHAPE, CLASSES)
            measured = result["networks"].get(name) or {
                "study": study,
                "recipe": label,
                "batch_size": recipe.training.batch_size,
                "parameters": counts.parameters,
                "multiply_adds": counts.multiply_adds,
                "convolutional": recipe.model.kind == "conv",
            }

            def keep(name: str = name, measured: dict[str, Any] = measured) -> None:
                result["networks"][name] = measured
                save()

            measure(folder, name, measured, rounds=given.rounds, python=python, save=keep, **settings)
            print(table({name: measured}).splitlines()[1], flush=True)
    print(table(result["networks"]))
    print(f"Written: {given.out}")


if __name__ == "__main__":
    main()
