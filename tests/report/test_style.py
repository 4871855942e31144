"""What every page of ours looks like to those who see little, and to those who have no mouse."""

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from contrast import contrast, mixed
from seedtrial.report.study.matrix import matrix_cells

REPORT = Path(str(files("seedtrial.report")))
STYLE = (REPORT / "templates" / "page.css").read_text(encoding="utf-8")
SCHEMES = {"light": 0, "dark": 1, "paper": 2}  # in the order of the style sheet


def colour(name: str, scheme: str) -> str:
    return re.findall(rf"--{name}: (#[0-9a-f]+);", STYLE)[SCHEMES[scheme]]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("hue", ["right", "wrong"])
def test_letters_stand_out_from_every_shade_of_a_confusion_matrix(scheme: str, hue: str) -> None:
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    shares = np.arange(101) ** 2  # the shade of each is its root
    cells = [matrix_cells(np.array([[share, 10_000 - share], [0, 1]]))[0][0] for share in shares]
    if hue == "wrong":
        cells = [matrix_cells(np.array([[10_000 - share, share], [0, 1]]))[0][1] for share in shares]
    assert [cell["shade"] for cell in cells] == list(range(101))
    for cell in cells:
        kinds = cell["kind"].split()
        assert kinds[0] == hue
        letters = "on-deeper" if {"right", "deeper"} <= set(kinds) else "on-deep" if "deep" in kinds else "on-cell"
        fill = colour("cell" if hue == "right" else "wrong", scheme)
        behind = mixed(fill, colour("wash", scheme), cell["shade"] / 100)
        assert contrast(colour(letters, scheme), behind) >= 4.5, cell


@pytest.mark.parametrize("pair", ["ink paper", "soft paper", "ink wash", "right paper", "good paper", "bad paper"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_letters_stand_out_from_the_page(pair: str, scheme: str) -> None:
    letters, behind = (colour(name, scheme) for name in pair.split())
    assert contrast(letters, behind) >= 4.5


PAGES = sorted(
    str(path.relative_to(REPORT))
    for path in REPORT.glob("*/templates/*.html")
    if "scroll" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", PAGES)
def test_what_scrolls_can_be_scrolled_by_keys_and_has_a_name(name: str) -> None:
    text = (REPORT / name).read_text(encoding="utf-8")
    scrolling = re.findall(r'<div class="scroll"([^>]*)>', text)
    assert scrolling and all(re.fullmatch(r' role="group" aria-label="[^"]+" tabindex="0"', rest) for rest in scrolling)
    assert not re.findall(r"<figure>", text)
