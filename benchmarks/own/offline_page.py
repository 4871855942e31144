"""The offline page beside Python: the same answers on 200 images? How large, how fast? In headless Chromium.

    python benchmarks/own/offline_page.py    a minute on 2 cores; writes benchmarks/results/offline_page.json

Needs the runs of `make study` (one seed is enough), Chromium, and npm for ONNX Runtime Web. The pages take turns, in
three rounds, each in a fresh tab; numbers are medians of the rounds' medians. The images are validation images of
Fashion-MNIST as PNG files.
"""

import argparse
import base64
import io
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from seedtrial.data.dataset import load
from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.serving.bundle import Bundle, checked
from seedtrial.serving.choice import chosen
from seedtrial.serving.export import export
from seedtrial.serving.offline import offline_page
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "offline_page.json"
PAGES = (("conv", True), ("conv", False), ("dense", True), ("dense", False))  # recipe, whether our own script runs it
IMAGES, ROUNDS, HEATS = 200, 3, 5
MEASURE = """async ([texts, heats]) => {
    const network = await inPlace, said = [], whole = [], alone = [], heat = [];
    for (const text of texts) {
        const blob = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
        let started = performance.now();
        const pixels = await pixelsOf(blob, described), probs = probabilities(await network(pixels));
        whole.push(performance.now() - started);
        started = performance.now();
        await network(pixels);
        alone.push(performance.now() - started);
        said.push(probs);
        if (heat.length === heats) continue;
        started = performance.now();
        await occlusion(network, pixels, 0, probs[0], () => true);
        heat.push(performance.now() - started);
    }
    return [said, whole, alone, heat];
}"""


def texts(images: np.ndarray) -> list[str]:
    """Images (N, C, H, W) as PNG files in base64."""
    raw = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)).save(file, "PNG")
        raw.append(base64.b64encode(file.getvalue()).decode())
    return raw


def asked(browser: Browser, path: Path, pictures: list[str], expected: np.ndarray) -> dict[str, float]:
    """What one page answers, compared with Python, and the milliseconds that it takes."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(path.as_uri())
    page.locator("#about:not(:empty)").wait_for(timeout=60_000)
    ready = time.perf_counter() - started
    said, whole, alone, heat = page.evaluate(MEASURE, [pictures, HEATS])
    page.close()
    probs = np.array(said)
    return {
        "equal_classes": int((probs.argmax(axis=1) == expected.argmax(axis=1)).sum()),
        "largest_difference": float(np.abs(probs - expected).max()),
        "ready_milliseconds": 1000 * ready,
        "picture_milliseconds": statistics.median(whole),
        "network_milliseconds": statistics.median(alone),
        "heat_milliseconds": statistics.median(heat),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    runs = parser.parse_args().runs
    validation = load("fashion-mnist").validation
    assert validation is not None
    images = validation.images[:IMAGES]
    pictures = texts(images)
    rows: dict[tuple[str, bool], dict[str, Any]] = {}
    measured: dict[tuple[str, bool], list[dict[str, float]]] = {each: [] for each in PAGES}
    answers: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for recipe, own in PAGES:
            if recipe not in answers:
                export(chosen("quickstart", runs, recipe=recipe), folder / recipe)
                answers[recipe] = Bundle.load(folder / recipe).predict(images).probs
            description = json.loads((folder / recipe / "bundle.json").read_text(encoding="utf-8"))
            model, sample = (checked(folder / recipe, description, each) for each in ("model.onnx", "sample.png"))
            written = offline_page(model, sample, description, own=own)
            written.write(folder / f"{recipe}-{own}.html")
            rows[recipe, own] = {"recipe": recipe, "engine": written.engine, "bytes": len(written.html.encode())}
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(ROUNDS):
            for recipe, own in PAGES:
                measured[recipe, own].append(asked(browser, folder / f"{recipe}-{own}.html", pictures, answers[recipe]))
        version = browser.version
        browser.close()
    for each, rounds in measured.items():
        rows[each] |= {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    write_json(
        OUT,
        {
            "machine": machine.describe(choose_engine("cpu")).plain(),
            "chromium": version,
            "images": IMAGES,
            "rounds": ROUNDS,
            "pages": list(rows.values()),
        },
    )
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
