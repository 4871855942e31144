"""Stores players, sessions and answers in one SQLite file, `play.sqlite` in the runs folder.

Every answer is on the disk when its method returns. The only personal data is the nickname. Times are seconds since
1970.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.errors import SeedtrialError, unknown
from seedtrial.human.answers import Answers, Mode
from seedtrial.human.records import LabelledData, StoredAnswer, StoredSession
from seedtrial.human.schema import connect

NAME = "play.sqlite"


class Store:
    """The file of players, sessions and answers. Threads and processes may use it at the same time.

    Reading never creates the file; the first write does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder) / NAME)
    ...     print(store.answers(), store.player("Ada"), store.path.exists())
    ...     print(store.add_player("Ada"), store.add_player("Ada"), store.player("Ada"))
    ...     store.close()
    [] None False
    1 None 1
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._open: sqlite3.Connection | None = None

    def close(self) -> None:
        """Closes the file; the next use of the store opens it again."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def id(self) -> str:
        """16 hexadecimal digits that identify this file."""
        with self._writing() as connection:
            return str(connection.execute("SELECT id FROM store").fetchone()[0])

    def add_player(self, nickname: str) -> int | None:
        """Adds a player and returns the player's number; None if the nickname is taken."""
        with self._writing() as connection:
            inserted = connection.execute("INSERT OR IGNORE INTO players (nickname) VALUES (?)", (nickname,))
            return inserted.lastrowid if inserted.rowcount else None

    def player(self, nickname: str) -> int | None:
        """The number of the player with this nickname, or None."""
        rows = self._all("SELECT id FROM players WHERE nickname = ?", nickname)
        return rows[0][0] if rows else None

    def known(self, player: int) -> tuple[str, bytes | None] | None:
        """Nickname and secret of the player with this number, or None."""
        rows = self._all("SELECT nickname, secret FROM players WHERE id = ?", player)
        return (rows[0][0], rows[0][1]) if rows else None

    def set_secret(self, player: int, secret: bytes) -> None:
        """Replaces the SHA-256 of the token that identifies the player's browser."""
        with self._writing() as connection:
            connection.execute("UPDATE players SET secret = ? WHERE id = ?", (secret, player))

    def forget(self, nickname: str) -> int:
        """Removes a player with all answers and returns their number. Raises SeedtrialError for an unknown player."""
        player = self.player(nickname)
        if player is None:
            raise unknown("player", nickname, [row[0] for row in self._all("SELECT nickname FROM players")])
        count = "SELECT count(*) FROM answers WHERE session IN (SELECT id FROM sessions WHERE player = ?)"
        with self._writing() as connection:
            answers = int(connection.execute(count, (player,)).fetchone()[0])
            connection.execute("DELETE FROM players WHERE id = ?", (player,))
        return answers

    def open_session(
        self,
        player: int,
        data: LabelledData,
        mode: Mode,
        seed: int,
        choose_rows: Callable[[StoredSession | None, frozenset[int]], list[int]],
        *,
        now: float,
    ) -> int:
        """Starts or continues a session and returns its number; the player's other sessions accept no answers then.

        choose_rows: returns the rows of the session, given the stored session (or None) and the rows that the player
                     answered in other sessions. If it raises an exception, nothing is stored
        """
        others = (
            "SELECT image FROM answers WHERE session IN "
            "(SELECT id FROM sessions WHERE player = ? AND dataset = ? AND id <> ?)"
        )
        # The rows are chosen inside the transaction: two tabs of a player that open at once must not be shown the same
        # images in two sessions.
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO datasets VALUES (?, ?, ?, ?)",
                (data.fingerprint, data.name, json.dumps(data.classes), data.images),
            )
            key = (player, data.fingerprint, mode, seed)
            find = "SELECT id FROM sessions WHERE player = ? AND dataset = ? AND mode = ? AND seed = ?"
            existing = connection.execute(find, key).fetchone()
            before = self._stored(connection, player, existing[0]) if existing else None
            seen = connection.execute(others, (player, data.fingerprint, existing[0] if existing else 0)).fetchall()
            rows = choose_rows(before, frozenset(row[0] for row in seen))
            finished = before is not None and before.finished and len(rows) <= len(before.choices)
            if existing is None:
                add = "INSERT INTO sessions (player, dataset, mode, seed, plan, opened) VALUES (?, ?, ?, ?, ?, ?)"
                number = connection.execute(add, (*key, json.dumps(rows), now)).lastrowid
            else:
                number = int(existing[0])
                change = "UPDATE sessions SET plan = ?, opened = ?, finished = ? WHERE id = ?"
                connection.execute(change, (json.dumps(rows), now, finished, number))
            connection.execute("UPDATE players SET playing = ? WHERE id = ?", (number, player))
        assert number is not None
        return number

    def session(self, player: int, session: int) -> StoredSession | None:
        """The session with this number, or None if it is not this player's."""
        with self._reading() as connection:
            return None if connection is None else self._stored(connection, player, session)

    def add(self, session: int, answer: StoredAnswer, *, finished: bool) -> bool:
        """Commits an answer. Returns False and stores nothing when it is not the answer to the session's next image.

        finished: whether this answer ends the session
        """
        # The conditions and the INSERT are one statement, so that SQLite checks and writes under one lock. A SELECT
        # followed by an INSERT would let two tabs, threads or processes both pass the check and store two answers. The
        # conditions: the answer is the next one, its image has none, and the session is the player's latest and open.
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
        """Takes the answer at `position` back. Returns False when it is not the last of an unfinished session."""
        # One statement for the same reason as in `add`.
        statement = (
            "DELETE FROM answers WHERE session = ?1 AND position = ?2 "
            "AND (SELECT count(*) FROM answers WHERE session = ?1) = ?2 "
            "AND EXISTS (SELECT 1 FROM players JOIN sessions ON playing = sessions.id "
            "            WHERE sessions.id = ?1 AND NOT finished)"
        )
        with self._writing() as connection:
            return connection.execute(statement, (session, position)).rowcount == 1

    def finish(self, session: int) -> None:
        """Ends a session; no answer can be added or taken back after that."""
        with self._writing() as connection:
            connection.execute("UPDATE sessions SET finished = 1 WHERE id = ?", (session,))

    def datasets(self) -> list[LabelledData]:
        """The data sets that people have labelled."""
        rows = self._all("SELECT fingerprint, name, classes, images FROM datasets ORDER BY name, fingerprint")
        return [LabelledData(row[0], row[1], tuple(json.loads(row[2])), row[3]) for row in rows]

    def answers(self, dataset: str | None = None) -> list[Answers]:
        """The answers of each session that has any, sorted by nickname, then by the start of the session.

        dataset: fingerprint of a data set; None for all of them
        """
        chosen = "WHERE dataset = ?" if dataset is not None else ""
        sessions = self._all(
            f"SELECT sessions.id, nickname, mode FROM sessions JOIN players ON players.id = player {chosen} "
            "ORDER BY nickname, sessions.id",
            *([] if dataset is None else [dataset]),
        )
        listed = "SELECT image, label, choice, seconds FROM answers WHERE session = ? ORDER BY position"
        answers = []
        for session, nickname, mode in sessions:
            rows = self._all(listed, session)
            if rows:
                images, labels, choices = (np.array([row[i] for row in rows], np.int64) for i in range(3))
                seconds = np.array([row[3] for row in rows], np.float64)
                answers.append(Answers(nickname, images, labels, choices, seconds, mode))
        return answers

    def listing(self) -> list[tuple[str, str, str, int, int, int, int, int, float, float]]:
        """All answers as rows of nickname, fingerprint, mode, seed, position, image, label, choice, seconds, at."""
        return self._all(
            "SELECT nickname, dataset, mode, seed, position, image, label, choice, seconds, at FROM answers "
            "JOIN sessions ON sessions.id = session JOIN players ON players.id = player "
            "ORDER BY nickname, sessions.id, position"
        )

    @staticmethod
    def _stored(connection: sqlite3.Connection, player: int, session: int) -> StoredSession | None:
        query = (
            "SELECT mode, plan, opened, finished, playing = sessions.id FROM sessions "
            "JOIN players ON players.id = player WHERE sessions.id = ? AND player = ?"
        )
        row = connection.execute(query, (session, player)).fetchone()
        if row is None:
            return None
        listed = "SELECT choice FROM answers WHERE session = ? ORDER BY position"
        choices = tuple(answer[0] for answer in connection.execute(listed, (session,)).fetchall())
        latest = "SELECT at FROM answers WHERE session = ? AND position = ?"
        answered = connection.execute(latest, (session, len(choices))).fetchone()
        return StoredSession(
            id=session,
            mode=row[0],
            plan=tuple(json.loads(row[1])),
            choices=choices,
            last=max(row[2], answered[0]) if answered else row[2],
            open=bool(row[4]),
            finished=bool(row[3]),
        )

    def _all(self, query: str, *values: object) -> list[Any]:
        with self._reading() as connection:
            return [] if connection is None else connection.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The connection; None if there is no file, so that reading creates none."""
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
        """A transaction: afterwards all of it is on the disk, or none of it."""
        # The lock orders the threads of this process, which share one connection. BEGIN IMMEDIATE orders the processes:
        # it takes the write lock at once, so that no transaction fails half way because another one wrote in between.
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
                    raise SeedtrialError(f"Cannot write {self.path}: {error}; earlier answers are saved.") from None
                raise

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = connect(self.path)
        return self._open
