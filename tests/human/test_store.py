"""Answers are stored safely, whoever else plays, and nothing else is stored."""

import csv
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from human.conftest import Begin
from seedtrial.errors import SeedtrialError
from seedtrial.human import export
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.game import Refused
from seedtrial.human.records import LabelledData
from seedtrial.human.session import Material, Playing, Rules, Sessions, nickname
from seedtrial.human.store import Store


def play(sessions: Sessions, playing: Playing, *choices: int) -> Playing:
    for choice in choices:
        position = playing.game.position
        assert position is not None
        playing = sessions.answer(playing, position, choice, 0.5)
    return playing


def test_looking_at_a_store_makes_no_file(store: Store) -> None:
    assert store.answers() == store.datasets() == store.listing() == [] and store.player("Ada") is None
    assert not store.path.parent.exists()


def test_answers_come_out_as_they_were_given(begin: Begin, store: Store, material: Material) -> None:
    play(*begin(), 1, CANNOT_TELL, 0)
    store.close()
    (answers,) = store.answers(material.data.fingerprint)
    assert (answers.player, answers.mode, answers.choices.tolist()) == ("Ada", "learn", [1, CANNOT_TELL, 0])
    assert (answers.labels == material.labels[answers.images]).all() and len(set(answers.images.tolist())) == 3
    assert ((answers.seconds >= 0) & (answers.seconds <= 0.5)).all()
    assert store.answers("another data set") == []
    assert store.datasets() == [material.data]


def test_answers_of_different_data_are_never_in_one(begin: Begin, store: Store, material: Material) -> None:
    play(*begin(), 1)
    other = Material(LabelledData("e" * 64, "blocks", material.data.classes, 60), material.images, material.labels)
    sessions = Sessions(store, other, Rules("learn", 0, 5))
    player = store.player("Ada")
    assert player is not None
    play(sessions, sessions.open(player), 2, 2)
    assert [len(answers) for answers in store.answers()] == [1, 2]
    assert [len(answers) for answers in store.answers("e" * 64)] == [2]


def test_the_settings_that_keep_answers_safe_are_on(begin: Begin, store: Store) -> None:
    begin()
    with store._writing() as connection:
        settings = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    assert settings == PRAGMAS
    assert sorted(path.name for path in store.path.parent.iterdir()) == ["play.sqlite"]  # no journal is left


PRAGMAS = {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "user_version": 1}


def test_a_session_goes_on_where_it_was_left(begin: Begin, store: Store) -> None:
    sessions, first = begin()
    left = play(sessions, first, 0, 1)
    store.close()
    again = begin()[1]
    assert again.session == first.session and again.game == left.game


def test_two_players_of_a_seed_see_the_same_images_in_the_same_order(begin: Begin) -> None:
    assert begin("Ada")[1].game.plan == begin("Bob", mode="blind")[1].game.plan != begin("Eve", seed=1)[1].game.plan


def test_a_session_can_become_longer_and_shorter_but_never_loses_answers(begin: Begin) -> None:
    played = play(*begin(images=3), 0, 0, 0)
    assert played.game.finished
    sessions, longer = begin(images=5)
    assert longer.game.choices == (0, 0, 0) and longer.game.position == 4 and not longer.game.finished
    play(sessions, longer, 1)
    shorter = begin(images=2)[1]
    assert len(shorter.game.plan) == 4 and shorter.game.finished


def test_images_seen_in_one_session_do_not_come_in_another_of_the_same_player(begin: Begin) -> None:
    seen = set(play(*begin(images=10), *[0] * 10).game.plan)
    sessions, blind = begin(mode="blind", images=10)
    assert not seen & set(blind.game.plan)
    shared = begin("Bob", mode="blind", images=20)[1].game.plan
    assert set(shared) == seen | set(blind.game.plan)  # otherwise the same order as everybody's


