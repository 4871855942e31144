"""Players, sessions and answers in one file, `play.sqlite` beside the runs; what was answered is on the disk.

Of a player nothing is kept but the nickname. Times are seconds since 1970.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.errors import SeedtrialError, unknown
from seedtrial.human.answers import Answers, Mode
from seedtrial.human.schema import connect

NAME = "play.sqlite"


@dataclass(frozen=True)
class Data:
    """What identifies the images that are labelled.

    images: how many the test part has
    """

    fingerprint: str
    name: str
    classes: tuple[str, ...]
    images: int


@dataclass(frozen=True)
class Row:
    """A session as it is stored.

    plan:    (n,) rows of the test part, first to last; the first of them are those that were answered
    choices: the answers so far
    last:    when the last answer came, or the session was last opened
    open:    no other session of the player was opened since; only this one takes answers
    """

    id: int
    mode: Mode
    plan: tuple[int, ...]
    choices: tuple[int, ...]
    last: float
    open: bool
    finished: bool


@dataclass(frozen=True)
class Answer:
    """An answer to be stored: the image is a row of the test part, the label its right class."""

    position: int
    image: int
    label: int
    choice: int
    seconds: float
    at: float


class Store:
    """The file. Threads and processes may use it at the same time; nothing is made before something is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._open: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let the file go; using the store again opens it again."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    # -- players

    def id(self) -> str:
        """16 letters that no other file has."""
        with self._writing() as connection:
            return str(connection.execute("SELECT id FROM store").fetchone()[0])

    def add_player(self, nickname: str) -> int | None:
        """The number of a new player; None when the nickname is taken."""
        with self._writing() as connection:
            made = connection.execute("INSERT OR IGNORE INTO players (nickname) VALUES (?)", (nickname,))
            return made.lastrowid if made.rowcount else None

    def player(self, nickname: str) -> int | None:
        """The number of a player, None when there is none of that nickname."""
        found = self._all("SELECT id FROM players WHERE nickname = ?", nickname)
        return found[0][0] if found else None

    def known(self, player: int) -> tuple[str, bytes | None] | None:
        """Nickname and secret of a player, None when there is none of that number (any more)."""
        found = self._all("SELECT nickname, secret FROM players WHERE id = ?", player)
        return (found[0][0], found[0][1]) if found else None

    def set_secret(self, player: int, secret: bytes) -> None:
        """The SHA-256 of the token that from now on speaks for the player."""
        with self._writing() as connection:
            connection.execute("UPDATE players SET secret = ? WHERE id = ?", (secret, player))

    def forget(self, nickname: str) -> int:
        """Remove a player with all answers, and return how many those were. Raises SeedtrialError for nobody."""
        player = self.player(nickname)
        if player is None:
            raise unknown("player", nickname, [row[0] for row in self._all("SELECT nickname FROM players")])
        count = "SELECT count(*) FROM answers WHERE session IN (SELECT id FROM sessions WHERE player = ?)"
        with self._writing() as connection:
            answers = int(connection.execute(count, (player,)).fetchone()[0])
            connection.execute("DELETE FROM players WHERE id = ?", (player,))
        return answers

    # -- sessions

    def open_session(
        self,
        player: int,
        data: Data,
        mode: Mode,
        seed: int,
        planned: Callable[[Row | None, frozenset[int]], list[int]],
        *,
        now: float,
    ) -> int:
        """Begin a session or go on with it, and return its number; the player's other sessions take no answers then.

        planned: the session's plan, given what is stored of it and the rows that the player answered in others; it may
                 refuse by an exception, and nothing has changed then
        """
        others = (
            "SELECT image FROM answers WHERE session IN "
            "(SELECT id FROM sessions WHERE player = ? AND dataset = ? AND id <> ?)"
        )
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO datasets VALUES (?, ?, ?, ?)",
                (data.fingerprint, data.name, json.dumps(data.classes), data.images),
            )
            key = (player, data.fingerprint, mode, seed)
            find = "SELECT id FROM sessions WHERE player = ? AND dataset = ? AND mode = ? AND seed = ?"
            found = connection.execute(find, key).fetchone()
            before = self._row(connection, player, found[0]) if found else None
            seen = connection.execute(others, (player, data.fingerprint, found[0] if found else 0)).fetchall()
            rows = planned(before, frozenset(row[0] for row in seen))
            finished = before is not None and before.finished and len(rows) <= len(before.choices)
            if found is None:
                add = "INSERT INTO sessions (player, dataset, mode, seed, plan, opened) VALUES (?, ?, ?, ?, ?, ?)"
                number = connection.execute(add, (*key, json.dumps(rows), now)).lastrowid
            else:
                number = int(found[0])
                change = "UPDATE sessions SET plan = ?, opened = ?, finished = ? WHERE id = ?"
                connection.execute(change, (json.dumps(rows), now, finished, number))
            connection.execute("UPDATE players SET playing = ? WHERE id = ?", (number, player))
        assert number is not None
        return number

    def session(self, player: int, session: int) -> Row | None:
        """A session of a player, None when this player has none of that number."""
        with self._reading() as connection:
            return None if connection is None else self._row(connection, player, session)

    def add(self, session: int, answer: Answer, *, finished: bool) -> bool:
        """Commit an answer; False, and nothing is changed, when its position or image has one or is not the next."""
        statement = (
            "INSERT INTO answers SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE "
            "(SELECT count(*) FROM answers WHERE session = ?1) = ?2 - 1 "
            "AND NOT EXISTS (SELECT 1 FROM answers WHERE session = ?1 AND image = ?3) "
            "AND EXISTS (SELECT 1 FROM players JOIN sessions ON playing = sessions.id "
            "            WHERE sessions.id = ?1 AND NOT finished)"
        )
        values = (session, answer.position, answer.image, answer.label, answer.choice, answer.seconds, answer.at)
        with self._writing() as connection:
            added = connection.execute(statement, values).rowcount == 1
            if added and finished:
                connection.execute("UPDATE sessions SET finished = 1 WHERE id = ?", (session,))
        return added

    def remove_last(self, session: int, position: int) -> bool:
        """Take the answer at `position` back; False when it is not the last of an unfinished session."""
        statement = (
            "DELETE FROM answers WHERE session = ?1 AND position = ?2 "
            "AND (SELECT count(*) FROM answers WHERE session = ?1) = ?2 "
            "AND EXISTS (SELECT 1 FROM players JOIN sessions ON playing = sessions.id "
            "            WHERE sessions.id = ?1 AND NOT finished)"
        )
        with self._writing() as connection:
            return connection.execute(statement, (session, position)).rowcount == 1

    def finish(self, session: int) -> None:
        """Nothing can be answered or taken back any more."""
        with self._writing() as connection:
            connection.execute("UPDATE sessions SET finished = 1 WHERE id = ?", (session,))

    # -- what comes out

    def datasets(self) -> list[Data]:
        """The data sets that have been labelled."""
        rows = self._all("SELECT fingerprint, name, classes, images FROM datasets ORDER BY name, fingerprint")
        return [Data(row[0], row[1], tuple(json.loads(row[2])), row[3]) for row in rows]

    def answers(self, dataset: str | None = None) -> list[Answers]:
        """What everybody answered: one Answers per session that has any, by nickname, then in the order of beginning.

        dataset: the fingerprint of the only data set wanted; without it those of all come, each of one data set
        """
        chosen = "WHERE dataset = ?" if dataset is not None else ""
        sessions = self._all(
            f"SELECT sessions.id, nickname, mode FROM sessions JOIN players ON players.id = player {chosen} "
            "ORDER BY nickname, sessions.id",
            *([] if dataset is None else [dataset]),
        )
        listed = "SELECT image, label, choice, seconds FROM answers WHERE session = ? ORDER BY position"
        found = []
        for session, nickname, mode in sessions:
            rows = self._all(listed, session)
            if rows:
                images, labels, choices = (np.array([row[i] for row in rows], np.int64) for i in range(3))
                seconds = np.array([row[3] for row in rows], np.float64)
                found.append(Answers(nickname, images, labels, choices, seconds, mode))
        return found

    def listing(self) -> list[tuple[str, str, str, int, int, int, int, int, float, float]]:
        """All answers: nickname, fingerprint, mode, seed, position, image, label, choice, seconds, at."""
        return self._all(
            "SELECT nickname, dataset, mode, seed, position, image, label, choice, seconds, at FROM answers "
            "JOIN sessions ON sessions.id = session JOIN players ON players.id = player "
            "ORDER BY nickname, sessions.id, position"
        )

    # -- the connection

    @staticmethod
    def _row(connection: sqlite3.Connection, player: int, session: int) -> Row | None:
        query = (
            "SELECT mode, plan, opened, finished, playing = sessions.id FROM sessions "
            "JOIN players ON players.id = player WHERE sessions.id = ? AND player = ?"
        )
        found = connection.execute(query, (session, player)).fetchone()
        if found is None:
            return None
        listed = "SELECT choice FROM answers WHERE session = ? ORDER BY position"
        choices = tuple(row[0] for row in connection.execute(listed, (session,)).fetchall())
        latest = "SELECT at FROM answers WHERE session = ? AND position = ?"
        answered = connection.execute(latest, (session, len(choices))).fetchone()
        return Row(
            id=session,
            mode=found[0],
            plan=tuple(json.loads(found[1])),
            choices=choices,
            last=max(found[2], answered[0]) if answered else found[2],
            open=bool(found[4]),
            finished=bool(found[3]),
        )

    def _all(self, query: str, *values: object) -> list[Any]:
        with self._reading() as connection:
            return [] if connection is None else connection.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The connection; None where there is no file, so that looking makes none."""
        with self._lock:
            if self._open is None and not self.path.exists():
                yield None
                return
            try:
                yield self._connection()
            except sqlite3.Error as error:
                raise SeedtrialError(f"Cannot read {self.path}: {error}.") from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on the disk afterwards, or none of it."""
        with self._lock:
            connection = self._connection()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise SeedtrialError(f"Cannot write {self.path}: {error}; earlier answers are kept.") from None
                raise

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = connect(self.path)
        return self._open
