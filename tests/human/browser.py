"""A player's steps in the browser, and the states to wait for."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def enter(page: Page, address: str, name: str = "Ada") -> None:
    page.goto(address)
    page.get_by_label("Nickname").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#game")).to_be_visible()


def due(page: Page, position: int, total: int) -> None:
    """Waits until the image at `position` is visible and no verdict is shown."""
    expect(page.locator("#image")).to_have_attribute("alt", f"Image {position} of {total}")
    expect(page.locator("#verdict.right, #verdict.wrong")).to_have_count(0)
    expect(page.locator("#answered")).to_have_text(f"{position - 1} / {total}")
    while page.evaluate("shown === null"):
        page.wait_for_timeout(20)


def skip_verdict(page: Page, gesture: Callable[[], None]) -> None:
    """Skips the verdict as soon as the page allows it."""
    while page.evaluate("waiting && performance.now() - waiting.since <= UNSKIPPABLE"):
        page.wait_for_timeout(50)
    if page.locator("#verdict.right, #verdict.wrong").count():
        gesture()
