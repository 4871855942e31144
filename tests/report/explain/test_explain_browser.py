"""The page of a network in a real browser: it asks for nothing, fits the window, and its maps are pixels."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

import seedtrial
from seedtrial.models import Conv
from seedtrial.report.explain.explanation import explain, images_of
from seedtrial.report.explain.page import write_explanation
from seedtrial.runs.recipe import Recipe

pytestmark = pytest.mark.browser


@pytest.fixture
def address(tmp_path: Path, tiny_recipe: Recipe, idx_folder: Path) -> str:
    (idx_folder / "classes.txt").write_text("a class with a name that is rather long\nmiddle\n" + "w" * 60 + "\n")
    run = seedtrial.run(tiny_recipe.model_copy(update={"model": Conv()}), runs=tmp_path / "runs")
    return write_explanation(explain(run, images_of(run)), tmp_path / "page.html").as_uri()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_the_window_and_leaves_the_network_alone(browse: Page, address: str, width: int) -> None:
    asked: list[str] = []
    said: list[str] = []
    browse.on("request", lambda request: asked.append(request.url))
    browse.on("console", lambda message: said.append(message.text))
    browse.set_viewport_size({"width": width, "height": 800})
    browse.goto(address)
    assert browse.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert said == []


def test_every_map_is_shown_pixel_by_pixel(browse: Page, address: str) -> None:
    browse.goto(address)
    images = browse.locator(".maps img")
    assert images.count() > 100
    assert browse.evaluate("[...document.images].every(image => image.complete && image.naturalWidth)")
    assert images.first.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    first_map = browse.locator('img[alt*=" after relu1"]').first
    assert first_map.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [8, 8]
