"""Export: a trained network becomes a bundle that is complete without seedtrial, after proof that it is the network."""

import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from seedtrial.data.dataset import Dataset, load
from seedtrial.data.parts import Split
from seedtrial.data.png import png
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.calibration import at_temperature, temperature
from seedtrial.evaluation.statistics import wilson
from seedtrial.files import as_json, check_output, make_folder, remove_leftovers
from seedtrial.models.plain import Ensemble
from seedtrial.report.html import PAGES
from seedtrial.runs.trained import Run
from seedtrial.serving import card, graph, session
from seedtrial.serving.acceptance import USUAL_SHARE
from seedtrial.serving.bundle import DESCRIPTION, FORMAT
from seedtrial.serving.decision import Decision
from seedtrial.serving.familiar import Familiar, fit
from seedtrial.serving.of_run import averaged_predictions, decision
from seedtrial.serving.offline import offline_page
from seedtrial.serving.quantise import Int8, quantise

MOST_LOOKED_AT = 2000  # training images, for what is familiar


@dataclass(frozen=True)
class Chosen:
    """Which runs are exported, and why these, in a sentence for people.

    runs:  one, or the seeds of one recipe that answer together
    label: what the study calls the recipe

    >>> Chosen((), "conv", "This is conv, the best recipe of the study.").label
    'conv'
    """

    runs: tuple[Run, ...]
    label: str
    why: str
    over_seeds: str = ""


def export(
    chosen: Chosen,
    out: Path | None,
    *,
    page: Path | None = None,
    data_dir: Path | None = None,
    int8: bool = False,
    force: bool = False,
    threshold: float = 0.0,
    accept: str | None = None,
    false_accepts: float = USUAL_SHARE,
) -> dict[str, Any]:
    """Write a bundle into a new folder, or a .zip if its name says so; or a page to try the network; or both.

    Returns the description of the bundle; with a page, its "engine" is what runs the network there.

    out:   None: no bundle
    page:  an HTML file that runs the network in a browser, without a server; None: no page
    int8:  add a graph of 8-bit weights and activations; refused if it loses more than half a point on validation images
    force: take it even so
    threshold, accept, false_accepts: how it answers, as `of_run.decision` has it

    Raises SeedtrialError when `out` exists, the data are not those of the runs, or the graph is not the network.
    Nothing is left then.
    """
    out, page = (path.expanduser() if path else None for path in (out, page))
    if out and out.exists():
        raise SeedtrialError(f"{out} exists already; give another name, or remove it.")
    if page:
        check_output(page, "--page", *PAGES)
    first = chosen.runs[0]
    dataset = load(first.recipe.data, data_dir=data_dir)
    for run in chosen.runs:
        run.check_images(dataset)
    decide = partial(decision, chosen.runs, threshold=threshold, accept=accept, false_accepts=false_accepts)
    decide(1.0)  # fails before the work begins
    files, description = _contents(chosen, dataset, decide, int8=int8, force=force)
    description["files"] = {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(files.items())}
    offline = offline_page(files["model.onnx"], files["sample.png"], description) if page else None
    files[DESCRIPTION] = as_json(description).encode()
    if out:
        _write(files, out)
    if page and offline:
        offline.write(page)
        description["engine"] = offline.engine
    return description


def export_run(run: Run, out: Path | str, *, data_dir: Path | None = None) -> dict[str, Any]:
    """Export one trained run, and return the description of its bundle. out: a new folder, or a .zip

    Raises SeedtrialError as `export` does.

        export_run(open_run("runs/0123456789ab-s0"), "network.zip")
    """
    name = run.folder.path.name
    chosen = Chosen((run,), name, f"This is the run {name}, seed {run.seed}.")
    return export(chosen, Path(out), data_dir=data_dir)


