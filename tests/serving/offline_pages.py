"""Pages that run a network by themselves, and how they are opened in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from seedtrial.serving.bundle import Bundle, checked
from seedtrial.serving.offline import offline_page


def made_page(folder: Path, out: Path, own: bool | None) -> Path:
    """The page of the bundle in a folder."""
    bundle = Bundle.load(folder)
    model, sample = (checked(folder, bundle.description, name) for name in ("model.onnx", "sample.png"))
    offline_page(model, sample, bundle.description, own=own).write(out)
    return out


@pytest.fixture
def opened(browse: Page) -> Iterator[Callable[[Path], Page]]:
    """Opens a page from its file; what it asks for besides, and what goes wrong in it, fails the test."""
    wrong: list[str] = []
    browse.on("pageerror", lambda error: wrong.append(str(error)))
    browse.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)

    def open_page(path: Path) -> Page:
        browse.goto(path.as_uri())
        expect(browse.locator("#about")).not_to_be_empty(timeout=30_000)
        browse.on("request", lambda request: wrong.append(request.url) if ":" in request.url[:5] else None)
        return browse

    yield open_page
    assert [each for each in wrong if not each.startswith(("data:", "blob:"))] == []
