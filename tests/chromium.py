"""A real browser, for the tests that look at pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def chromium(*options: str) -> Iterator[Page]:
    """An empty page of Chromium; the test is skipped where there is none. options: more of its command line"""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian's package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-sync", *options])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def browse() -> Iterator[Page]:
    """An empty page of Chromium."""
    with chromium() as page:
        yield page
