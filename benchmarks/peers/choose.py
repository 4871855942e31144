"""`seedtrial choose` beside what somebody would do otherwise in the same minutes, on seven data sets.

    python benchmarks/peers/choose.py --minutes 10 [--photographs DIR] [--only DATA]

It takes up to 40 minutes per data set on 2 cores and writes benchmarks/results/choose.json, data set by data set; what
is there already is not measured again. DIR has train/CLASS and val/CLASS with photographs, such as hotdog's.

Every tool gets the same training images and is scored on the same images that none of them has seen: the test part of
Fashion-MNIST, MNIST and the digits, DIR/val, and 4,000 fresh pictures of those that drawn.py draws. The others are the
network of Keras's tutorial on image classification, KerasTuner's Hyperband on it, and scikit-learn's linear SVM on
histograms of oriented gradients with a search of its own; see choose_side.py.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from drawn import DRAWN
from keras_parity import KERAS
from seedtrial.data import readers
from seedtrial.data.folds import ENOUGH
from seedtrial.data.reader import Form
from seedtrial.evaluation.statistics import wilson
from seedtrial.files import read_json, write_json
from seedtrial.runs import machine
from seedtrial.serving.bundle import Bundle
from seedtrial.study.results_json import shareable, without_nan
from seedtrial.training.device import choose_engine

HERE = Path(__file__).parent
OUT = HERE.parent / "results" / "choose.json"
PEERS = (*KERAS, "keras-tuner==1.4.8", "tensorboard==2.21.0", "scikit-image==0.26.0", "scikit-learn==1.9.1")
TOOLS = ("tutorial", "tuner", "svm")
BUILT_IN = ("fashion-mnist", "mnist", "digits")
COUNTS = {"shapes": 1_000, "textures": 480, "spots": 600}  # training pictures
FRESH, SIDE = 4_000, 160


@dataclass(frozen=True)
class Task:
    """Training images for everybody, and images that nobody has seen.

    source:   what `choose` is given
    settings: that a user would give with it
    """

    images: np.ndarray
    labels: np.ndarray
    new: np.ndarray
    truth: np.ndarray
    source: str
    settings: tuple[str, ...] = ()


def built_in(name: str, folder: Path) -> Task:
    """A data set with a test part of its own; where that is small, `choose` would divide all images into folds."""
    parts = readers.read(name)
    train, test, source = parts.train, parts.test, name
    if len(test) < ENOUGH:
        source = str(folder / f"{name}.npz")
        np.savez(source, images=train.images, labels=train.labels)
    return Task(_last(train.images), train.labels, _last(test.images), test.labels, source)


def drawn(name: str, folder: Path) -> Task:
    """Pictures that are drawn now; a texture's source is in its file's name."""
    images, labels, sources = DRAWN[name](COUNTS[name], 1, clean=False)
    new, truth, _ = DRAWN[name](FRESH, 2, clean=True)
    for number, (image, label, source) in enumerate(zip(images, labels, sources, strict=True)):
        inside = folder / name / f"class{label}"
        inside.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze()).save(inside / f"{source}_{number}.png")
    settings = ("data.groups={group}_*",) if len(set(sources)) < len(sources) else ()
    return Task(images, labels, new, truth, str(folder / name), settings)


def photographs(pictures: Path, folder: Path) -> Task:
    """The folder's train part to learn from, its val part to be scored on; the others get squares of 160 pixels."""
    parts = readers.read(str(pictures), None, Form(size=SIDE))
    by_name = {split.name: split for split in parts.splits}
    shutil.copytree(pictures / "train", folder / "photographs")
    train, new = parts.train, by_name.get("validation") or parts.test
    return Task(_last(train.images), train.labels, _last(new.images), new.labels, str(folder / "photographs"))


def _last(images: np.ndarray) -> np.ndarray:
    """(N, C, H, W) -> (N, H, W, C)"""
    return np.ascontiguousarray(np.moveaxis(images, 1, -1))


