"""A server that is killed in the middle of a game, and the player's browser, which stays."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from human.browser import due, enter, skip_verdict
from seedtrial.human.store import Store

pytestmark = pytest.mark.browser


def start(folder: Path, runs: Path, port: int) -> subprocess.Popen[str]:
    """`seedtrial play --web` in a process of its own, listening."""
    words = ["play", "--web", "--data", folder, "--images", "20", "--runs", runs, "--port", port]
    program = "import sys; sys.argv[0] = 'seedtrial'; from seedtrial.entry import main; main()"
    process = subprocess.Popen([sys.executable, "-c", program, *map(str, words)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Open "):
            return process
    raise AssertionError("the server did not start")


@pytest.mark.slow
def test_a_killed_server_loses_no_answer(page: Page, idx_folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start(idx_folder, tmp_path / "runs", port)
    enter(page, f"http://127.0.0.1:{port}/")
    for position in range(1, 21):
        due(page, position, 20)
        if position in (8, 15):  # killed with an image on the screen, and answered while nobody listens
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            page.keyboard.press("0")
            expect(page.get_by_role("alert")).to_contain_text("Your answers so far are saved")
            process = start(idx_folder, tmp_path / "runs", port)
            expect(page.get_by_role("alert")).to_be_hidden()
            due(page, position, 20)
        page.keyboard.press("1")
        expect(page.locator("#verdict.right, #verdict.wrong")).to_have_count(1)
        skip_verdict(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator("#finished")).to_be_visible()
    process.send_signal(signal.SIGINT)
    assert "every answer is kept" in process.communicate()[1] and process.returncode == 0
    store = Store(tmp_path / "runs" / "play.sqlite")
    (answers,) = store.answers()
    store.close()
    assert answers.choices.tolist() == [1] * 20 and len(set(answers.images.tolist())) == 20
