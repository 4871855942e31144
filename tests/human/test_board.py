"""Images as blocks, names made visible, keys from bytes."""

import re

import numpy as np
import pytest
from rich.cells import cell_len

from seedtrial.human.blocks import Depth, depth, enlarged, fitted, lines, visible
from seedtrial.human.board import Board
from seedtrial.human.game import KEYS, Scoreboard
from seedtrial.human.keyboard import Keys
from seedtrial.human.terminal import BLIND_KEY_HELP, KEY_HELP

SEQUENCE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (3, 28, 28), (1, 8, 8), (3, 224, 100), (1, 5, 9), (1, 1, 1), (1, 300, 7)]
)
@pytest.mark.parametrize("smooth", [True, False])
def test_an_image_fits_its_box_and_keeps_its_shape(shape: tuple[int, int, int], smooth: bool) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    shown = enlarged(image, 40, 20, smooth=smooth)
    height, width, _ = shown.shape
    assert width <= 40 and height <= 40 and height % 2 == 0
    assert max(width, height) >= 25
    assert abs(height / width - shape[1] / shape[2]) <= max(2 / width, 2 * height / width / width) + 1e-9 or width == 1
    for drawn in (lines(shown, kind) for kind in DEPTHS):
        assert len(drawn) == height // 2
        assert {cell_len(SEQUENCE.sub("", line)) for line in drawn} == {width}


DEPTHS: tuple[Depth, ...] = ("truecolour", "256", "letters")


def test_colours_are_those_of_the_pixels() -> None:
    pixels = np.array([[[255, 0, 0], [8, 8, 8]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    assert lines(pixels, "truecolour") == [
        "\x1b[38;2;255;0;0m\x1b[48;2;0;0;255m▀\x1b[38;2;8;8;8m\x1b[48;2;255;255;255m▀\x1b[0m"
    ]
    assert lines(pixels, "256") == ["\x1b[38;5;196m\x1b[48;5;21m▀\x1b[38;5;232m\x1b[48;5;231m▀\x1b[0m"]


def test_greys_of_256_colours_never_get_darker_with_the_pixel() -> None:
    pixels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 2, axis=0).repeat(3, axis=2)
    codes = [int(code) for code in re.findall(r"38;5;(\d+)m", lines(pixels, "256")[0])]
    levels = [0 if code == 16 else 255 if code == 231 else 8 + 10 * (code - 232) for code in codes]
    assert levels == sorted(levels) and len(levels) == 26


@pytest.mark.parametrize(
    ("environment", "encoding", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "utf-8", "truecolour"),
        ({"TERM": "xterm-256color"}, "UTF-8", "256"),  # as over SSH, which does not pass COLORTERM on
        ({"TERM": "screen"}, "utf8", "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "ascii", "letters"),
        ({"TERM": "dumb"}, "utf-8", "letters"),
        ({}, "utf-8", "letters"),
    ],
)
def test_what_a_terminal_can_show(environment: dict[str, str], encoding: str, expected: Depth) -> None:
    assert depth(environment, encoding) == expected


@pytest.mark.parametrize(
    "text", ["", "Ada", "日本語の名前", "\x1b[2Jgone", "\u202eevil", "é" * 100, "👩‍🚀", "x" * 10_000, "\x9b31m"]
)
@pytest.mark.parametrize("width", [5, 12, 40])
def test_any_name_takes_its_cells_and_commands_nothing(text: str, width: int) -> None:
    shown = fitted(text, width)
    assert cell_len(shown) == width and not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", shown)


def test_what_cannot_be_seen_is_written_as_its_code() -> None:
    assert visible("a\x1b[2J\u202eb") == "a\\x1b[2J\\u202eb"
    assert fitted("category", 8) == "category" and fitted("categories", 8) == "categor…"


@pytest.mark.parametrize("classes", [2, 10, 19, 20, 36, 37, 100])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_all_categories_can_be_reached_and_stay_on_the_screen(classes: int, size: tuple[int, int]) -> None:
    board = Board(*size, "truecolour")
    names = tuple(f"class {number}" for number in range(classes))
    for chosen in range(-1, classes + 1):
        drawn = board.categories(names, chosen)
        wanted = "I can't tell" if chosen == classes else names[max(chosen, 0)]
        assert wanted in drawn
        for row, column, text in re.findall(r"\x1b\[(\d+);(\d+)H([^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)", drawn):
            assert int(row) <= size[1] - 2
            assert int(column) - 1 + cell_len(SEQUENCE.sub("", text)) <= size[0]
    at = -1
    for _ in range(classes + 1):
        at = board.moved(at, "down", classes + 1)
    assert at == classes == board.moved(at, "down", classes + 1)
    shown = board.categories(names, 0)
    for key, name in list(zip(KEYS, names, strict=False))[:20]:
        assert f" {key}  {name}" in shown


def test_head_and_foot_fit_80_cells() -> None:
    for text in (KEY_HELP, BLIND_KEY_HELP):
        assert cell_len(text) <= 78
    head = Board(80, 24, "256").head(Scoreboard(123_456, 123_456, 0.5, None), "x" * 64, results_shown=True)
    assert "123,456 / 123,456 answered   right: 50.0 %   last 50: –" in head
    assert cell_len(SEQUENCE.sub("", head)) <= 79


def test_keys_come_from_bytes_however_they_are_cut() -> None:
    raw = "0é?\x1b[A\x1bOB\x1b[1;5C\x7f\t \r\x1bx\x1b[200~z".encode()
    whole = Keys().feed(raw)
    assert whole == ["0", "é", "?", "up", "down", "backspace", "tab", "space", "enter", "z"]
    keys = Keys()
    assert [key for byte in raw for key in keys.feed(bytes([byte]))] == whole
