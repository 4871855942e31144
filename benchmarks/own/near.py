"""Which changed copies of pictures `seedtrial data` finds, and how many pairs it names among the originals.

    python benchmarks/own/near.py PICTURES     a minute on 2 cores; writes benchmarks/results/near.json

PICTURES is a folder of photographs, such as hotdog's. Of 200 of them, each change makes a copy; a copy counts as
found if it is paired with its own original. The clothes are 5,000 images of Fashion-MNIST with 200 changed copies.
"""

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from seedtrial.data import near, readers
from seedtrial.data.reader import Form
from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.study.results_json import shareable
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "near.json"
COPIES, SIDE, CLOTHES = 200, 160, 5_000
Picture = Image.Image


def as_jpeg(image: Picture) -> Picture:
    """Saved as a JPEG of quality 30."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=30)
    return Image.open(io.BytesIO(file.getvalue()))


def cut(image: Picture) -> Picture:
    """A twentieth is cut off on every side."""
    edge = max(1, round(image.width / 20))
    return image.crop((edge, edge, image.width - edge, image.height - edge))


def next_shot(image: Picture) -> Picture:
    """Turned by 2 degrees, cut and a tenth brighter."""
    return ImageEnhance.Brightness(cut(image.rotate(2, resample=Image.Resampling.BILINEAR))).enhance(1.1)


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "JPEG of quality 30": as_jpeg,
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "30 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "30 % less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "mirrored": ImageOps.mirror,
    "turned by 3 degrees": lambda image: image.rotate(3, resample=Image.Resampling.BILINEAR),
    "5 % cut off on each side": cut,
    "next shot of a series": next_shot,
}


def copy(image: np.ndarray, change: Callable[[Picture], Picture]) -> np.ndarray:
    """An image (C, H, W) after a change, brought to its size again."""
    mode = "L" if len(image) == 1 else "RGB"
    picture = Image.fromarray(image[0] if mode == "L" else np.moveaxis(image, 0, -1))
    changed = np.asarray(change(picture).convert(mode).resize(picture.size, Image.Resampling.BILINEAR))
    return changed[None] if mode == "L" else np.moveaxis(changed, -1, 0)


def measured(images: np.ndarray) -> dict[str, object]:
    """The share of copies found for each change, pairs among the originals, and seconds for these."""
    started = time.perf_counter()
    own = near.pairs(images)
    seconds = time.perf_counter() - started
    chosen = np.random.default_rng(0).choice(len(images), min(COPIES, len(images)), replace=False)
    found = {}
    for name, change in CHANGES.items():
        copies = np.stack([copy(images[position], change) for position in chosen])
        pairs = {(first, second) for first, second in near.pairs(np.concatenate([images, copies])).tolist()}
        found[name] = float(np.mean([(at, len(images) + row) in pairs for row, at in enumerate(chosen.tolist())]))
    return {
        "images": len(images),
        "copies": len(chosen),
        "pairs_among_originals": [f"{first} and {second}" for first, second in own.tolist()],
        "seconds": seconds,
        "found": found,
    }


def main() -> None:
    """Measure photographs and clothes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="a folder of photographs")
    folder = parser.parse_args().pictures
    photographs = np.concatenate([split.images for split in readers.read(str(folder), None, Form(size=SIDE)).splits])
    clothes = readers.read("fashion-mnist").train.images[:CLOTHES]
    on = machine.describe(choose_engine("cpu")).plain()
    results = {
        "command": "python benchmarks/own/near.py PICTURES",
        "machine": on | {"command": shareable(on["command"])},
        "photographs": measured(photographs),
        "clothes": measured(clothes),
    }
    write_json(OUT, results)


if __name__ == "__main__":
    main()
