"""What a study needs, and what its folders are worth."""

from pathlib import Path

import pytest

from seedtrial.claims.claim import Claim
from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import execute
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.study import estimate
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.study import Study


def test_runs_are_planned_seed_by_seed_so_that_early_results_compare_all_recipes(tiny_study: Study, runs: Path) -> None:
    planned = [(item.label, item.seed) for item in plan(tiny_study, runs).runs]
    assert planned == [("linear", 0), ("dense", 0), ("linear", 1), ("dense", 1)]


def test_a_class_that_the_data_have_not_is_refused_before_anything_is_trained(tiny_study: Study, runs: Path) -> None:
    claims = (Claim.separates("dense", "linear", classes=("1", "12")), Claim.confuses("dense", ("2", "bag")))
    for claim, name in zip(claims, ("12", "bag"), strict=True):
        study = tiny_study.model_copy(update={"claims": (claim,)})
        with pytest.raises(SeedtrialError, match=f"There is no class '{name}'.* Known: 0, 1, 2."):
            plan(study, runs)


def test_planning_writes_nothing(tiny_study: Study, runs: Path) -> None:
    assert len(plan(tiny_study, runs).missing) == 4
    assert not runs.exists()


def test_every_state_of_a_folder_has_its_reason(tiny_study: Study, diverging: Recipe, runs: Path) -> None:
    study = Study(name="five", question="?", recipes={**tiny_study.recipes, "wild": diverging}, seeds=2)
    finished, damaged = (examine(run(study.recipes["linear"], seed, runs=runs)).folder for seed in (0, 1))
    damaged.weights.write_bytes(b"")
    run(diverging, 0, runs=runs)
    failed = plan(study, runs).of("dense")[1].folder
    failed.path.mkdir()
    failed.failure.write_text('{"message": "The disk is full."}')

    planned = plan(study, runs)
    states = {(item.label, item.seed): item.state for item in planned.runs}
    assert states == {
        ("linear", 0): "finished",
        ("linear", 1): "damaged",
        ("dense", 0): "missing",
        ("dense", 1): "failed",
        ("wild", 0): "diverged",
        ("wild", 1): "missing",
    }
    reasons = {item.state: item.reason for item in planned.runs}
    assert reasons["finished"] == reasons["missing"] == ""
    assert "weights.safetensors was changed" in reasons["damaged"]
    assert "rate 1e+30" in reasons["diverged"]
    assert reasons["failed"] == "The disk is full."
    assert [(item.label, item.seed) for item in planned.missing] == [("dense", 0), ("dense", 1), ("wild", 1)]
    assert list(planned.finished("linear")) == [0] and planned.finished("wild") == {}
    assert planned.finished("linear")[0].folder == finished


def test_what_is_missing_takes_some_time_and_what_is_done_takes_none(tiny_study: Study, runs: Path) -> None:
    before = plan(tiny_study, runs)
    assert all(seconds > 0 for seconds in before.seconds.values())
    assert before.seconds_left == pytest.approx(2 * sum(before.seconds.values()))
    assert execute(tiny_study, runs=runs).plan.seconds_left == 0


def test_the_time_of_a_finished_run_is_the_estimate_for_the_others(tiny_study: Study, runs: Path) -> None:
    finished = examine(run(tiny_study.recipes["dense"], 1, runs=runs))
    planned = plan(tiny_study, runs)
    assert finished.machine.engine.threads == 1  # so that two cores make two of them at a time
    assert planned.seconds["dense"] == finished.metrics.seconds.total / 2
    linear = planned.of("linear")[0]
    assert planned.seconds["linear"] == estimate.seconds(linear.recipe, linear.facts)
    assert planned.seconds_left == pytest.approx(planned.seconds["dense"] + 2 * planned.seconds["linear"])


def test_a_built_in_study_is_planned_without_its_data(runs: Path) -> None:
    planned = plan(load_study("quickstart"), runs)
    assert len(planned.missing) == 6
    assert planned.summaries["dense"].parameters == 1_501_770


def test_a_network_larger_than_the_memory_is_planned_without_making_it(tiny_study: Study, runs: Path) -> None:
    large = plan(tiny_study.varied(settings=["model.widths=[1000000,1000000]"], only=["dense"]), runs)
    assert large.summaries["dense"].parameters == 65 * 10**6 + (10**6 + 1) * 10**6 + (10**6 + 1) * 3


def test_a_network_that_does_not_fit_its_images_is_found_by_the_plan(tiny_recipe: Recipe, runs: Path) -> None:
    conv = Recipe(data=tiny_recipe.data, model=Conv(blocks=(ConvBlock(filters=2, kernel=9, padding="valid"),)))
    study = Study(name="s", question="?", recipes={"conv": conv})
    with pytest.raises(SeedtrialError, match="9x9 convolution does not fit on 8x8 pixels"):
        plan(study, runs)


def test_a_folder_of_images_that_is_not_there_is_found_by_the_plan(tiny_study: Study, runs: Path) -> None:
    with pytest.raises(SeedtrialError, match="nowhere"):
        plan(tiny_study.varied(settings=["data.source=./nowhere"]), runs)


def test_a_failure_whose_reason_cannot_be_read_is_still_a_failure(tiny_study: Study, runs: Path) -> None:
    folder = plan(tiny_study, runs).runs[0].folder
    folder.path.mkdir(parents=True)
    folder.failure.write_text("cut short {")
    first = plan(tiny_study, runs).runs[0]
    assert (first.state, first.reason) == ("failed", "its reason cannot be read")


def test_a_recipe_with_fewer_seeds_has_fewer_runs(tiny_study: Study, runs: Path) -> None:
    study = Study.model_validate({**dict(tiny_study), "seeds": 3, "seeds_of": {"dense": 1}})
    assert [(run.label, run.seed) for run in plan(study, runs).runs] == [
        ("linear", 0), ("dense", 0), ("linear", 1), ("linear", 2),
    ]  # fmt: skip