def test_only_the_session_that_was_opened_last_takes_answers(begin: Begin, store: Store) -> None:
    sessions, learning = begin(images=10)
    others, blind = begin(mode="blind", images=10)
    play(others, blind, 0)
    with pytest.raises(Refused, match="continued elsewhere"):
        sessions.answer(learning, 1, 0, 0.1)
    with pytest.raises(Refused, match="opened another session"):
        sessions.playing(learning.player, learning.session)
    assert blind.game.plan[0] not in begin(images=10)[1].game.plan


def test_a_blind_session_whose_result_was_shown_stays_closed(begin: Begin) -> None:
    sessions, blind = begin(mode="blind", images=2)
    finished = sessions.finish(play(sessions, blind, 0, 1))
    with pytest.raises(SeedtrialError, match="only in blind mode"):
        sessions.undo(finished, 2)
    assert not sessions.store.remove_last(finished.session, 2)
    assert begin(mode="blind", images=2)[1].game.finished
    with pytest.raises(SeedtrialError, match="ended after 2 images and its result was shown; another --seed starts"):
        begin(mode="blind", images=3)


def test_an_answer_is_taken_once_and_taken_back_once(begin: Begin, store: Store) -> None:
    sessions, blind = begin(mode="blind")
    after = sessions.answer(blind, 1, 0, 0.1)
    with pytest.raises(Refused, match="Image 1 is already answered"):
        sessions.answer(blind, 1, 1, 0.1)
    assert sessions.undo(after, 1).game == blind.game
    with pytest.raises(Refused, match="Only the last answer"):
        sessions.undo(after, 1)
    assert store.answers() == []


def test_an_answer_is_credited_no_more_time_than_has_passed(begin: Begin, store: Store) -> None:
    sessions, playing = begin()
    for seconds in (1e9, float("nan"), float("inf"), -5.0, 0.0):
        assert playing.game.position is not None
        playing = sessions.answer(playing, playing.game.position, 0, seconds)
    (answers,) = store.answers()
    assert (answers.seconds >= 0).all() and answers.seconds.max() < 600


def test_many_threads_can_answer_and_each_image_gets_one_answer(begin: Begin, store: Store) -> None:
    sessions, playing = begin(images=60)
    taken: list[int] = []

    def answer(choice: int) -> None:
        while True:
            now = sessions.playing(playing.player, playing.session)
            if now.game.position is None:
                return
            try:
                sessions.answer(now, now.game.position, choice, 0.1)
            except Refused:
                continue
            taken.append(now.game.position)

    threads = [threading.Thread(target=answer, args=(choice,)) for choice in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 61))
    assert [len(answers) for answers in store.answers()] == [60]


PROCESS = """
import sys
from pathlib import Path
from seedtrial.human.records import StoredAnswer
from seedtrial.human.store import Store

store, session = Store(Path(sys.argv[1])), int(sys.argv[2])
answers = [StoredAnswer(position, position, 0, 0, 0.1, 1.0) for position in range(1, 41)]
print(sum(store.add(session, answer, finished=False) for answer in answers))
"""


@pytest.mark.slow
def test_two_processes_share_the_file(begin: Begin, store: Store) -> None:
    numbers = [begin(name, images=60)[1].session for name in ("Ada", "Bob")]
    words = [[sys.executable, "-c", PROCESS, str(store.path), str(number)] for number in (*numbers, numbers[0])]
    processes = [subprocess.Popen(word, stdout=subprocess.PIPE, text=True) for word in words]
    added = [int(process.communicate()[0]) for process in processes]
    assert added[0] + added[2] <= 40 and added[1] == 40
    assert {len(answers) for answers in store.answers()} == {40, added[0] + added[2]}


