"""Calling the command line in this process, and a small study file to call it with."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedtrial.entry import main


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Shell:
    """Runs `seedtrial ...` and returns what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str | Path) -> Ended:
        self.monkeypatch.setattr(sys, "argv", ["seedtrial", *map(str, arguments)])
        with pytest.raises(SystemExit) as exits:
            main()
        captured = self.capsys.readouterr()
        return Ended(int(exits.value.code or 0), captured.out, captured.err)


def write_pictures(folder: Path, size: tuple[int, int], *, each: int) -> Path:
    """A folder of noisy colour pictures, `each` in the class left and as many in the class right."""
    generator = np.random.default_rng(0)
    for name in ("left", "right"):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = generator.integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02d}.png")
    return folder


def write_study(
    path: Path,
    data: Path | str,
    *,
    labels: tuple[str, str] = ("small", "large"),
    seeds: int = 2,
    validation: int = 16,
) -> Path:
    """A study of two dense networks on a folder of images, with the claim that they are equal within 50 points."""
    path.write_text(
        f"""
from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.models import Dense
from seedtrial.training.spec import TrainSpec

def study():
    data = DataSpec(source={str(data)!r}, validation=Validation(take="last", size={validation}))
    training = TrainSpec(epochs=2, batch_size=16, optimiser={{"kind": "adam", "rate": 0.01}}, precision="fp32")
    small = Recipe(data=data, model=Dense(widths=(4,)), training=training)
    large = Recipe(data=data, model=Dense(widths=(32,)), training=training)
    a, b = {labels!r}
    return Study(
        name="tiny",
        question="Do widths matter <here>?",
        recipes={{a: small, b: large}},
        seeds={seeds},
        claims=(Claim.equals(a, b, within=50), Claim.beats(b, a)),
    )
""",
        encoding="utf-8",
    )
    return path
