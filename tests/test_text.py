"""Text is UTF-8 in every locale: each call that opens a file as text says so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for name in ("src", "benchmarks", "docs") for path in (ROOT / name).rglob("*.py"))


def silent(path: Path) -> Iterator[int]:
    """The lines of calls that leave the encoding to the locale."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        plain_open = isinstance(node.func, ast.Name) and name == "open"
        if name not in ("read_text", "write_text") and not plain_open:
            continue
        modes = [a.value for a in node.args[plain_open : 1 + plain_open] if isinstance(a, ast.Constant)]
        binary = any(isinstance(mode, str) and "b" in mode for mode in modes)
        if not binary and not any(keyword.arg == "encoding" for keyword in node.keywords):
            yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_text_file_is_opened_as_utf_8(path: Path) -> None:
    assert list(silent(path)) == []


def test_a_call_that_leaves_it_to_the_locale_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("Path('a').read_text()\nopen('a')\nopen('a', 'rb')\nPath('a').write_text('b', encoding='utf-8')\n")
    assert list(silent(file)) == [1, 2]
