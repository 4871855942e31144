"""From answers and votes in the runs folder to `seedtrial people`, with no step replaced."""

import json
from pathlib import Path

import numpy as np

from command_line import Shell
from ledgers import openings
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.seal import Ledger
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.records import LabelledData
from seedtrial.human.session import Material, Rules, Sessions
from seedtrial.human.store import NAME, Store


def play(source: Path, runs: Path, player: str, choices: dict[str, list[int | None]]) -> None:
    """Games of a player by mode: None is the right answer."""
    dataset = load(DataSpec(source=str(source)))
    test = dataset.test.open(Ledger(runs, "play"), "test")
    data = LabelledData(dataset.facts.fingerprint, "tiny", dataset.classes, len(test))
    store = Store(runs / NAME)
    number = store.add_player(player)
    assert number is not None
    for mode, given in choices.items():
        sessions = Sessions(store, Material(data, test.images, test.labels), Rules(mode, 0, len(given)))  # type: ignore[arg-type]
        playing = sessions.open(number)
        for position, choice in enumerate(given, start=1):
            right = playing.game.labels[position - 1]
            playing = sessions.answer(playing, position, right if choice is None else choice, 0.0)
    store.close()


def test_what_was_played_comes_out_as_one_player_per_nickname(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    play(idx_folder, runs, "ann", {"learn": [None, CANNOT_TELL], "blind": [None, None, None]})
    play(idx_folder, runs, "ben", {"blind": [None, None]})
    out = tmp_path / "people.html"
    output = shell("people", "--set", f"data.source={idx_folder}", "--runs", runs, "--out", out, "--json")
    assert output.code == 0, output.err
    numbers = json.loads(output.out)
    assert [(one["name"], one["answers"], one["cannot_tell"]) for one in numbers["players"]] == [
        ("ann", 5, 1),
        ("ben", 2, 0),
    ]
    assert numbers["players"][0]["accuracy"]["right"] == 4
    assert "ann" in out.read_text() and "ben" in out.read_text()


def test_imported_votes_are_in_the_report(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    dataset = load(DataSpec(source=str(idx_folder)))
    labels = dataset.test.open(Ledger(tmp_path, "t"), "test").labels
    votes = 2 * np.eye(3, dtype=int)[labels] + np.eye(3, dtype=int)[(labels + 1) % 3]
    file = tmp_path / "votes.csv"
    file.write_text("\n".join(",".join(map(str, row)) for row in votes))
    output = shell("play", "--import", file, "--data", idx_folder, "--runs", runs)
    assert output.code == 0 and f"Votes on {len(labels)} images: " in output.out
    assert not openings(runs)  # nothing was opened for that
    out = tmp_path / "people.html"
    output = shell("people", "--set", f"data.source={idx_folder}", "--runs", runs, "--out", out, "--json")
    assert output.code == 0, output.err
    crowd = json.loads(output.out)["crowd"]
    assert (crowd["single"]["mean"], crowd["majority"]["mean"]) == (2 / 3, 1)


def test_votes_that_do_not_fit_are_reported(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("1,0,0\n")
    output = shell("play", "--import", file, "--data", idx_folder, "--runs", tmp_path / "runs")
    assert output.code == 1 and output.err.count("\n") == 1
    assert "has votes for 1 image," in output.err
