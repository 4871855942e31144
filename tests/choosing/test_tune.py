"""`tune`: which recipes it takes, what it varies, and what it prints."""

from pathlib import Path

import pytest

from command_line import Shell
from ledgers import openings
from seedtrial.choosing.ranges import parse
from seedtrial.choosing.tune import tune
from seedtrial.errors import SeedtrialError
from seedtrial.models import Linear, Majority
from seedtrial.runs.recipe import Recipe
from seedtrial.training.prepare import usual

RATE = parse("training.optimiser.rate=0.001..0.1")


def test_a_recipe_without_one_of_the_settings_keeps_the_others(tiny_recipe: Recipe, runs: Path, tmp_path: Path) -> None:
    recipes = {"dense": tiny_recipe, "linear": tiny_recipe.model_copy(update={"model": Linear()})}
    ranges = [RATE, parse("model.dropout=0.1..0.5")]
    tuning = tune(recipes, ranges, trials=2, out=tmp_path / "out", runs=runs, device="cpu", jobs=1)
    varied = {trial.candidate.name: [each.name for each in trial.candidate.ranges] for trial in tuning.trials}
    assert varied == {
        "dense": ["training.optimiser.rate", "model.dropout"],
        "linear": ["training.optimiser.rate"],
    }
    assert openings(runs) == [] and tuning.storage.is_file()


def test_nothing_to_vary_and_values_that_do_not_fit_are_refused(tiny_recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match="dense has none of the settings that may vary: model.depth"):
        tune({"dense": tiny_recipe}, [parse("model.depth=1..3")], out=tmp_path)
    with pytest.raises(SeedtrialError, match="epochs"):
        tune({"dense": tiny_recipe}, [parse("training.epochs=many,few")], out=tmp_path)
    majority = Recipe(data=tiny_recipe.data, model=Majority(), training=usual(Majority()))
    with pytest.raises(SeedtrialError, match="Say which settings of majority to vary, such as --vary"):
        tune({"majority": majority}, [], out=tmp_path)


def test_the_command_that_it_prints_can_be_pasted(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    odd = idx_folder.rename(idx_folder.parent / "my blocks")
    options = (
        "--data",
        odd,
        "--trials",
        "2",
        "--set",
        "training.epochs=1",
        "--vary",
        "training.optimiser.rate=0.01,0.02",
    )
    result = shell("tune", "linear", *options, "--out", tmp_path / "out", "--runs", tmp_path / "runs")
    assert result.code == 0, result.err
    (command,) = (line for line in result.out.splitlines() if line.startswith("Train it with: "))
    assert f"--data '{odd}' --seeds 3 --set training.optimiser.rate=0.0" in command
