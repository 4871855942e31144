"""Do the reports' networks train here as they do in Keras? Same first weights, same batches, dropout off.

    python benchmarks/peers/keras_parity.py       a few minutes; writes benchmarks/results/keras_parity.json

Makes a virtual environment for Keras (in .venv-keras, or takes the interpreter $KERAS_PYTHON) and compares, for every
network of the built-in studies, the losses of 20 steps, the final weights and the probabilities on 1,000 other images.
Aim: losses and weights equal to 1e-3, relative.

In float32 both sides begin alike to seven digits and then part exponentially: Adam's first steps have the size of the
rate wherever a gradient is not exactly zero, so rounding decides the direction of weights that hardly matter. Each
network is therefore trained a second time in float64 with a thousandth of the rate, where nothing is amplified; there
the difference of the final weights is measured against the way they went, which is what an optimiser can get wrong.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seedtrial.data.batches import batches
from seedtrial.data.dataset import load
from seedtrial.data.parts import Split
from seedtrial.files import write_json
from seedtrial.models import Conv, Dense, Linear
from seedtrial.models.fast.norm import BatchNorm
from seedtrial.models.layers import Network
from seedtrial.runs import machine
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.spec import override
from seedtrial.study.load import load_study
from seedtrial.training.device import choose_engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.prepare import prepare

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
OUT = ROOT / "benchmarks" / "results" / "keras_parity.json"
STUDIES = ("thingwall2019", "neelamraju2019", "boetticher2020", "mlpcnn2021", "korssjoen2020")
KERAS = ("tensorflow-cpu==2.21.0", "keras==3.15.0", "scipy==1.17.1")  # SciPy moves images for Keras
STEPS = 20
AIM = 1e-3


def keras_python() -> str:
    """An interpreter that has Keras, installed now if need be."""
    if os.environ.get("KERAS_PYTHON"):
        return os.environ["KERAS_PYTHON"]
    folder = ROOT / ".venv-keras"
    if not (folder / ".ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *KERAS], check=True)
        (folder / ".ready").touch()
    return str(folder / "bin" / "python")


def without_dropout(model: dict[str, Any]) -> dict[str, Any]:
    """A model's JSON with every dropout rate 0."""
    return {
        key: 0.0
        if key.endswith("dropout")
        else [without_dropout(block) for block in value]
        if key == "blocks"
        else value
        for key, value in model.items()
    }


def networks() -> dict[str, Recipe]:
    """The different networks of the reports' studies, without dropout and augmentation; NumPy's is not Keras's."""
    collected: dict[str, Recipe] = {}
    known = set()
    for study in STUDIES:
        for label, recipe in load_study(study).recipes.items():
            if not isinstance(recipe.model, Linear | Dense | Conv):
                continue
            model = without_dropout(recipe.model.model_dump(mode="json"))
            training = {"epochs": 1, "batch_size": recipe.training.batch_size, "precision": "fp32"}
            training |= {"optimiser": recipe.training.optimiser.model_dump(mode="json")}
            varied = Recipe.model_validate({"model": model, "training": training})
            if varied.model_dump_json() not in known:
                known.add(varied.model_dump_json())
                collected[f"{study}: {label}"] = varied
    return collected


