"""The SQLite file of the game: its tables, and how it is opened.

A committed answer survives a kill and a power cut, because the file has a rollback journal and every commit waits for
the disk.
"""

import sqlite3
from pathlib import Path

from seedtrial.errors import SeedtrialError
from seedtrial.files import make_folder

VERSION = 1
APPLICATION = 0x6C6F6F6B  # identifies our files; "look" in ASCII
BUSY_TIMEOUT = 30  # seconds to wait while another process writes

TABLES = """
CREATE TABLE store (id TEXT NOT NULL);
CREATE TABLE players (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the number of a forgotten player is not used again
  nickname TEXT NOT NULL UNIQUE,
  secret BLOB,                           -- SHA-256 of the browser's token; NULL: has not played in a browser
  playing INTEGER REFERENCES sessions(id) ON DELETE SET NULL  -- the only session that accepts answers
);
CREATE TABLE datasets (
  fingerprint TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  classes TEXT NOT NULL,                 -- JSON list
  images INTEGER NOT NULL                -- in the test part
);
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  player INTEGER NOT NULL REFERENCES players(id) ON DELETE CASCADE,
  dataset TEXT NOT NULL REFERENCES datasets(fingerprint),
  mode TEXT NOT NULL CHECK (mode IN ('learn', 'blind')),
  seed INTEGER NOT NULL,
  plan TEXT NOT NULL,                    -- JSON list: rows of the test part
  opened REAL NOT NULL,                  -- seconds since 1970, when it was last started or continued
  finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1)),
  UNIQUE (player, dataset, mode, seed)
);
CREATE TABLE answers (
  session INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position > 0),
  image INTEGER NOT NULL CHECK (image >= 0),
  label INTEGER NOT NULL CHECK (label >= 0),
  choice INTEGER NOT NULL CHECK (choice >= -1),  -- -1: cannot tell
  seconds REAL NOT NULL CHECK (seconds >= 0),
  at REAL NOT NULL,                      -- seconds since 1970
  PRIMARY KEY (session, position),
  UNIQUE (session, image)
) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the file, and creates it if there is none. Threads may share the connection under a lock.

    Raises SeedtrialError when the file cannot be opened, belongs to another program, or has a newer format.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     connection = connect(Path(folder) / "play.sqlite")
    ...     print(connection.execute("SELECT count(*) FROM players").fetchone()[0])
    ...     connection.close()
    0
    """
    make_folder(path.parent)
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise SeedtrialError(f"Cannot open {path}: {error}.") from None
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise SeedtrialError(f"Cannot use {path}: {error}.") from None
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # Without this, the answers of a forgotten player would stay readable in the file's free pages.
    connection.execute("PRAGMA secure_delete = ON")
    _refuse_foreign_file(connection, path)
    # Not WAL, which does not work on network file systems.
    connection.execute("PRAGMA journal_mode = DELETE")
    # Two processes may both see an empty file. The lock comes first, so that only one of them creates the tables.
    connection.execute("BEGIN IMMEDIATE")
    if not _number(connection, "user_version"):
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO store VALUES (lower(hex(randomblob(8))))")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _refuse_foreign_file(connection: sqlite3.Connection, path: Path) -> None:
    version = _number(connection, "user_version")
    ours = _number(connection, "application_id") == APPLICATION
    if not ours and (version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]):
        raise SeedtrialError(f"{path} is not a seedtrial file; move it away, or name another folder with --runs.")
    if version > VERSION:
        raise SeedtrialError(
            f"{path} has format {version}, but this seedtrial reads formats up to {VERSION}; install a newer seedtrial."
        )


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
