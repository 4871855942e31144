"""Pictures of three classes that colour tells apart."""

from pathlib import Path

import numpy as np
from PIL import Image

TINTS = {"apple": (200, 40, 40), "kiwi": (60, 180, 60), "plum": (90, 40, 160)}


def fill(folder: Path, count: int, *, seed: int, size: tuple[int, int] = (12, 9)) -> None:
    """Noisy pictures of each class in its colour, PNG and JPEG by turns."""
    generator = np.random.default_rng(seed)
    for name, tint in TINTS.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            noise = generator.integers(-30, 30, (*size[::-1], 3))
            pixels = (np.array(tint) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02d}.{'png' if number % 2 else 'jpg'}")