def compare(recipe: Recipe, train: Split, others: np.ndarray, python: str, dtype: str) -> dict[str, Any]:
    """Train both sides on the same batches and measure how far they come apart."""
    size = recipe.training.batch_size
    train = train.take(slice(0, STEPS * size), "train")
    engine, seeds = choose_engine("cpu", "fp32"), Seeds(0)
    learner = prepare(recipe.model, recipe.training, shape=(1, 28, 28), classes=10, engine=engine, seeds=seeds)
    assert isinstance(learner, TorchLearner)
    learner.network.to(getattr(torch, dtype))
    first = numbers(learner)
    rows = np.stack([r.numpy() for r in batches(len(train), size, seeds.torch("batches"))])
    ours = np.array(losses(learner, train, rows))
    final, probs = numbers(learner), learner.predict(others)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = {"model": recipe.model.model_dump(mode="json"), "classes": 10, "dtype": dtype}
        job["optimiser"] = recipe.training.optimiser.model_dump(mode="json")
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        arrays = {f"first/{key}": value for key, value in first.items()}
        arrays |= {"images": train.images, "labels": train.labels, "batches": rows, "others": others}
        np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        subprocess.run([python, HERE / "keras_side.py", folder], check=True, env=environment, capture_output=True)
        theirs = dict(np.load(folder / "keras.npz", allow_pickle=False))

    moved = apart = size_of = 0.0
    for key, value in final.items():
        other = theirs[f"final/{key}"]
        apart += float(((value - other) ** 2).sum())
        moved += float(((value - first[key]) ** 2).sum())
        size_of += float((value**2).sum())
    return {
        "parameters": int(theirs["parameters"]),
        "batch_size": size,
        "loss_first": [float(ours[0]), float(theirs["losses"][0])],
        "loss_last": [float(ours[-1]), float(theirs["losses"][-1])],
        "loss_relative": float(np.max(np.abs(ours - theirs["losses"]) / theirs["losses"])),
        "weights_relative": float(np.sqrt(apart / size_of)),
        "weights_relative_to_movement": float(np.sqrt(apart / moved)),
        "probabilities_apart": float(np.abs(probs - theirs["probs"]).max()),
        "same_answers": float((probs.argmax(1) == theirs["probs"].argmax(1)).mean()),
    }


def losses(learner: TorchLearner, train: Split, rows: np.ndarray) -> list[float]:
    """Train for a pass; each step's loss with its penalty, before the step. rows: (steps, batch) images of each step"""
    labels = torch.from_numpy(train.labels)
    collected: list[float] = []

    def record(network: Network, _: tuple[Tensor], logits: Tensor) -> None:
        loss = cross_entropy(logits.detach(), labels[rows[len(collected)]])
        collected.append(float(loss) + float(torch.as_tensor(network.penalty()).detach()))

    hook = learner.network.register_forward_hook(record)
    list(learner.fit(train))
    hook.remove()
    return collected


def numbers(learner: TorchLearner) -> dict[str, np.ndarray]:
    """Weights and running averages by layer, in torch's layout."""
    result = {}
    for name, layer in learner.network.layers.items():
        for part, tensor in layer.state_dict().items():
            if isinstance(layer, BatchNorm) or part in ("weight", "bias"):
                result[f"{name}.{part}"] = tensor.detach().numpy().copy()
    return result


def main() -> None:
    """Compare every network, print a line each, write the JSON."""
    python = keras_python()
    dataset = load(load_study("quickstart").recipes["conv"].data)
    assert dataset.validation is not None
    collected: dict[str, dict[str, Any]] = {}
    for label, recipe in networks().items():
        collected[label] = {}
        for dtype, slower in (("float32", 1), ("float64", 1000)):
            slow = override(recipe, [f"training.optimiser.rate={recipe.training.optimiser.rate / slower!r}"])
            result = compare(slow, dataset.train, dataset.validation.images[:1000], python, dtype)
            collected[label][dtype] = result
            apart = result["weights_relative"] if slower == 1 else result["weights_relative_to_movement"]
            missed = max(result["loss_relative"], apart) > AIM
            print(
                f"{label:40} {result['parameters']:>9,} {dtype}  losses {result['loss_relative']:.1e}  "
                f"weights {result['weights_relative']:.1e} ({result['weights_relative_to_movement']:.1e} of the way)  "
                f"same answers {result['same_answers']:.2%}{'   APART' if missed else ''}",
                flush=True,
            )
    OUT.parent.mkdir(exist_ok=True)
    kept = {
        "networks": collected,
        "steps": STEPS,
        "aim": AIM,
        "keras": KERAS,
        "machine": machine.describe(choose_engine()).plain(),
    }
    write_json(OUT, kept)
    print(f"Written: {OUT}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