def _contents(
    chosen: Chosen, dataset: Dataset, decide: Callable[[float], Decision], *, int8: bool, force: bool
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files of a bundle but its description, and the description. decide: temperature -> how it answers"""
    import torch

    first = chosen.runs[0]
    modules = [run.learner().module() for run in chosen.runs]
    module = modules[0] if len(modules) == 1 else Ensemble(modules)

    def logits(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(np.ascontiguousarray(images))).numpy())

    split = dataset.validation or dataset.train
    model, opset = graph.onnx_bytes(module, first.facts.shape)
    parity, compared = graph.compare_graph(model, logits, split.images, split=split.name, opset=opset)
    split = split.take(slice(len(compared)), split.name)
    held_out = dataset.validation is not None
    fitted = temperature(at_temperature(compared, 1.0), split.labels) if held_out else 1.0
    familiar = _familiar(dataset, split, compared) if held_out else None
    files = {"model.onnx": model, "weights.safetensors": save(_weights(chosen.runs))}
    smaller = quantise(model, dataset.train, split, force=force) if int8 else None
    if smaller is not None:
        files["model.int8.onnx"] = smaller.model
    files["parity.json"] = as_json(parity.plain()).encode()
    files["predict.py"] = (resources.files("seedtrial.serving") / "templates" / "predict.py.txt").read_bytes()
    files["sample.png"], sample = _sample(split, compared / fitted, first.facts.classes)
    description = _description(chosen, dataset, parity, fitted, familiar, smaller)
    description |= {"sample": sample} | decide(fitted).plain()
    speed = {name: (len(files[name]), _seconds(files[name], split.images)) for name in files if name.endswith(".onnx")}
    files["card.md"] = card.write_card(chosen.runs, description, dataset, split, compared, speed).encode()
    return files, description


def _familiar(dataset: Dataset, split: Split, logits: np.ndarray) -> Familiar:
    train = dataset.train.images
    return fit(train[:: max(1, len(train) // MOST_LOOKED_AT)], split.images, logits)


def _weights(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    if len(runs) == 1:
        return runs[0].weights()
    return {f"seed{run.seed}.{name}": array for run in runs for name, array in run.weights().items()}


def _fit(fit: str | None) -> str:
    if fit == "pad":
        return "pad with the background to the network's proportions and resize"
    return "resize until the shorter side fits and crop to the middle"


def _description(
    chosen: Chosen,
    dataset: Dataset,
    parity: graph.Parity,
    fitted: float,
    familiar: Familiar | None,
    smaller: Int8 | None,
) -> dict[str, Any]:
    first = chosen.runs[0]
    facts, data = first.facts, first.recipe.data
    channels, height, width = facts.shape
    return {
        "format": FORMAT,
        "label": chosen.label,
        "chosen": chosen.why,
        "over_seeds": chosen.over_seeds,
        "model": first.recipe.model.title,
        "classes": list(facts.classes),
        "shape": list(facts.shape),
        "pixels": {
            "range": list(data.range) if data.range else None,
            "background": data.background or "white",
            "fit": data.fit or "crop",
            "steps": [
                "decode, and turn upright by the EXIF orientation",
                f"values {list(data.range)} become 0 and 255" if data.range else "16 bits become their upper eight",
                f"transparent pixels become {data.background or 'white'}",
                "convert to grey (ITU-R 601)" if channels == 1 else "convert to RGB",
                f"{_fit(data.fit)}, {width} x {height} pixels, bilinear",
                f"uint8, (N, {channels}, {height}, {width}); the graph scales them itself",
            ],
        },
        "input": session.INPUT,
        "output": session.OUTPUT,
        "temperature": fitted,
        "familiar": familiar.plain() if familiar else None,
        "accuracy": _accuracies(chosen.runs),
        "trained_on": {
            "source": Path(dataset.name).name,
            "fingerprint": facts.fingerprint,
            "images": len(dataset.train),
            "validation": len(dataset.validation) if dataset.validation else 0,
        },
        "runs": [run.folder.path.name for run in chosen.runs],
        "recipe": first.recipe.canonical()
        | {"data": first.recipe.canonical()["data"] | {"source": Path(data.source).name}},
        "digest": first.recipe.digest(facts),
        "versions": first.machine.versions,
        "opset": parity.opset,
        "parity": parity.plain(),
        "int8": smaller.plain() if smaller else None,
    }


def _accuracies(runs: Sequence[Run]) -> dict[str, dict[str, float]]:
    """Accuracy on each split with Wilson's interval over its images; of several runs, of their mean probabilities."""
    accuracies = {}
    for split in ("validation", "test"):
        predictions = averaged_predictions(runs, split)
        if predictions is None:
            continue
        right = predictions.right
        low, high = wilson(int(right.sum()), len(right))
        accuracies[split] = {"accuracy": float(right.mean()), "low": low, "high": high, "images": len(right)}
    return accuracies


def _sample(split: Split, logits: np.ndarray, classes: tuple[str, ...]) -> tuple[bytes, dict[str, Any]]:
    """The first image that the network classifies correctly, as a file, and what is to be answered."""
    right = np.flatnonzero(logits.argmax(axis=1) == split.labels)
    index = int(right[0]) if len(right) else 0
    probs = at_temperature(logits[index : index + 1], 1.0)[0]
    expected = {name: round(float(p), 6) for name, p in zip(classes, probs, strict=True)}
    return png(split.images[index]), {
        "file": "sample.png",
        "answer": classes[int(probs.argmax())],
        "probabilities": expected,
    }


def _seconds(model: bytes, images: np.ndarray) -> float:
    """Seconds for 1,000 images, the median of three, on all cores."""
    network, times = session.session(model), []
    batch = np.resize(images, (1000, *images.shape[1:]))
    for _ in range(3):
        started = time.perf_counter()
        session.run_graph(network, batch)
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def _write(files: dict[str, bytes], out: Path) -> None:
    """All files, or nothing: they are written beside the goal, which then gets its name at once."""
    remove_leftovers(make_folder(out.parent) / out.name)
    try:
        if out.suffix.lower() == ".zip":
            handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
            os.close(handle)
            _or_nothing(Path(temporary), out, lambda path: _pack(files, path))
        else:
            folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
            _or_nothing(folder, out, lambda path: [(path / name).write_bytes(raw) for name, raw in files.items()])
    except OSError as error:
        raise SeedtrialError(f"Cannot write {out}: {error.strerror or error}.") from None


def _or_nothing(temporary: Path, out: Path, fill: Callable[[Path], object]) -> None:
    try:
        fill(temporary)
        temporary.chmod(0o755 if temporary.is_dir() else 0o644)
        temporary.rename(out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True) if temporary.is_dir() else temporary.unlink(missing_ok=True)
        raise


def _pack(files: dict[str, bytes], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), raw, zipfile.ZIP_DEFLATED)
