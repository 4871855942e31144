"""Studies by name, and from a user's Python file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seedtrial.errors import SeedtrialError
from seedtrial.study.load import built_in_studies, load_study


@pytest.mark.parametrize("name", sorted(built_in_studies()))
def test_every_built_in_study_says_what_it_asks_and_loads(name: str) -> None:
    assert built_in_studies()[name].endswith(("?", "."))
    assert load_study(name).name == name


@pytest.mark.parametrize("name, near", [("quikstart", "quickstart"), ("Quickstart", "quickstart")])
def test_an_unknown_study_is_refused_with_the_nearest_name(name: str, near: str) -> None:
    with pytest.raises(SeedtrialError, match=f"There is no study '{name}'. Did you mean '{near}'?"):
        load_study(name)


def test_a_study_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SeedtrialError, match="There is no study file nowhere/mine.py."):
        load_study("nowhere/mine.py")


def test_something_that_is_neither_a_name_nor_a_python_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match="built-in name or a Python file; .* is neither"):
        load_study(str(tmp_path))


GOOD = """
from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Dense


def study():
    small = Recipe(data=DataSpec(source="digits"), model=Dense(widths=(8,)))
    wide = small.model_copy(update={"model": Dense(widths=(64,))})
    return Study(name="mine", question="Wide?", recipes={"small": small, "wide": wide}, claims=(Claim.best("wide"),))
"""
Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a study file."""

    def write(text: str) -> Path:
        path = tmp_path / "studies" / "mine.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_a_study_is_read_from_a_python_file_and_nothing_is_left_beside_it(written: Written) -> None:
    path = written(GOOD)
    study = load_study(str(path))
    assert (study.name, list(study.recipes)) == ("mine", ["small", "wide"])
    assert [file.name for file in path.parent.iterdir()] == ["mine.py"]


def test_a_study_file_may_be_changed_and_read_again(written: Written) -> None:
    load_study(str(written(GOOD)))
    assert load_study(str(written(GOOD.replace("Wide?", "Why?")))).question == "Why?"


def test_a_study_file_may_define_classes_of_its_own(written: Written) -> None:
    classes = "from dataclasses import dataclass\n\n@dataclass\nclass Sizes:\n    widths: tuple[int, ...] = (8,)\n\n"
    assert load_study(str(written("from __future__ import annotations\n" + classes + GOOD))).name == "mine"


BAD = {
    "a syntax error": ("def study(:\n    pass\n", r"is not valid Python: .* \(line 1\)\.$"),
    "bytes that are no text": ("x = '\0'\n", r"mine\.py.*null bytes"),
    "no study": ("x = 1\n", r"has no function `study` that returns a Study\.$"),
    "a study that is no function": ("study = 3\n", r"has no function `study` that returns a Study; `study` is an obj"),
    "the wrong thing": ("def study():\n    return 3\n", r"should return a Study, not int\.$"),
    "an error": (
        "def study():\n    x = 1\n    return x / 0\n",
        r"failed in line 3: ZeroDivisionError: division by zero\.$",
    ),
    "an error of two lines": ("raise ValueError('one\\ntwo')\n", r"failed in line 1: ValueError: one"),
    "an import": ("import nonsuch\n", r"failed in line 1: ModuleNotFoundError: No module named 'nonsuch'\.$"),
    "an exit": ("import sys\nsys.exit(0)\n", r"failed in line 2: SystemExit"),
    "a wrong setting": (
        GOOD.replace("widths=(8,)", "widhts=(8,)"),
        r", line 8: There is no setting 'widhts'. Did you mean 'widths'\?",
    ),
    "a wrong value": (GOOD.replace("widths=(8,)", "widths=(0,)"), r", line 8: .*widths.* greater than or equal to 1"),
    "a wrong setting in a copy": (GOOD.replace('update={"model"', 'update={"modle"'), r"line 9.*modle"),
    "a wrong value in a copy": (
        GOOD.replace("(64,))}", "(64,)).model_copy(update={'dropout': 5})}"),
        "line 9.*dropout",
    ),
    "an unknown label": (
        GOOD.replace('best("wide")', 'best("wild")'),
        r", line 10: .*There is no recipe 'wild'. Did you mean 'wide'\?",
    ),
    "a claim about itself": (
        GOOD.replace('best("wide")', 'beats("wide", "wide")'),
        r", line 10: .*'wide' cannot be compared with itself\.$",
    ),
    "no seeds": (GOOD.replace('question="Wide?"', 'question="?", seeds=0'), r", line 10: seeds should be greater"),
}


@pytest.mark.parametrize("where", ["whole path", "path from here"])
@pytest.mark.parametrize("text, match", BAD.values(), ids=BAD)
def test_what_is_wrong_in_a_study_file_is_one_sentence_that_names_file_and_line(
    written: Written, monkeypatch: pytest.MonkeyPatch, text: str, match: str, where: str
) -> None:
    path = written(text)
    monkeypatch.chdir(path.parent.parent)
    name = str(path) if where == "whole path" else "studies/mine.py"
    with pytest.raises(SeedtrialError, match=match) as caught:
        load_study(name)
    message = str(caught.value)
    assert name in message and message.count(name) == 1
    assert "\n" not in message
    assert [file.name for file in path.parent.iterdir()] == ["mine.py"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            'recipes={"a": A, "b": A}, claims=Claim.beats("a", "b")',
            r"claims should be a list; put a single",
        ),
        ("recipes=[A]", r"recipes should be a dict of names and values, not a list\.$"),
        ('recipes={"a": Recipe(model=Dense)}', r"model should be an object, such as Dense\(\), not the class Dense\.$"),
    ],
)
def test_usual_slips_in_a_study_have_their_sentence(tmp_path: Path, settings: str, words: str) -> None:
    (tmp_path / "mine.py").write_text(
        "from seedtrial import Claim, Recipe, Study\n"
        "from seedtrial.models import Dense\nA = Recipe(model=Dense())\n"
        f"def study():\n    return Study(name='mine', question='?', {settings})\n",
        encoding="utf-8",
    )
    with pytest.raises(SeedtrialError, match=words):
        load_study(str(tmp_path / "mine.py"))


def test_a_study_that_is_no_function_says_how_to_write_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("study = 3\n", encoding="utf-8")
    with pytest.raises(SeedtrialError, match=r"no function `study` .*; `study` is an object: write def"):
        load_study(str(tmp_path / "mine.py"))
