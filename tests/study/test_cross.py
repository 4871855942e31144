"""Crossed settings: labelled recipes and their table."""

import pytest

from seedtrial.errors import SeedtrialError
from seedtrial.models.dense import Dense, Linear
from seedtrial.runs.recipe import Recipe
from seedtrial.study.cross import cross
from seedtrial.study.study import Study

RATES, SIZES = [0.01, 0.001], [8, 64, 512]
TWO = {"training.optimiser.rate": RATES, "training.batch_size": SIZES}


def test_every_combination_is_a_recipe_and_a_cell(tiny_recipe: Recipe) -> None:
    crossed = cross(TWO, tiny_recipe)
    trained = [(r.training.optimiser.rate, r.training.batch_size) for r in crossed.recipes.values()]
    assert trained == list(crossed.values.values()) == [(rate, size) for rate in RATES for size in SIZES]
    assert crossed.table is not None
    assert (crossed.table.row_names, crossed.table.column_names) == (("0.01", "0.001"), ("8", "64", "512"))
    assert list(crossed.recipes) == list(crossed.table.cells)
    assert crossed.label(0.001, 8) == "rate 0.001, batch size 8"


def test_only_the_crossed_settings_differ_from_the_base(tiny_recipe: Recipe) -> None:
    for recipe in cross(TWO, tiny_recipe).recipes.values():
        optimiser = recipe.training.optimiser.model_copy(update={"rate": tiny_recipe.training.optimiser.rate})
        same = recipe.training.model_copy(update={"optimiser": optimiser, "batch_size": 16})
        assert recipe.model_copy(update={"training": same}) == tiny_recipe


def test_recipes_and_table_make_a_study(tiny_recipe: Recipe) -> None:
    crossed = cross(TWO, tiny_recipe)
    study = Study(name="crossed", question="?", recipes=crossed.recipes, table=crossed.table)
    assert len(study.recipes) == 6


def test_labels_and_names_may_be_chosen(tiny_recipe: Recipe) -> None:
    crossed = cross(TWO, tiny_recipe, label="lr {:.0e} x {}", names=("learning rate", "batch"))
    assert crossed.label(0.01, 8) == "lr 1e-02 x 8"
    assert crossed.table is not None
    assert (crossed.table.rows, crossed.table.columns) == ("learning rate", "batch")


@pytest.mark.parametrize("settings", [{"training.epochs": [1, 2]}, TWO | {"training.epochs": [1, 2]}])
def test_one_setting_or_three_have_no_table(tiny_recipe: Recipe, settings: dict[str, list[int]]) -> None:
    crossed = cross(settings, tiny_recipe)
    assert crossed.table is None
    assert len(crossed.recipes) == (2 if len(settings) == 1 else 12)


def test_values_with_names_may_be_whole_models(tiny_recipe: Recipe) -> None:
    models = {"linear": Linear(), "dense": Dense(widths=(4,))}
    crossed = cross({"model": models, "training.epochs": [1, 2]}, tiny_recipe)
    assert crossed.recipes["model dense, epochs 2"].model == models["dense"]
    assert crossed.recipes["model linear, epochs 1"].model == models["linear"]


def test_a_function_gives_the_recipe_where_a_value_is_not_a_single_field(tiny_recipe: Recipe) -> None:
    def deep(layers: int, width: int) -> Recipe:
        return tiny_recipe.model_copy(update={"model": Dense(widths=(width,) * layers)})

    crossed = cross({"layers": (1, 3), "width": (4, 8)}, deep)
    assert crossed.recipes["layers 3, width 8"] == deep(3, 8)


@pytest.mark.parametrize(
    "settings, label, match",
    [
        ({"training.epoch": [1]}, None, "There is no setting 'training.epoch'. Did you mean 'training.epochs'?"),
        ({"training.epochs": [1, 0]}, None, "training.epochs should be greater than or equal to 1, not 0."),
        ({"training.epochs": []}, None, "training.epochs has no values to cross."),
        (TWO, "rate {}", "Two crossed recipes have the label 'rate 0.01'; a label should show every setting."),
    ],
)
def test_what_cannot_be_crossed_is_said(
    tiny_recipe: Recipe, settings: dict[str, list[int]], label: str | None, match: str
) -> None:
    with pytest.raises(SeedtrialError, match=match):
        cross(settings, tiny_recipe, label=label)


def test_a_combination_that_is_not_crossed_has_no_label(tiny_recipe: Recipe) -> None:
    with pytest.raises(SeedtrialError, match="'rate 0.5, batch size 8' is not among the crossed recipes."):
        cross(TWO, tiny_recipe).label(0.5, 8)
