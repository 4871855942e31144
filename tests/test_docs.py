"""The documents are right: their links resolve, their commands and code run, their tables are what the files say."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from command_line import Shell
from seedtrial import Study
from seedtrial.choosing.choose import Choice

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


def commands(text: str) -> list[str]:
    """Every seedtrial command of a page's shell blocks, indented or fenced, without its comment."""
    fenced = "\n".join(re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    indented = "\n".join(re.findall(r"^    (.*)", text, flags=re.MULTILINE))
    lines = [line.removeprefix("$ ").partition(" #")[0] for line in [*fenced.splitlines(), *indented.splitlines()]]
    parts = [part.strip() for line in lines for part in re.split(r"&&|[|>]", line)]
    return [part for part in parts if part.startswith("seedtrial ") and "..." not in part]


COMMANDS = [(page, command) for page in PAGES for command in commands(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=[command for _, command in COMMANDS])
def test_a_command_in_a_document_has_known_options(
    page: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb, *words = shlex.split(command)[1:]
    help_text = Shell(capsys, monkeypatch)(*([verb, "--help"] if not verb.startswith("-") else ["--help"])).out
    options = [word for word in [verb, *words] if word.startswith("--")]
    assert all(option in help_text for option in options), f"{page.name}: {command}"


def test_the_readme_fits_on_two_screens_and_shows_commands() -> None:
    assert len(README.splitlines()) <= 150
    assert len(commands(README)) >= 5


def test_no_table_cell_of_the_design_is_long() -> None:
    rows = [line for line in (ROOT / "docs" / "design.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    assert not [cell for row in rows for cell in row.split("|") if len(cell.strip()) > 200]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), flags=re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_heading_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]*#[^)\s]*)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        if "://" not in target:
            file = page.parent / name if name else page
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


def python_blocks() -> list[tuple[str, str]]:
    """Every Python block of the documents, with its page; the log of experiments has none to run."""
    return [
        (page.name, block)
        for page in PAGES
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    ]


@pytest.mark.parametrize(("page", "block"), python_blocks())
def test_a_python_block_of_a_document_runs(
    page: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(block, page, "exec", dont_inherit=True), names)
    study = names.get("study")
    if callable(study):
        assert isinstance(study(), Study)


def test_pictures_of_the_documents_are_small() -> None:
    assert all(path.stat().st_size <= 150_000 for path in (ROOT / "docs" / "images").rglob("*.*"))


def test_at_most_one_drawn_page_is_in_the_repository() -> None:
    pages = list((ROOT / "docs").rglob("*.html"))
    assert len(pages) <= 1 and all(page.stat().st_size <= 700_000 for page in pages)


def test_the_tables_of_the_documents_are_what_the_files_say() -> None:
    script = ROOT / "benchmarks" / "tables.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_the_page_for_python_asks_of_a_choice_is_there() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    names = set(re.findall(r"\bchoice\.(\w+)", page))
    assert names and names <= {*dir(Choice), *(field.name for field in fields(Choice))}