def test_who_is_forgotten_is_nowhere_in_the_file(begin: Begin, store: Store) -> None:
    play(*begin("Rumpelstiltskin"), 1, 1)
    play(*begin("Bob"), 1)
    assert b"Rumpelstiltskin" in store.path.read_bytes()
    assert store.forget("Rumpelstiltskin") == 2
    assert b"Rumpelstiltskin" not in store.path.read_bytes()
    assert [answers.player for answers in store.answers()] == ["Bob"]
    with pytest.raises(SeedtrialError, match="There is no player 'Rob'. Did you mean 'Bob'?"):
        store.forget("Rob")
    number = store.player("Bob")
    assert store.add_player("Eve") not in (None, 1, number)  # the number of who was forgotten is not given again


def test_a_file_of_a_newer_seedtrial_is_refused_and_left_alone(begin: Begin, store: Store) -> None:
    begin()
    with store._writing() as connection:
        connection.execute("PRAGMA user_version = 2")
    store.close()
    before = store.path.read_bytes()
    for use in (store.answers, lambda: store.add_player("Bob")):
        with pytest.raises(SeedtrialError, match="has format 2, but this seedtrial reads formats up to 1"):
            use()
    assert store.path.read_bytes() == before


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a database, but quite a few letters " * 40)
    with pytest.raises(SeedtrialError, match="Cannot use .*text: file is not a database"):
        Store(text).add_player("Ada")
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(SeedtrialError, match="is not a seedtrial file"):
        Store(other).answers()
    assert other.read_bytes() == before
    with pytest.raises(SeedtrialError, match="Cannot"):
        Store(tmp_path).add_player("Ada")


@pytest.mark.parametrize(
    "name", ["Ada", "  Ada\n", "日本", "<script>alert(1)</script>", 'O\'Neil "x"', "👩‍🚀", "x" * 64]
)
def test_nicknames_are_trimmed_and_may_be_anything_that_can_be_seen(name: str) -> None:
    assert nickname(name) == name.strip()


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 65, "x" * 10_000, "a\x00b", "a\nb", "\u202eevil", "a\u200f", "\ud800", "\u200d", "x\u2028x"],
)
def test_nicknames_that_nobody_could_read_are_refused(name: str) -> None:
    with pytest.raises(SeedtrialError, match="nickname"):
        nickname(name)


def test_an_exported_file_runs_nothing_and_says_everything(begin: Begin, store: Store, tmp_path: Path) -> None:
    play(*begin("=HYPERLINK(1)"), 1, CANNOT_TELL)
    play(*begin(" @SUM"), 0)
    assert export.write_answers(store, tmp_path / "new" / "out.csv") == 3
    with (tmp_path / "new" / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["player"] for row in rows] == ["' @SUM", "'=HYPERLINK(1)", "'=HYPERLINK(1)"]
    assert [row["choice"] for row in rows] == ["0", "1", ""] and rows[2]["chosen_class"] == "cannot tell"
    assert rows[1]["chosen_class"] == "<script>alert(1)</script>" and rows[1]["fingerprint"] == "f" * 64
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    assert [int(row["right"]) for row in rows] == [int(right) for answers in store.answers() for right in answers.right]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\uff1d1", "  =1"])
def test_formulas_are_escaped(text: str) -> None:
    assert export.spreadsheet_safe(text) == "'" + text


def test_there_must_be_something_to_export_and_a_file_for_it(begin: Begin, store: Store, tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match="There are no answers in"):
        export.write_answers(store, tmp_path / "out.csv")
    play(*begin(), 1)
    with pytest.raises(SeedtrialError, match="it is a folder"):
        export.write_answers(store, tmp_path)


def test_the_result_counts_right_of_shown_by_class(begin: Begin, material: Material) -> None:
    sessions, playing = begin(mode="blind", images=60)
    with pytest.raises(Refused, match="shown at the end"):
        sessions.result(playing)
    result = sessions.result(sessions.finish(play(sessions, playing, *[0] * 59, CANNOT_TELL)))
    shown = np.bincount(material.labels)
    assert [row.shown for row in result.classes] == shown.tolist()
    assert result.cannot_tell == 1 and result.right in (shown[0], shown[0] - 1)
