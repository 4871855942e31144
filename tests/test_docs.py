"""The README tells the truth: its files exist, its commands parse, its tables are what the files say."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Shell

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("notes/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_resolves(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_file_tree_is_the_files() -> None:
    tree = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    listed, folders = set(), []
    for line in tree.splitlines():
        match = re.match(r"    ( *)(\S+)", line)
        if not match:
            continue
        depth, name = len(match[1]) // 2, match[2]
        folders = [*folders[:depth], name]
        listed.add("/".join(part.rstrip("/") for part in folders))
    for path in listed:
        assert (ROOT / path).exists(), path
    package = ROOT / "src" / "seedtrial"
    modules = {str(path.relative_to(ROOT)) for path in package.rglob("*.py") if path.name != "__init__.py"}
    inside_listed_whole = {path for path in modules if path.startswith("src/seedtrial/studies/")}
    assert modules - inside_listed_whole <= listed


def test_the_commands_of_the_readme_parse(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(capsys, monkeypatch)
    commands = re.findall(r"(?<=^    )seedtrial [^#&\n]+", README, flags=re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        verb, *options = shlex.split(command)[1:]
        known = shell(verb, "--help").out
        assert all(option in known for option in options if option.startswith("--")), command


def test_the_tables_of_the_documents_are_what_the_files_say() -> None:
    script = ROOT / "benchmarks" / "tables.py"
    told = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
