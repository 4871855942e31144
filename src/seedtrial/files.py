"""Files that are whole or absent: atomic writes, JSON lines, checksums."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from seedtrial.errors import SeedtrialError

TORN = "\0"  # ends a line that was cut short; JSON never contains it


def write_atomic(path: Path, content: bytes | bytearray | str) -> None:
    """Write a file so that readers see all of it or none, even after a power cut."""
    raw = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically."""
    write_atomic(path, as_json(value))


def as_json(value: Any) -> str:
    """A value as indented JSON, as `write_json` writes it."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_json_line(value: Any) -> str:
    """A value as one line of JSON, as `append_json_line` writes it.

    >>> as_json_line({"epoch": 1}).strip()
    '{"epoch":1}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def append_json_line(path: Path, value: Any) -> None:
    """Append one line of JSON; lines of several processes do not mix, because each is a single write."""
    line = as_json_line(value)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        end = os.lseek(handle, 0, os.SEEK_END)
        if end and os.lseek(handle, end - 1, os.SEEK_SET) >= 0 and os.read(handle, 1) != b"\n":
            line = TORN + "\n" + line  # a power cut left half a line; marked, it is passed over by readers
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises SeedtrialError when it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise SeedtrialError(f"{path} is not valid JSON ({error}).") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None


def read_json_lines(path: Path) -> list[Any]:
    """Read a file of JSON lines, [] when there is none; lines cut short by a kill or a power cut are left out."""
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1] if line and not line.endswith(TORN)]
    except ValueError as error:
        raise SeedtrialError(f"{path} is damaged: one of its lines is not JSON ({error}).") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_folder(path: Path) -> Path:
    """Make a folder and those above it, and return it. Raises SeedtrialError when nothing can be written there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise SeedtrialError(f"Cannot write to {path}: {error.strerror or error}.") from None
    return path


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
