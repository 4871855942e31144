"""The report in a real browser: cells show their images, and nothing is asked of the network."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from command_line import write_study
from seedtrial.execution.execute import execute
from seedtrial.report.study.page import write_report
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.results import results

pytestmark = pytest.mark.browser


@pytest.fixture
def address(tmp_path: Path, idx_folder: Path) -> str:
    (idx_folder / "classes.txt").write_text("<b>left</b>\nmiddle\nright\n")
    study = load_study(str(write_study(tmp_path / "tiny.py", idx_folder)))
    study = study.varied(settings=["training.epochs=1"])  # too little to learn much: there are mistakes to look at
    execute(study, runs=tmp_path / "runs")
    return write_report(
        results(plan(study, tmp_path / "runs")), tmp_path / "page.html", runs=tmp_path / "runs"
    ).as_uri()


def test_a_cell_shows_its_images_and_the_network_is_left_alone(browse: Page, address: str) -> None:
    asked: list[str] = []
    said: list[str] = []
    browse.on("request", lambda request: asked.append(request.url))
    browse.on("console", lambda message: said.append(message.text))
    browse.on("pageerror", lambda error: said.append(str(error)))
    browse.goto(address)

    box = browse.locator(".confusion").first
    buttons = box.locator("button[data-cell]")
    assert box.locator("button[aria-pressed=true]").count() == 1  # the largest confusion is open from the start
    for position in (0, buttons.count() - 1):
        button = buttons.nth(position)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        assert box.locator("button[aria-pressed=true]").count() == 1
        images = box.locator(".cell-images img")
        assert 1 <= images.count() <= 8
        for number in range(images.count()):
            assert images.nth(number).evaluate("image => image.complete && image.naturalWidth") == 8
        label, answer = (button.get_attribute("aria-label") or "").split(" ", 1)[1].split(" predicted as ")
        assert box.locator(".cell-images p").inner_text().startswith(f"{label} predicted as {answer}:")

    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert said == []


def test_cells_work_from_the_keyboard(browse: Page, address: str) -> None:
    browse.goto(address)
    button = browse.locator(".confusion button[data-cell]").first
    button.focus()
    browse.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_is_never_wider_than_the_window(browse: Page, address: str, width: int) -> None:
    browse.set_viewport_size({"width": width, "height": 800})
    browse.goto(address)
    assert browse.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_and_ink_follow_the_readers_choice_of_light_or_dark(browse: Page, address: str) -> None:
    inks = []
    for scheme in ("light", "dark"):
        browse.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        browse.goto(address)
        inks.append(browse.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill"))
        assert browse.evaluate("getComputedStyle(document.body).color") == inks[-1]
    assert inks[0] != inks[1]


def test_a_printed_page_has_its_settings_open(browse: Page, address: str) -> None:
    browse.goto(address)
    assert browse.locator("details[open]").count() == 0
    browse.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browse.locator("details[open]").count() == browse.locator("details").count() > 1
