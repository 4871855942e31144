"""The fourteen experiments are the report's, as far as it says what they are, and the rest is said to be assumed."""

from pathlib import Path

import pytest

from seedtrial.models import Conv, Dense
from seedtrial.studies import boetticher2020
from seedtrial.study.plan import plan

STUDY = boetticher2020.study()
PARAMETERS = {  # the report's table of architectures
    "DNN 1": 3_985,
    "DNN 2": 7_965,
    "CNN 3a": 225_034,
    "CNN 3b": 225_034,
    "CNN 3c": 225_034,
    "CNN 4a": 93_322,
    "CNN 4b": 93_322,
}


def test_every_recipe_is_planned_with_the_number_of_parameters_that_the_report_prints(tmp_path: Path) -> None:
    planned = plan(STUDY, tmp_path / "runs")
    assert len(planned.runs) == 14 * 3
    counted = {label: summary.parameters for label, summary in planned.summaries.items()}
    plain = {f"{number} {name}": count for number, (name, count) in enumerate(PARAMETERS.items())}
    dropped = {f"{number} {name} dropout": count for number, (name, count) in enumerate(PARAMETERS.items(), 7)}
    assert counted == plain | dropped


def test_all_are_trained_as_the_report_says() -> None:
    for recipe in STUDY.recipes.values():
        training, validation = recipe.training, recipe.data.validation
        assert (training.epochs, training.batch_size, training.optimiser.kind) == (20, 100, "adam")
        assert training.stopping is None and validation is not None and validation.size == 5_000
        assert isinstance(recipe.model, Dense | Conv) and recipe.model.activation == "relu"


def test_no_two_experiments_are_the_same_run(tmp_path: Path) -> None:
    assert len({planned.folder.path for planned in plan(STUDY, tmp_path / "runs").runs}) == 14 * 3


@pytest.mark.parametrize("label", STUDY.recipes)
def test_the_name_of_an_experiment_says_what_it_has(label: str) -> None:
    recipe = STUDY.recipes[label]
    network = recipe.model.build((1, 28, 28), 10)
    hidden = {"DNN 1": 1, "DNN 2": 2, "CNN 3": 3, "CNN 4": 4}[label.split(maxsplit=1)[1][:5]]
    assert [layer.rate for layer in network.dropouts()] == [boetticher2020.DROPOUT] * hidden * ("dropout" in label)
    kernels = [name for name, layer in network.layers.items() if hasattr(layer, "weight")]
    assert network.l2 == (dict.fromkeys(kernels, boetticher2020.L2) if "b" in label.split()[2] else {})
    assert recipe.training.augment == (boetticher2020.AUGMENT if "3c" in label else None)


def test_what_the_report_does_not_say_is_said_to_be_assumed() -> None:
    assert STUDY.assumptions == boetticher2020.ASSUMED
    for assumption in STUDY.assumptions:
        assert "assumed" in assumption
    for value in (boetticher2020.L2, boetticher2020.DROPOUT, boetticher2020.AUGMENT.rotation):
        assert any(f"{value:g}" in assumption for assumption in STUDY.assumptions)


def test_each_claim_is_one_that_the_text_makes() -> None:
    claims = [str(claim) for claim in STUDY.claims]
    assert [claim for claim in claims if claim.endswith("dropout")] == [
        f"{number} {name} beats {number + 7} {name} dropout" for number, name in enumerate(PARAMETERS)
    ]
    for claim in (
        "2 CNN 3a trains at most 1.5 times as long as 0 DNN 1",
        "6 CNN 4b overfits less than 5 CNN 4a",
        "2 CNN 3a beats 4 CNN 3c",
        "2 CNN 3a is the best",
    ):
        assert claim in claims
