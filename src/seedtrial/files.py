"""Files that are whole or absent: atomic writes, JSON lines, checksums. Text is UTF-8 everywhere."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import platformdirs

from seedtrial.errors import SeedtrialError

RANDOM, HOUR = 8, 3600  # letters that tempfile adds to a name; seconds in which a file is surely written
TORN = "\0"  # marks the end of a line that was cut short; JSON never contains it


def write_atomic(path: Path, content: bytes | bytearray | str) -> None:
    """Write a file so that readers see all of it or none of it, even after a power cut.

    content: bytes, or text that is written as UTF-8

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(Path(folder, "a.txt"), "whole")
    ...     Path(folder, "a.txt").read_text(encoding="utf-8")
    'whole'
    """
    raw = content.encode("utf-8") if isinstance(content, str) else content
    if path.exists() and not path.is_file() and not path.is_dir():  # a device or a pipe, which a rename would replace
        path.write_bytes(raw)
        return
    # A temporary file in the same folder: a rename is atomic only within one file system.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name points to them
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):  # which names the temporary file, or none
            reason = f"{error.strerror or error} ({len(raw):,} bytes were to be written)"
            raise OSError(error.errno, reason, str(path)) from None
        raise


def remove_leftovers(path: Path) -> None:
    """Remove what processes that were killed left beside a file that they were writing, an hour or more ago.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, ".a.txt.x1y2z3w4").touch()
    ...     os.utime(Path(folder, ".a.txt.x1y2z3w4"), (0, 0))
    ...     remove_leftovers(Path(folder, "a.txt"))
    ...     os.listdir(folder)
    []
    """
    beginning = f".{path.name}."
    with contextlib.suppress(OSError):  # nothing that is written depends on it
        for entry in os.scandir(path.parent):
            random_part = entry.name.removeprefix(beginning)
            if entry.name.startswith(beginning) and len(random_part) == RANDOM and "." not in random_part:
                if time.time() - entry.stat(follow_symlinks=False).st_mtime > HOUR:
                    shutil.rmtree(entry) if entry.is_dir(follow_symlinks=False) else os.unlink(entry)


def check_output(out: Path, option: str, *kinds: str) -> Path:
    """Make the folder of a file that the user names, before the work begins, and return the file's path.

    option: that names it, for the message
    kinds:  endings that fit, such as ".html"; "" for a name without any

    Raises SeedtrialError for a folder, for another ending (whose file would be lost), and where nothing can be written.

    >>> try:
    ...     check_output(Path("study.py"), "--page", ".html", ".htm")
    ... except SeedtrialError as error:
    ...     print(error)
    --page takes a file that ends in .html or .htm, not study.py.
    """
    if out.is_dir():
        raise SeedtrialError(f"Cannot write {out}: it is a folder; {option} takes a file.")
    if out.suffix.lower() not in kinds:
        known = " or ".join(kind for kind in kinds if kind)
        raise SeedtrialError(f"{option} takes a file that ends in {known}, not {out.name}.")
    make_folder(out.parent)
    remove_leftovers(out)
    return out


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(Path(folder, "a.json"), {"epochs": 3})
    ...     read_json(Path(folder, "a.json"))
    {'epochs': 3}
    """
    write_atomic(path, as_json(value))


def as_json(value: Any) -> str:
    """A value as indented JSON, as `write_json` writes it.

    >>> print(as_json({"epochs": 3}), end="")
    {
     "epochs": 3
    }
    """
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_json_line(value: Any) -> str:
    """A value as one line of JSON, as `append_json_line` writes it.

    >>> as_json_line({"epoch": 1}).strip()
    '{"epoch":1}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def append_json_line(path: Path, value: Any, *, durable: bool = True) -> None:
    """Append one line of JSON; lines of several processes do not mix, because each is a single write.

    durable: whether the line is on the disk when this returns, which takes up to 40 ms on some disks

    A line that a power cut left unfinished is marked first, so that `read_json_lines` leaves it out.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for epoch in (1, 2):
    ...         append_json_line(Path(folder, "a.jsonl"), {"epoch": epoch})
    ...     read_json_lines(Path(folder, "a.jsonl"))
    [{'epoch': 1}, {'epoch': 2}]
    """
    line = as_json_line(value)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        end = os.lseek(handle, 0, os.SEEK_END)
        if end and os.lseek(handle, end - 1, os.SEEK_SET) >= 0 and os.read(handle, 1) != b"\n":
            line = TORN + "\n" + line  # ends the half line of an earlier power cut with the mark
        os.write(handle, line.encode("utf-8"))
        if durable:
            os.fsync(handle)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.close(handle)


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises SeedtrialError when it cannot be read or is not JSON.

    >>> read_json(Path("no/such/file.json"))
    Traceback (most recent call last):
        ...
    seedtrial.errors.SeedtrialError: Cannot read no/such/file.json: No such file or directory.
    """
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise SeedtrialError(f"{path} is not valid JSON ({error}).") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None


def read_json_lines(path: Path) -> list[Any]:
    """The values in a file of JSON lines, [] when there is no such file.

    Lines cut short by a kill or a power cut are left out. Raises SeedtrialError when another line is not JSON.

    >>> read_json_lines(Path("no/such/file.jsonl"))
    []
    """
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1] if line and not line.endswith(TORN)]
    except ValueError as error:
        raise SeedtrialError(f"{path} is damaged: one of its lines is not JSON ({error}).") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None


def cache_folder(name: str) -> Path:
    """Where files that were fetched are kept: a folder in $SEEDTRIAL_CACHE or in the user's cache folder.

    >>> cache_folder("fashion-mnist").name
    'fashion-mnist'
    """
    base = os.environ.get("SEEDTRIAL_CACHE")
    return (Path(base).expanduser() if base else platformdirs.user_cache_path("seedtrial")) / name


def flush(path: Path) -> None:
    """Return when the bytes of a file are on the disk.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "metrics.json")
    ...     _ = path.write_text("{}")
    ...     flush(path)
    """
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(Path(folder, "a"), "abc")
    ...     sha256(Path(folder, "a"))[:16]
    'ba7816bf8f01cfea'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_folder(path: Path) -> Path:
    """Make a folder and its parents where they are missing, and return it.

    Raises SeedtrialError when nothing can be written there.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_folder(Path(folder, "runs", "conv")).is_dir()
    True
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise SeedtrialError(
            f"Cannot write to {path}: {error.strerror or error}; choose another folder (--runs or --out)."
        ) from None
    return path


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