def peers_python() -> str:
    """An interpreter that has the other tools, installed now if need be."""
    if os.environ.get("PEERS_PYTHON"):
        return os.environ["PEERS_PYTHON"]
    folder = HERE.parent.parent / ".venv-peers"
    if not (folder / ".ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *PEERS], check=True)
        (folder / ".ready").touch()
    return str(folder / "bin" / "python")


def chosen(task: Task, minutes: float, folder: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """The answers of the network that `choose` hands over, and what it said of it."""
    command = [str(Path(sys.executable).parent / "seedtrial"), "choose", task.source, "--minutes", str(minutes)]
    command += ["--out", str(folder / "answer"), "--runs", str(folder / "runs"), "--json"]
    command += [word for setting in task.settings for word in ("--set", setting)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    choice = read_json(folder / "answer" / "choice.json")
    best = choice["study"]["recipes"][0]
    said = {"recipe": best["label"], "answer": choice["answer"][0], "told": best[choice["study"]["judged_on"]]}
    bundle = Bundle.load(folder / "answer" / "bundle")
    _, height, width = bundle.predictor.shape
    if task.new.shape[1:3] == (height, width):
        new = task.new if bundle.predictor.shape[0] == task.new.shape[3] else task.new.mean(3, keepdims=True)
        return bundle.predict(np.moveaxis(new, -1, 1).astype(np.uint8)).classes, said
    files = []
    (folder / "new").mkdir()
    for number, image in enumerate(task.new):
        files.append(folder / "new" / f"{number}.png")
        Image.fromarray(image.squeeze()).save(files[-1])
    return bundle.predict(files).classes, said


def answered(tool: str, task: Task, minutes: float, folder: Path) -> np.ndarray:
    """The answers of another tool."""
    np.savez(folder / "job.npz", images=task.images, labels=task.labels, new=task.new)
    command = [peers_python(), str(HERE / "choose_side.py"), tool, str(folder), str(60 * minutes)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with np.load(folder / "answers.npz") as answers:
        return answers["answers"]


def measured(name: str, task: Task, minutes: float, folder: Path) -> dict[str, Any]:
    """Every tool's accuracy with its interval, and the seconds that it took."""
    tools: dict[str, Any] = {}
    for tool in ("choose", *TOOLS):
        place = folder / tool
        place.mkdir()
        started = time.monotonic()
        said: dict[str, Any] = {}
        if tool == "choose":
            answers, said = chosen(task, minutes, place)
        else:
            answers = answered(tool, task, minutes, place)
        right = int((answers == task.truth).sum())
        low, high = wilson(right, len(answers))
        tools[tool] = {"accuracy": right / len(answers), "low": low, "high": high} | said
        tools[tool]["seconds"] = round(time.monotonic() - started, 1)
        print(f"{name}, {tool}: {100 * right / len(answers):.2f} % in {tools[tool]['seconds']:.0f} s", flush=True)
    return {"images": len(task.images), "classes": int(task.truth.max()) + 1, "new": len(task.new), "tools": tools}


def main() -> None:
    """Measure what is missing, print, write the JSON."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--minutes", type=float, default=10)
    reader.add_argument("--photographs", type=Path, help="a folder with train/CLASS and val/CLASS")
    reader.add_argument("--only", default="", metavar="DATA", help="the data set of that name")
    given = reader.parse_args()
    record: dict[str, Any] = read_json(OUT) if OUT.exists() else {"minutes": given.minutes, "data": {}}
    if record["minutes"] != given.minutes:
        sys.exit(f"{OUT} was measured with --minutes {record['minutes']:g}; delete it, or give those.")
    names = [*DRAWN, *(["photographs"] if given.photographs else []), *reversed(BUILT_IN)]
    for name in names:
        if name in record["data"] or given.only not in ("", name):
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if name in BUILT_IN:
                task = built_in(name, folder)
            else:
                task = drawn(name, folder) if name in DRAWN else photographs(given.photographs, folder)
            record["data"][name] = measured(name, task, given.minutes, folder)
        on = machine.describe(choose_engine("cpu")).plain()
        record |= {"peers": PEERS, "machine": on | {"command": shareable(on["command"])}}
        write_json(OUT, without_nan(record))
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
