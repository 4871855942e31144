"""All pages come from one environment that escapes."""

from pathlib import Path

import jinja2
import pytest

import seedtrial
from seedtrial.report.html import render

ROOT = Path(seedtrial.__file__).parent


def test_only_one_module_knows_the_template_engine() -> None:
    users = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if "jinja2" in path.read_text("utf-8")]
    assert users == ["report/html.py"]


def test_values_are_escaped() -> None:
    row = {"file": "<b>.png", "answer": "&", "likely": "'", "picture": "", "best": []}
    page = render("serving/templates/answers.html", {"rows": [row], "total": 1, "more": 0, "version": "1"})
    assert "<b>" not in page and "&lt;b&gt;.png" in page


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="rows"):
        render("serving/templates/answers.html", {"total": 1, "more": 0, "version": "1"})
