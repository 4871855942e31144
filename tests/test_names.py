"""One name, one thing: a public function or class has a name that no other module gives to something else."""

import ast
from collections import defaultdict
from pathlib import Path

import seedtrial

ROOT = Path(seedtrial.__file__).parent
SAME_EVERYWHERE = {
    "read": "data/readers/",  # what every reader of data answers
    "study": "studies/",  # what every built-in study answers
    "observations": "studies/",  # what a published report says of itself
    "recipe": "studies/",  # a study's recipe from its settings
}
MOST_LINES = 300


def public(path: Path) -> list[str]:
    """The functions and classes of a module that others may import."""
    body = ast.parse(path.read_bytes()).body
    named = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return [name for name in named if not name.startswith("_")]


def test_a_public_name_stands_for_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        module = path.relative_to(ROOT).as_posix()
        if not module.startswith("cli/"):  # a verb is called as the function that does its work
            for name in public(path):
                if not module.startswith(SAME_EVERYWHERE.get(name, "nowhere")):
                    places[name].append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_no_module_is_longer_than_a_reader_can_keep_in_mind() -> None:
    root = Path(__file__).parent.parent
    modules = [path for folder in ("src", "tests", "benchmarks", "docs") for path in (root / folder).rglob("*.py")]
    lines = {str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
