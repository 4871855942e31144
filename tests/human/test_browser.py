"""The game in a real browser: by keyboard, by mouse, on a phone; shared, and given hostile names."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from human.browser import due, enter, skip_verdict
from human.conftest import CLASSES, Served
from seedtrial.human.records import LabelledData
from seedtrial.human.session import Material
from seedtrial.human.store import Store

pytestmark = pytest.mark.browser
Serve = Callable[..., Served]


def labels(served: Served, name: str = "Ada") -> list[int]:
    player = served.sessions.store.player(name)
    assert player is not None
    return list(served.sessions.open(player).game.labels)


def test_a_whole_game_by_keyboard(page: Page, serve: Serve, store: Store) -> None:
    served = serve(images=30)
    enter(page, served.link)
    right, choices = labels(served), []
    for position in range(1, 31):
        due(page, position, 30)
        choice = right[position - 1] if position % 3 else (right[position - 1] + 1) % 3
        if position == 6:
            page.keyboard.press("?")
            choices.append(-1)
        elif position == 9:  # by arrows: from nothing to the first category, then on
            for key in ["ArrowDown", *["ArrowRight"] * choice, "Enter"]:
                page.keyboard.press(key)
            choices.append(choice)
        else:
            page.keyboard.press(str(choice))
            choices.append(choice)
        loud, kind = ("Hooray!", "right") if choices[-1] == right[position - 1] else ("Booh!", "wrong")
        expect(page.locator("#verdict")).to_have_class(kind)
        expect(page.locator("#verdict")).to_contain_text(loud)
        expect(page.locator("#verdict bdi")).to_have_text(CLASSES[right[position - 1]])
        skip_verdict(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator("#total")).to_have_text(f"{100 * np.mean(np.array(choices) == right):.1f} %")
    (answers,) = store.answers()
    assert answers.choices.tolist() == choices and answers.labels.tolist() == right
    assert (answers.seconds > 0).all() and (answers.seconds < 60).all()


def test_a_whole_blind_game_by_mouse(page: Page, serve: Serve, store: Store) -> None:
    served = serve(images=30, mode="blind")
    page.goto(served.link)
    page.get_by_label("Nickname").fill("Ada")
    page.get_by_role("button", name="Play").click()
    choices = [position % 3 for position in range(30)]
    for position in range(1, 31):
        due(page, position, 30)
        if position == 10:  # the last answer is taken back, and given anew
            page.get_by_role("button", name="Undo").click()
            due(page, 9, 30)
            choices[8] = 0
            page.locator("#choices button").nth(0).click()
            due(page, 10, 30)
        page.locator("#choices button").nth(choices[position - 1]).click()
    expect(page.locator("#complete")).to_be_visible()
    assert "%" not in page.locator("#accuracy").inner_text()
    page.get_by_role("button", name="Take the last answer back").click()
    due(page, 30, 30)
    page.get_by_role("button", name="I can't tell").click()
    page.get_by_role("button", name="Show the result").click()
    expect(page.locator("#finished")).to_be_visible()
    (answers,) = store.answers()
    assert answers.choices.tolist() == [*choices[:29], -1] and answers.mode == "blind"
    expect(page.locator("#summary")).to_contain_text(f"{answers.right.sum()} of 30 right")


def test_a_whole_game_on_a_phone(page: Page, serve: Serve, store: Store) -> None:
    served = serve(images=30)
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    enter(phone, served.link)
    right = labels(served)
    for position in range(1, 31):
        due(phone, position, 30)
        for part in ("#image", "#choices button:last-child", "#cannot", "#pause"):
            expect(phone.locator(part)).to_be_in_viewport(ratio=1)
        phone.locator("#choices button").nth(right[position - 1]).tap()
        expect(phone.locator("#verdict")).to_contain_text("Hooray!")
        skip_verdict(phone, lambda: phone.locator("#frame").tap())
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    expect(phone.locator("#total")).to_have_text("100.0 %")
    assert [len(answers) for answers in store.answers()] == [30]
    context.close()


def test_pausing_stops_the_clock_and_hides_the_image(page: Page, serve: Serve, store: Store) -> None:
    enter(page, serve().link)
    due(page, 1, 30)
    page.keyboard.press("Escape")
    expect(page.locator("#paused")).to_be_visible()
    assert not page.locator("#image").is_visible()
    seen = page.evaluate("[before, shown]")
    page.keyboard.press("0")  # nothing is answered while nothing is seen
    assert page.evaluate("[before, shown]") == seen and seen[1] is None
    page.get_by_role("button", name="Continue").click()
    due(page, 1, 30)
    assert store.answers() == []


def test_images_are_enlarged_smoothly_or_as_pixels(page: Page, serve: Serve) -> None:
    enter(page, serve().link)
    rendering = "getComputedStyle(document.querySelector('#image')).imageRendering"
    button = page.get_by_role("button", name="Show pixels")
    assert (page.evaluate(rendering), button.get_attribute("aria-pressed")) == ("auto", "false")
    button.click()
    assert (page.evaluate(rendering), button.get_attribute("aria-pressed")) == ("pixelated", "true")


def test_the_traffic_has_no_class_before_its_answer(page: Page, serve: Serve) -> None:
    """Two players with other images but equal answers: what they are sent differs in nothing but the pixels."""
    sent: list[tuple[str, Any]] = []
    page.on("response", lambda response: sent.append((response.url, response)))
    served = serve(images=12, mode="blind")
    enter(page, served.link)
    for position in range(1, 13):
        due(page, position, 12)
        page.keyboard.press("1")
    expect(page.locator("#complete")).to_be_visible()
    bodies = [json.loads(response.text()) for url, response in sent if "/api/" in url and response.status == 200]
    answers = [body for body in bodies if "verdict" in body]
    assert len(answers) == 12
    for number, body in enumerate(answers, start=1):
        assert body["verdict"] is body["result"] is None
        numbers = {"answered": number, "total": 12, "accuracy": None, "recent": None}
        fixed = {"player": "Ada", "mode": "blind", "data": "blocks", "numbers": numbers, "finished": False}
        rest = {name: value for name, value in body.items() if name not in {*fixed, "verdict", "result"}}
        assert body | fixed == body
        assert set(rest) == {"session", "classes", "position", "image", "complete", "undoable"}
        assert [row["name"] for row in rest["classes"]] == list(CLASSES)  # all of them, always in the same order
    pixels = {body["image"] for body in answers[:-1]}
    assert all(value.startswith("data:image/png;base64,") for value in pixels) and len(pixels) == 11
    headers = [response.headers for _, response in sent]
    assert not any("etag" in header or "last-modified" in header for header in headers)


def test_learn_mode_sends_the_class_with_the_answer_and_no_other(page: Page, serve: Serve) -> None:
    sent: list[Any] = []
    page.on("response", lambda response: sent.append(response))
    served = serve(images=12)
    enter(page, served.link)
    due(page, 1, 12)
    page.keyboard.press("0")
    expect(page.locator("#verdict.right, #verdict.wrong")).to_have_count(1)
    body = json.loads(next(response for response in sent if response.url.endswith("/api/answer")).text())
    assert body["verdict"]["label"] == labels(served)[0]
    assert '"label"' not in json.dumps({name: value for name, value in body.items() if name != "verdict"})


def test_hostile_names_are_shown_as_they_are(page: Page, serve: Serve, material: Material) -> None:
    names = ("<script>alert(1)</script>", "\u200f\u202e'\"&amp;<img src=x onerror=alert(1)>", "long " * 2048)
    data = LabelledData("e" * 64, "<b>data</b>", names, 60)
    served = serve(images=2, of=Material(data, material.images, material.labels))
    player = "<img src=x onerror=alert(1)>'\""
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(served.link)
    expect(page.locator("#about")).to_contain_text("<b>data</b>")
    enter(page, served.link, player)
    assert page.locator("#choices span").evaluate_all("all => all.map(span => span.textContent)") == list(names)
    expect(page.locator("#who")).to_have_text(player)
    for position in (1, 2):
        due(page, position, 2)
        page.keyboard.press("2")
        expect(page.locator("#verdict.right, #verdict.wrong")).to_have_count(1)
        assert page.locator("#verdict bdi").text_content() in names
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        skip_verdict(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator("#thanks")).to_have_text(player)
    assert page.locator("img").count() == 1 and page.locator("script:not([src])").count() == 0


@pytest.mark.parametrize("name", ["x" * 10_000, "\u202ename", "   "])
def test_a_refused_nickname_is_reported_on_the_page(page: Page, serve: Serve, name: str) -> None:
    page.goto(serve().link)
    page.get_by_label("Nickname").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(PROBLEM)
    expect(page.get_by_label("Nickname")).to_be_focused()


PROBLEM = re.compile("nickname|larger than 4,096 bytes")


def test_two_players_at_once_see_the_same_images_and_keep_apart(page: Page, serve: Serve, store: Store) -> None:
    served = serve(images=6)
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context()
    other = context.new_page()
    enter(page, served.link, "Ada")
    enter(other, served.link, "Bob")
    for position in range(1, 7):
        due(page, position, 6)
        due(other, position, 6)
        assert page.locator("#image").get_attribute("src") == other.locator("#image").get_attribute("src")
        page.keyboard.press("0")
        other.keyboard.press("1")
        for one in (page, other):
            expect(one.locator("#verdict.right, #verdict.wrong")).to_have_count(1)
            skip_verdict(one, lambda one=one: one.keyboard.press("Enter"))  # type: ignore[misc]
    for one in (page, other):
        expect(one.locator("#finished")).to_be_visible()
    assert {answers.player: set(answers.choices.tolist()) for answers in store.answers()} == {"Ada": {0}, "Bob": {1}}
    context.close()


def test_a_link_for_a_player_and_a_token_are_not_left_in_the_address(page: Page, serve: Serve) -> None:
    served = serve(player="Ada", token="correct horse battery")
    page.goto(served.link)
    expect(page.locator("#game")).to_be_visible()
    assert page.url == served.origin + "/"
    page.reload()  # the cookie is enough
    expect(page.locator("#who")).to_have_text("Ada")
    due(page, 1, 30)


def test_a_token_is_asked_for(page: Page, serve: Serve) -> None:
    served = serve(token="correct horse battery")
    page.goto(served.origin)
    page.get_by_label("Nickname").fill("Ada")
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("needs the token")
    page.get_by_label("Token").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.locator("#game")).to_be_visible()


def test_another_player_can_take_over_the_browser(page: Page, serve: Serve) -> None:
    served = serve()
    enter(page, served.link, "Ada")
    due(page, 1, 30)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Another player").click()
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("#join")).to_be_visible()
    page.get_by_label("Nickname").fill("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This name is taken")
    page.get_by_label("Nickname").fill("Bob")
    page.keyboard.press("Enter")
    expect(page.locator("#who")).to_have_text("Bob")


def test_focus_is_visible_and_light_and_dark_follow_the_reader(page: Page, serve: Serve) -> None:
    enter(page, serve().link)
    due(page, 1, 30)
    page.keyboard.press("ArrowDown")
    style = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"[{style}.outlineStyle, {style}.outlineWidth]") == ["solid", "3px"]
    papers = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert papers[0] != papers[1]
    assert page.locator("#verdict").get_attribute("aria-live") == "polite"
