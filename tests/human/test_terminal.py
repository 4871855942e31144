"""The game in a pseudo-terminal of 80 x 24 cells."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from conftest import bright_blocks
from human.pseudo_terminal import Terminal
from seedtrial.human.game import order
from seedtrial.human.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def game(tmp_path: Path, idx_folder: Path) -> Iterator[Callable[..., Terminal]]:
    """`seedtrial play` on the tiny images, at a terminal."""
    started: list[Terminal] = []
    (idx_folder / "classes.txt").write_text("<left>\nmiddle\nright\n")

    def begin(*words: str, columns: int = 80, rows: int = 24, **environment: str) -> Terminal:
        always = ("play", "--data", idx_folder, "--runs", tmp_path / "runs", "--player", "Ada")
        started.append(Terminal(*always, *words, columns=columns, rows=rows, **environment))
        return started[-1]

    yield begin
    for terminal in started:
        terminal.close()


@pytest.fixture
def answers(tmp_path: Path) -> Callable[[], list[int]]:
    def read() -> list[int]:
        store = Store(tmp_path / "runs" / "play.sqlite")
        choices = [choice for answers in store.answers() for choice in answers.choices.tolist()]
        store.close()
        return choices

    return read


def skip_verdict(terminal: Terminal) -> None:
    """Presses Enter until the next image is there; it answers nothing while no category is chosen."""
    while any(word in terminal.screen.text for word in ("Hooray!", "Booh!")):
        terminal.press("\r")
        terminal.read(0.1)


def test_a_whole_game_at_80_x_24(game: Callable[..., Terminal], answers: Callable[[], list[int]]) -> None:
    terminal = game("--images", "30")  # the test part has 24
    given = []
    for number in range(24):
        terminal.until(f" {number} / 24 answered")
        terminal.until("keys or")
        if number % 4 == 0:
            terminal.press("\x1b[B" * (number % 3 + 1) + "\x1bOB\x1b[A\r")  # down, perhaps more, down, up, Enter
        else:
            terminal.press("?" if number == 5 else str(number % 3))
        given.append(-1 if number == 5 else number % 3)
        verdict = terminal.until("Hooray! ", "Booh! It is: ")
        assert re.search(verdict + r"(<left>|middle|right)\n", terminal.screen.text)
        skip_verdict(terminal)
    terminal.until("Can't tell: 1.")
    assert re.search(r"\d+ of     8  middle", terminal.screen.text)
    terminal.press("\r")
    assert terminal.ended() == 0 and terminal.restored
    assert "Ada: 24 of 24 answered, " in terminal.screen.text
    assert terminal.screen.outside == []
    assert answers() == given


def test_what_is_seen_is_the_image(game: Callable[..., Terminal]) -> None:
    """As pixels, 8 x 8 of them fill 40 x 20 cells: each is 5 cells wide and 2.5 high."""
    terminal = game()
    terminal.until("keys or")
    terminal.press("\t")
    terminal.read(0.5)
    terminal.until("keys or")
    image = bright_blocks(24, seed=2)[0][order(0, 24)[0]]
    cells = terminal.screen.cells
    shown = np.zeros((40, 40), int)
    for row in range(20):
        for column in range(40):
            letter, style = cells[3 + row, 2 + column]
            assert letter == "▀"
            for half, layer in enumerate(("38", "48")):
                red, green, blue = re.findall(rf"{layer};2;(\d+);(\d+);(\d+)", style)[-1]
                assert red == green == blue
                shown[2 * row + half, column] = int(red)
    assert (shown == np.kron(image, np.ones((5, 5), int))).all()


def test_a_killed_game_goes_on_where_it_was(game: Callable[..., Terminal], answers: Callable[[], list[int]]) -> None:
    terminal = game("--mode", "blind")
    for number in range(5):
        terminal.until(f" {number} / 24 answered")
        terminal.until("keys or")
        terminal.press("1")
    terminal.until(" 5 / 24 answered")
    terminal.process.kill()
    terminal.ended()
    assert answers() == [1] * 5
    terminal = game("--mode", "blind")
    terminal.until(" 5 / 24 answered")
    terminal.until("keys or")
    terminal.press("2")
    terminal.until(" 6 / 24 answered")
    assert answers() == [1] * 5 + [2]


def test_a_blind_game_shows_no_results_and_takes_answers_back(
    game: Callable[..., Terminal], answers: Callable[[], list[int]]
) -> None:
    terminal = game("--mode", "blind", "--images", "2")
    terminal.until("right: at the end   last 50: at the end   Ada")
    terminal.until("keys or")
    terminal.press("0")
    terminal.until("Image 1: <left>")
    terminal.press("\x7f")
    terminal.until("The last answer is taken back.")
    terminal.until(" 0 / 2 answered")
    for number, key in enumerate("12"):
        terminal.until(f" {number} / 2 answered")
        terminal.until("keys or")
        terminal.press(key)
    terminal.until("All images are answered.")
    terminal.press("\x7f")
    terminal.until(" 1 / 2 answered")
    terminal.until("keys or")
    terminal.press("?")
    terminal.until("After you see the result")
    assert "%" not in terminal.screen.text
    terminal.press("\r")
    terminal.until("of 2 right: ")
    terminal.press("\x04")  # the end of input leaves as well
    assert terminal.ended() == 0 and terminal.restored and answers() == [1, -1]


@pytest.mark.parametrize(("way", "code"), [("ctrl-c", 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_terminal_is_given_back_however_the_game_ends(
    game: Callable[..., Terminal], way: str | signal.Signals, code: int
) -> None:
    terminal = game()
    terminal.until("keys or")
    assert not terminal.restored
    terminal.press(" ")
    terminal.until("Paused")
    if isinstance(way, str):
        terminal.press("\x1a\x03")  # Ctrl-Z does nothing, Ctrl-C leaves
    else:
        terminal.process.send_signal(way)
    assert terminal.ended() == code and terminal.restored
    assert "Traceback" not in terminal.screen.text
    assert way != "ctrl-c" or "Ada: 0 of 24 answered. The same command continues from here." in terminal.screen.text


def test_the_game_follows_the_terminals_size(game: Callable[..., Terminal]) -> None:
    terminal = game()
    terminal.until("keys or")
    terminal.resize(60, 20)
    terminal.until("The game needs 80 x 24 cells; this terminal has 60 x 20.")
    terminal.press("0")  # nothing is answered while nothing is seen
    terminal.resize(100, 30)
    terminal.until("keys or")
    assert " 0 / 24 answered" in terminal.screen.text and terminal.screen.outside == []


def test_a_small_terminal_is_refused(game: Callable[..., Terminal]) -> None:
    terminal = game(columns=79, rows=24)
    assert terminal.ended() == 1
    assert "The game needs a terminal of 80 x 24 cells; this one has 79 x 24." in terminal.screen.text


def test_a_terminal_without_colours_gets_letters(game: Callable[..., Terminal]) -> None:
    terminal = game(TERM="vt100", COLORTERM="")
    terminal.until("keys or")
    assert "▀" not in terminal.screen.text and "##" in terminal.screen.text
