"""The game's page when a key is held down, when the form has a mistake, and for screen readers and small screens."""

import re
from collections.abc import Callable
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from contrast import contrast
from human.browser import due, enter, skip_verdict
from human.conftest import Served
from seedtrial.human.records import LabelledData
from seedtrial.human.session import Material
from seedtrial.human.store import Store

Serve = Callable[..., Served]


@pytest.mark.browser
def test_a_key_that_is_held_down_answers_one_image(page: Page, serve: Serve, store: Store) -> None:
    enter(page, serve(mode="blind").link)
    due(page, 1, 30)
    page.keyboard.press("ArrowDown")
    page.keyboard.down("Enter")
    due(page, 2, 30)
    for _ in range(5):
        page.keyboard.down("Enter")  # what a keyboard repeats
        page.wait_for_timeout(30)
    page.keyboard.up("Enter")
    due(page, 2, 30)
    assert [len(answers) for answers in store.answers()] == [1]


@pytest.mark.browser
def test_the_key_of_the_last_answer_does_not_end_a_blind_game(page: Page, serve: Serve) -> None:
    enter(page, serve(mode="blind", images=1).link)
    due(page, 1, 1)
    page.keyboard.press("ArrowDown")
    page.keyboard.down("Enter")
    expect(page.locator("#complete")).to_be_visible()
    page.keyboard.down("Enter")  # held
    page.keyboard.up("Enter")
    page.evaluate("asked = performance.now()")
    page.keyboard.press("Enter")  # pressed twice
    expect(page.locator("#complete")).to_be_visible()
    page.get_by_role("button", name="Take the last answer back").click()
    due(page, 1, 1)


@pytest.mark.browser
def test_every_state_has_a_heading_and_the_end_is_where_reading_goes_on(page: Page, serve: Serve) -> None:
    def heading() -> str:
        (shown,) = [one for one in page.get_by_role("heading", level=1).all() if one.is_visible()]
        return shown.inner_text()

    served = serve(images=1)
    page.goto(served.link)
    expect(page.locator("#join")).to_be_visible()
    assert heading() == "What do you see?"
    enter(page, served.link)
    due(page, 1, 1)
    assert heading() == "What do you see?"
    page.keyboard.press("Escape")
    assert heading() == "Paused"
    page.keyboard.press("Escape")
    due(page, 1, 1)
    page.keyboard.press("?")
    skip_verdict(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator("#finished")).to_be_visible()
    assert heading() == "Done. Thank you, Ada!"
    expect(page.locator("#done")).to_be_focused()
    expect(page.locator("#summary")).to_have_text("0 of 1 right. “I can't tell”: 1.")


@pytest.mark.browser
def test_who_cannot_tell_sees_that_this_was_wrong(page: Page, serve: Serve) -> None:
    enter(page, serve().link)
    for position, marked in ((1, "wrong"), (2, "")):
        due(page, position, 30)
        page.keyboard.press("?" if marked else "0")
        expect(page.locator("#verdict.right, #verdict.wrong")).to_have_count(1)
        expect(page.locator("#cannot")).to_have_class(marked)
        skip_verdict(page, lambda: page.keyboard.press("Enter"))


@pytest.mark.browser
def test_the_field_that_is_wrong_is_pointed_at(page: Page, serve: Serve) -> None:
    page.goto(serve(token="correct horse battery").origin)
    name, token = page.get_by_label("Nickname"), page.get_by_label("Token")
    for given, secret, blamed in (("", "correct horse battery", name), ("Ada", "wrong", token)):
        name.fill(given)
        token.fill(secret)
        page.keyboard.press("Enter")
        expect(blamed).to_be_focused()
        expect(page.locator("input[aria-invalid=true]")).to_have_count(1)
        expect(blamed).to_have_attribute("aria-invalid", "true")


PAIRS = ("ink paper", "soft paper", "ink wash", "soft wash", "soft key", "ink key", "good good-wash", "bad bad-wash")


@pytest.mark.parametrize("pair", [*PAIRS, "paper ink"])
def test_letters_stand_out_from_what_is_behind_them(pair: str) -> None:
    """At least 4.5 to 1, light and dark (WCAG 2.2, 1.4.3)."""
    style = (files("seedtrial.human") / "templates" / "play.css").read_text()
    colours = [re.findall(rf"--{name}: (#[0-9a-f]+);", style) for name in pair.split()]
    assert [len(values) for values in colours] == [2, 2]
    for letters, behind in zip(*colours, strict=True):
        assert contrast(letters, behind) >= 4.5


@pytest.mark.browser
@pytest.mark.parametrize(
    "size", [(360, 640), (390, 844), (844, 390), (768, 1024)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_a_game_of_ten_classes_is_seen_whole(
    page: Page, serve: Serve, material: Material, size: tuple[int, int]
) -> None:
    names = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    data = LabelledData("d" * 64, "clothes", names, len(material.labels))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, serve(mode="blind", of=Material(data, material.images, material.labels)).link)
    due(page, 1, 30)
    for part in ("#answered", "#recent", "#image", "#choices button:last-child", "#cannot", "#undo", "#pause", "#who"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
