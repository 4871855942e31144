"""`seedtrial play` on the command line."""

import csv
import json
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from command_line import Shell
from human.conftest import Begin
from ledgers import openings
from seedtrial.human.server import ServerSettings, own_address
from seedtrial.human.store import Store

MISTAKES = {
    "no images": (["--images", "0"], "--images takes at least 1, not 0."),
    "a negative seed": (["--seed", "-1"], "--seed takes a number from 0 to 2**63 - 1, not -1."),
    "a seed that is too large": (["--seed", str(2**63)], "--seed takes a number from 0"),
    "an unknown mode": (["--mode", "teach"], "Invalid value for '--mode'"),
    "an unknown data set": (["--web", "--data", "fashion-mist"], "Did you mean 'fashion-mnist'?"),
    "an unknown setting": (["--web", "--data", "digits", "--set", "data.sise=3"], "Did you mean 'data.size'?"),
    "no terminal": ([], "The game needs a terminal for its images and keys; seedtrial play --web plays in a browser."),
    "a port without a server": (["--port", "8000"], "--port is for --web"),
    "a token without a server": (["--token", "x" * 20], "--token is for --web"),
    "a browser without a server": (["--open"], "--open is for --web"),
    "a host without a server": (["--host", "0.0.0.0"], "--host is for --web"),
    "a host without a token": (["--web", "--host", "0.0.0.0"], "set a --token that others must know"),
    "a short token": (["--web", "--token", "secret"], "--token takes at least 16 characters, not 6"),
    "a port that is none": (["--web", "--port", "99999"], "--port takes a number from 0 to 65535"),
    "a nickname of spaces": (["--web", "--player", "  "], "The argument after --player is empty"),
    "a nickname without end": (["--web", "--player", "x" * 10_000], "A nickname has 1 to 64 characters, not 10,000."),
    "a nickname that cannot be seen": (["--web", "--player", "\u202e"], "needs visible characters"),
    "nothing to export": (["--export", "out.csv"], "There are no answers in"),
    "nobody to forget": (["--forget", "Ada"], "There is no player 'Ada'."),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_reported_in_one_sentence_and_change_nothing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words, sentence = MISTAKES[case]
    output = shell("play", *words)
    assert output.code == 1 and sentence in output.err and output.err.count("\n") == 1 and output.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_reported_with_the_command_that_installs_it(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("seedtrial.human.server", "seedtrial.human.web"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    output = shell("play", "--web", "--runs", tmp_path / "runs")
    assert output.code == 1
    assert output.err == "The game in a browser needs uvicorn, which is not installed: pip install seedtrial[play]\n"


def test_help_says_what_the_game_cannot_do(shell: Shell) -> None:
    output = shell("play", "--help")
    assert output.code == 0 and "it has no mode for screen readers" in " ".join(output.out.split())


def test_help_loads_nothing_heavy() -> None:
    program = "import sys, seedtrial.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "sqlite3", "fastapi", "uvicorn", "rich", "seedtrial.human.store"} & set(loaded)


def test_answers_are_exported_and_forgotten(shell: Shell, begin: Begin, store: Store, tmp_path: Path) -> None:
    sessions, playing = begin("Ada")
    sessions.answer(playing, 1, 0, 0.1)
    store.close()
    runs = ("--runs", store.path.parent)
    output = shell("play", *runs, "--export", tmp_path / "out.csv")
    assert (output.code, output.out) == (0, f"1 answer: {tmp_path / 'out.csv'}\n")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["player"] for row in csv.DictReader(file)] == ["Ada"]
    output = shell("play", *runs, "--export", tmp_path / "last.csv", "--forget", "Ada")
    assert (
        output.code == 0 and output.out.endswith("Forgotten: Ada and 1 answer.\n") and (tmp_path / "last.csv").exists()
    )
    assert shell("play", *runs, "--forget", "Ada").code == 1


@pytest.mark.slow
def test_the_opening_of_the_test_part_is_reported_and_written_down(idx_folder: Path, tmp_path: Path) -> None:
    program = "import sys; sys.argv[0] = 'seedtrial'; from seedtrial.entry import main; main()"
    words = ["play", "--web", "--player", "Ada", "--seed", "7", "--data", idx_folder, "--runs", tmp_path / "runs"]
    with subprocess.Popen([sys.executable, "-c", program, *map(str, words)], stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        said = [run.stderr.readline() for _ in range(2)]
        run.terminate()
        run.communicate()
    (ledger,) = (tmp_path / "runs").glob("*.ledger.jsonl")
    assert said[0] == f"The test images of blocks are open for people to label, as {ledger} now records.\n"
    assert said[1].startswith("Open http://127.0.0.1:") and "#player=Ada&key=" in said[1]
    (entry,) = map(json.loads, ledger.read_text().splitlines())
    assert (entry["study"], entry["reason"]) == ("play", "for people to label (learn, seed 7)")


@pytest.mark.parametrize("mistake", ["a port that is taken", "a file of answers that is none"])
def test_a_game_that_cannot_begin_does_not_open_the_test_part(
    shell: Shell, idx_folder: Path, tmp_path: Path, mistake: str
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    words = ["play", "--web", "--data", idx_folder, "--runs", runs]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if mistake == "a port that is taken":
            port = taken.getsockname()[1]
            words += ["--port", str(port)]
            sentence = f"Cannot serve at 127.0.0.1:{port}: Address already in use; --port 0 takes a free port.\n"
        else:
            (runs / "play.sqlite").write_text("This is no database, but long enough to be taken for something.")
            sentence = f"Cannot use {runs / 'play.sqlite'}: file is not a database.\n"
        output = shell(*words)
    assert (output.code, output.out, output.err) == (1, "", sentence)
    assert not openings(runs)


@pytest.mark.slow
def test_others_get_a_link_that_is_not_the_players(idx_folder: Path, tmp_path: Path) -> None:
    program = "import sys; sys.argv[0] = 'seedtrial'; from seedtrial.entry import main; main()"
    words = ["play", "--web", "--player", "Ada", "--host", "0.0.0.0", "--token", "correct horse battery"]
    words += ["--data", str(idx_folder), "--runs", str(tmp_path / "runs")]
    with subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        _, own, others = (run.stderr.readline() for _ in range(3))
        run.terminate()
        run.communicate()
    assert own.startswith("Open http://") and "#player=Ada&key=" in own and "&token=correct+horse+battery" in own
    assert others.startswith("Others open http://") and others.endswith("/#token=correct+horse+battery\n")


def test_a_link_for_others_leads_to_this_machine() -> None:
    host = urlsplit(ServerSettings("0.0.0.0", token="correct horse battery").link(8000)).hostname
    with socket.socket() as probe:
        probe.bind((host, 0))  # which only an address of this machine can be
    with patch("socket.socket.connect", side_effect=OSError):
        assert own_address() == socket.gethostname()
