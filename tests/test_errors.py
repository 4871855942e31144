"""Errors are sentences for the person at the keyboard."""

import ast
import re
from pathlib import Path

import pytest

import seedtrial
from seedtrial import errors
from seedtrial.errors import Busy, Diverged, SeedtrialError, unknown


def test_unknown_suggests_the_nearest_name_and_lists_all_in_order() -> None:
    error = unknown("architecture", "resnit", ["resnet", "conv"])
    assert str(error) == "There is no architecture 'resnit'. Did you mean 'resnet'? Known: conv, resnet."


def test_unknown_suggests_nothing_when_no_name_is_near() -> None:
    assert str(unknown("data set", "xyz", ["digits"])) == "There is no data set 'xyz'. Known: digits."


def test_unknown_lists_nothing_where_nothing_is_known() -> None:
    assert str(unknown("player", "Ada", [])) == "There is no player 'Ada'."


def test_diverged_says_where_and_what_may_help() -> None:
    error = Diverged(loss=float("nan"), epoch=3, step=7, rate=0.1)
    assert str(error) == "Loss is nan in epoch 3, step 7; the rate 0.1 may be too high."
    assert (error.epoch, error.step) == (3, 7)


@pytest.mark.parametrize("kind", [Busy, Diverged])
def test_every_error_can_be_caught_as_one_kind(kind: type[Exception]) -> None:
    assert issubclass(kind, SeedtrialError)


def test_the_tree_of_errors_names_each_class_where_it_is() -> None:
    package = Path(seedtrial.__file__).parent
    classes = set()
    for path in package.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and "SeedtrialError" in [ast.unparse(base) for base in node.bases]:
                module = ".".join(path.relative_to(package).with_suffix("").parts)
                classes.add(node.name if module == "errors" else f"{module}.{node.name}")
    assert set(re.findall(r"── ([\w.]+) ", errors.__doc__ or "")) == classes
