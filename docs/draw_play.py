"""Draws the pictures of the labelling game: the page in a browser, and the terminal.

python docs/draw_play.py [FOLDER]    # docs/images/play; needs Fashion-MNIST and Chromium
"""

import io
import re
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.png import png_uri
from seedtrial.data.seal import Ledger
from seedtrial.human.blocks import enlarged
from seedtrial.human.board import BAD, Board
from seedtrial.human.records import LabelledData, StoredAnswer
from seedtrial.human.server import ServerSettings, listen, make_game_server
from seedtrial.human.session import Material, Playing, Rules, Sessions
from seedtrial.human.store import NAME, Store
from seedtrial.human.terminal import KEY_HELP

PLAYER, BEFORE = "Ada", 136  # who has answered how many images when the picture is taken
ACCURACY = 0.85  # of the made-up answers before
SIZE: ViewportSize = {"width": 840, "height": 600}
COLOURS = 224  # of the screenshot; fewer turn blue into green
CELL = (9, 18)  # pixels of a cell of the terminal
STYLES = {"1": "font-weight='bold'", "1;31": "fill='#ff8f85' font-weight='bold'", "2": "fill='#a3adb8'"}
STYLES |= {"1;32": "fill='#54d6a6' font-weight='bold'"}


def played(folder: Path) -> tuple[Sessions, Playing]:
    """A game in learn mode on Fashion-MNIST, some way in."""
    dataset = load(DataSpec(source="fashion-mnist"))
    test = dataset.test.open(Ledger(folder, "play"), "draw the pictures of the game")
    data = LabelledData(dataset.facts.fingerprint, "fashion-mnist", dataset.classes, len(test))
    store, generator = Store(folder / NAME), np.random.default_rng(0)
    sessions = Sessions(store, Material(data, test.images, test.labels), Rules("learn", 1, 1000))
    player = store.add_player(PLAYER)
    assert player is not None
    playing = sessions.open(player)
    for position in range(1, BEFORE + 1):
        image, label = playing.game.plan[position - 1], playing.game.labels[position - 1]
        choice = label if generator.random() < ACCURACY else (label + 1) % 10
        store.add(playing.session, StoredAnswer(position, image, label, choice, 1.5, time.time()), finished=False)
    return sessions, sessions.open(player)


def screenshot(page: Page, link: str, choice: int, out: Path) -> None:
    """The page just after an answer, which is wrong."""
    page.goto(link)
    page.wait_for_function("view !== null && shown !== null")
    page.keyboard.press(str(choice))
    page.wait_for_function("waiting !== null")
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)


def terminal(playing: Playing, sessions: Sessions, choice: int) -> str:
    """The terminal of 80 x 24 cells just after the same answer, as SVG."""
    data, game = sessions.material.data, playing.game
    label, row = game.labels[BEFORE], game.plan[BEFORE]
    board, after = Board(80, 24, "truecolour"), game.answer(BEFORE + 1, choice)
    text = board.head(after.numbers, PLAYER, results_shown=True) + board.foot(KEY_HELP)
    text += board.categories(data.classes, label, right=label, wrong=choice)
    text += board.verdict(f"Booh! It is: {data.classes[label]}", BAD)
    wide, high = CELL
    uri = png_uri(np.moveaxis(enlarged(sessions.material.images[row], 40, 20, smooth=True), -1, 0))
    parts = [f"<image href='{uri}' x='{wide}' y='{2 * high}' width='{40 * wide}' height='{20 * high}'/>"]
    line = column = 1
    style = ""
    for match in re.finditer(r"\x1b\[([0-9;]*)([Hm])|([^\x1b]+)", text):
        numbers, command, words = match.groups()
        if command == "H":
            line, column = (int(number) for number in numbers.split(";"))
        elif command == "m":
            style = "" if numbers == "0" else numbers
        else:
            start = column + len(words) - len(words.lstrip())
            x, y, shown = (start - 1) * wide, line * high - 5, escape(words.strip())
            length = len(words.strip()) * wide
            if length:
                parts.append(f"<text x='{x}' y='{y}' textLength='{length}' {STYLES.get(style, '')}>{shown}</text>")
            column += len(words)
    width, height = 80 * wide, 24 * high + 16
    size = f"viewBox='0 -6 {width} {height}' width='{width}' height='{height}'"
    look = "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='15' fill='#e6e9ed'"
    style = "<style>image { image-rendering: pixelated } text { white-space: pre }</style>"
    paper = f"<rect y='-6' width='{width}' height='{height}' rx='6' fill='#15181c'/>"
    return "\n".join([f"<svg xmlns='http://www.w3.org/2000/svg' {size} {look}>", style, paper, *parts, "</svg>", ""])


def draw(out: Path) -> None:
    """Both pictures, of the same image and answer."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        sessions, playing = played(Path(folder))
        choice = (playing.game.labels[BEFORE] + 2) % 10
        (out / "terminal.svg").write_text(terminal(playing, sessions, choice), encoding="utf-8")
        settings = ServerSettings(player=PLAYER)
        listening = listen(settings)
        port = listening.getsockname()[1]
        server = make_game_server(sessions, settings, port)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE, color_scheme="light", bypass_csp=True)
            screenshot(page, settings.link(port), choice, out / "browser.png")
            browser.close()
        server.should_exit = True
        thread.join()
        sessions.store.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images" / "play")
