"""The page to try a network: pictures chosen, dropped, pasted, drawn and taken; keys, screen readers, decisions."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from chromium import chromium
from contrast import contrast
from seedtrial.serving import try_page
from seedtrial.serving.acceptance import Acceptance, Errors
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.decision import Decision
from seedtrial.serving.offline import offline_page
from serving.offline_pages import made_page
from serving.sent import as_text, png

browser = pytest.mark.browser


@browser
def test_a_chosen_picture_is_answered_with_bars_and_heat(
    folder: Path, bundle: Bundle, tmp_path: Path, opened: Any
) -> None:
    page = opened(made_page(folder, tmp_path / "page.html", None))
    page.set_input_files("#file", folder / "sample.png")
    expected = bundle.predict([folder / "sample.png"])
    name = bundle.classes[int(expected.classes[0])]
    expect(page.locator("#answer")).to_have_text(f"{name}, {100 * expected.probs[0].max():.1f} %")
    expect(page.locator("#bars li")).to_have_count(3)
    expect(page.locator("#mattered")).to_contain_text("hiding a blue part lowers the probability")
    assert page.evaluate(
        "[...document.querySelector('#heat').getContext('2d').getImageData(0, 0, 280, 280).data].some(Boolean)"
    )
    assert page.evaluate("[seen.naturalWidth, seen.naturalHeight]") == [8, 8]


@browser
def test_a_picture_is_drawn_dropped_and_pasted(folder: Path, tmp_path: Path, opened: Any) -> None:
    page = opened(made_page(folder, tmp_path / "page.html", None))
    page.get_by_role("button", name="Draw", exact=True).click()
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 50, box["y"] + 200, steps=4)
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text(" %")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#result")).to_be_hidden()
    for kind, carrier in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page.evaluate(
            """([text, kind, carrier]) => {
                const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), moved = new DataTransfer();
                moved.items.add(new File([bytes], "a.png", { type: "image/png" }));
                const event = new Event(kind, { bubbles: true, cancelable: true });
                Object.defineProperty(event, carrier, { value: moved });
                document.getElementById("result").hidden = true;
                document.dispatchEvent(event);
            }""",
            [as_text((folder / "sample.png").read_bytes()), kind, carrier],
        )
        expect(page.locator("#result")).to_be_visible()
        expect(page.locator("#picture")).to_be_visible()


@browser
def test_the_page_is_used_by_keyboard_and_fits_on_a_phone(folder: Path, tmp_path: Path, opened: Any) -> None:
    page = opened(made_page(folder, tmp_path / "page.html", None))
    page.on("filechooser", lambda _: None)  # from now on the browser hands choosers over instead of showing them
    page.set_viewport_size({"width": 360, "height": 640})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "drop"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(folder / "sample.png")
    expect(page.locator("#result")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@browser
def test_below_a_threshold_the_page_is_not_sure_and_says_so_to_screen_readers(
    folder: Path, tmp_path: Path, opened: Any
) -> None:
    page = opened(made_page(folder, tmp_path / "page.html", None))
    page.set_input_files("#file", folder / "sample.png")
    expect(page.locator("#answer")).to_contain_text(" %")
    sure = page.locator("#answer").text_content()
    probability = float(sure.split(", ")[1].split(" ")[0])
    assert 50 < probability < 100 and page.get_by_role("status").text_content() == sure
    slider = page.get_by_role("slider", name="Answer “not sure” below")
    slider.press("End")
    expect(page.locator("#below")).to_have_text("100 %")
    expect(page.get_by_role("status")).to_have_text(f"Not sure, perhaps {sure}")
    expect(page.get_by_role("heading", level=2)).to_have_text(f"Not sure, perhaps {sure}")
    slider.press("Home")
    expect(page.get_by_role("status")).to_have_text(sure)


def deciding_page(folder: Path, bundle: Bundle, out: Path, decision: Decision) -> Path:
    """The page of a bundle that was exported with this decision."""
    model, sample = ((folder / name).read_bytes() for name in ("model.onnx", "sample.png"))
    offline_page(model, sample, bundle.description | decision.plain()).write(out)
    return out


@browser
@pytest.mark.parametrize(("apart", "begins"), [(1e-4, "Not sure, perhaps left, "), (-1e-4, "left, ")])
def test_an_exported_threshold_is_where_the_page_begins(
    folder: Path, bundle: Bundle, tmp_path: Path, opened: Any, apart: float, begins: str
) -> None:
    (probability,) = bundle.predict([folder / "sample.png"]).probs.max(axis=1)
    decision = Decision(threshold=float(probability) + apart)
    page = opened(deciding_page(folder, bundle, tmp_path / "page.html", decision))
    page.set_input_files("#file", folder / "sample.png")
    expect(page.locator("#answer")).to_have_text(f"{begins}{100 * probability:.1f} %")


@browser
@pytest.mark.parametrize(("apart", "answer"), [(1e-4, "Not accepted"), (-1e-4, "Accepted")])
def test_the_page_accepts_one_class_as_its_bundle_does(
    folder: Path, bundle: Bundle, noise: np.ndarray, tmp_path: Path, opened: Any, apart: float, answer: str
) -> None:
    (probs,) = bundle.predict([folder / "sample.png"]).probs
    name, errors = bundle.classes[int(probs.argmax())], Errors(0, 300, 1, 100)
    acceptance = Acceptance(name, float(probs.max()) + apart, 0.01, 0.01, errors, None)
    page = opened(deciding_page(folder, bundle, tmp_path / "page.html", Decision(acceptance=acceptance)))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Is it {name}?")
    page.set_input_files("#file", folder / "sample.png")
    expect(page.locator("#answer")).to_have_text(f"{answer}: {name}, {100 * probs.max():.1f} %")
    expect(page.locator("#threshold")).to_have_count(0)
    page.set_input_files("#file", {"name": "noise.png", "mimeType": "image/png", "buffer": png(noise[0])})
    expect(page.get_by_role("status")).to_contain_text("looks like none of the classes, so it is not accepted. Not")
    page.get_by_text("How it decides").click()
    expect(page.get_by_text("false rejects 1 of 100")).to_be_visible()


@browser
def test_every_control_has_a_name_and_pictures_have_words(folder: Path, tmp_path: Path, opened: Any) -> None:
    page = opened(made_page(folder, tmp_path / "page.html", None))
    tree = page.locator("main").aria_snapshot()
    assert '- button "Drop a picture here, paste one, or press to choose a file."' in tree and "- alert" in tree
    page.set_input_files("#file", folder / "sample.png")
    expect(page.locator("#mattered")).to_contain_text("points")
    tree = page.locator("main").aria_snapshot()
    for line in tree.splitlines():
        assert not re.match(r"\s*- (button|img|slider|region)(:|$)", line), line
    assert '- img "The picture as the network saw it"' in tree and 'img "What mattered: ' in tree
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_role("img", name="Draw here")).to_be_visible()
    expect(page.locator("#drop")).to_be_hidden()


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_the_page(scheme: int) -> None:
    declared = [dict(re.findall(r"--(\w+): (#\w+)", line)) for line in try_page.file("try.css").splitlines()[:2]]
    colours = declared[scheme]
    for ink in ("ink", "soft", "warn"):
        assert contrast(colours[ink], colours["paper"]) >= 4.5 and contrast(colours[ink], colours["wash"]) >= 4.5
    assert contrast(colours["blue"], colours["wash"]) >= 3  # bars and the outline of what has the focus


@browser
def test_what_is_no_picture_is_said_to_be_none(folder: Path, tmp_path: Path, opened: Any) -> None:
    page = opened(made_page(folder, tmp_path / "page.html", None))
    for name, kind, words in (
        ("a.txt", "text/plain", "That is not a picture."),
        ("a.jpg", "image/jpeg", "cannot read"),
    ):
        page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": b"text"})
        expect(page.locator("#problem")).to_contain_text(words)


@browser
def test_a_picture_is_taken_with_the_camera(folder: Path, tmp_path: Path) -> None:
    made_page(folder, tmp_path / "page.html", None)
    with chromium("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as page:
        page.goto((tmp_path / "page.html").as_uri())
        page.get_by_role("button", name="Take a picture").click()
        page.get_by_role("button", name="Take it now").click()
        expect(page.locator("#answer")).to_contain_text(" %")
        expect(page.locator("#live")).to_be_hidden()
        assert page.evaluate("[picture.naturalWidth > 0, stream]") == [True, None]
