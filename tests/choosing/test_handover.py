"""What is handed over when a choice is made."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_up import observed
from seedtrial.choosing.answer import no_better_than
from seedtrial.choosing.handover import hand_over
from seedtrial.claims.accuracy import accuracy_spread
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.metrics import accuracy
from seedtrial.runs.trained import Run
from seedtrial.serving.bundle import read_description
from seedtrial.serving.export import Chosen
from seedtrial.study.plan import plan
from seedtrial.study.recipe_result import RecipeResult, recipe_result
from seedtrial.study.study import Study


def chosen(run: Run, why: str) -> Chosen:
    return Chosen((run,), "dense", why)


def test_a_later_choice_replaces_the_bundle_of_an_earlier_one(examined: Run, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    (tmp_path / ".bundle-old").mkdir()  # a process was killed
    for why in ("the first", "the second"):
        hand_over(chosen(examined, why), bundle)
    assert read_description(bundle)["chosen"] == "the second"
    assert [path.name for path in tmp_path.iterdir() if "bundle" in path.name] == ["bundle"]


def test_something_else_of_that_name_is_left_alone(examined: Run, tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("mine", encoding="utf-8")
    with pytest.raises(SeedtrialError, match="bundle exists and is no bundle; move it away"):
        hand_over(chosen(examined, "the first"), tmp_path / "bundle")
    assert (tmp_path / "bundle").read_text(encoding="utf-8") == "mine"


def test_a_network_that_is_no_better_than_the_largest_class_is_called_so(
    tiny_study: Study, examined: Run, runs: Path
) -> None:
    planned = recipe_result(plan(tiny_study, runs), "dense")
    labels = np.array([0] * 12 + [1] * 6 + [2] * 6)

    def row(answers: np.ndarray) -> RecipeResult:
        seen = {seed: observed(labels, answers, classes=("a", "b", "c")) for seed in range(5)}
        judged = accuracy_spread(list(seen.values()), accuracy)
        return replace(planned, runs={0: examined}, observed=seen, judged=judged)

    assert no_better_than(row(np.zeros(24, int))) == f"always answering '{examined.facts.classes[0]}' (50.00 %)"
    assert no_better_than(row(labels)) == ""
