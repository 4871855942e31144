"""Settings with several values: what is crossed, what is one value that is a list, what claims become."""

import pytest

from seedtrial.claims.claim import Claim
from seedtrial.errors import SeedtrialError
from seedtrial.models.dense import Dense
from seedtrial.runs.recipe import Recipe
from seedtrial.study.cross import cross
from seedtrial.study.study import Study
from seedtrial.study.vary import vary

RATES = "training.optimiser.rate=[0.01,0.003]"


def test_each_value_gives_the_recipe_that_cross_gives(tiny_recipe: Recipe) -> None:
    varied = vary({"dense": tiny_recipe}, [RATES, "training.epochs=[1,3]", "training.batch_size=8"])
    base = vary({"dense": tiny_recipe}, ["training.batch_size=8"]).recipes["dense"]
    crossed = cross({"training.optimiser.rate": [0.01, 0.003], "training.epochs": [1, 3]}, base)
    assert varied.recipes == {f"dense, {label}": recipe for label, recipe in crossed.recipes.items()}
    assert varied.table is not None and (varied.table.rows, varied.table.columns) == ("rate", "epochs")


def test_a_list_that_fits_is_the_value_and_a_list_of_lists_crosses(tiny_recipe: Recipe) -> None:
    assert list(vary({"d": tiny_recipe}, ["model.widths=[8,4]"]).recipes) == ["d"]
    assert list(vary({"d": tiny_recipe}, ["data.range=[0,1]"]).recipes) == ["d"]
    widths = [recipe.model for recipe in vary({"d": tiny_recipe}, ["model.widths=[[8],[4,2]]"]).recipes.values()]
    assert widths == [Dense(widths=(8,)), Dense(widths=(4, 2))]


def test_kinds_need_no_quotes_and_take_their_own_settings(tiny_recipe: Recipe) -> None:
    settings = ["training.optimiser.momentum=0.9", "training.optimiser.kind=[sgd,adamw]"]
    varied = vary({"d": tiny_recipe}, settings).recipes
    assert list(varied) == ["d, optimiser sgd", "d, optimiser adamw"]
    optimisers = [recipe.training.optimiser.canonical() for recipe in varied.values()]
    assert optimisers[0]["momentum"] == 0.9 and "momentum" not in optimisers[1]


def test_groups_of_settings_cross_and_long_values_are_numbered(tiny_recipe: Recipe) -> None:
    settings = ['training.augment=[null,{"flip":true},{"flip":true,"crop":1,"erase":0.5,"zoom":0.1}]']
    assert list(vary({"d": tiny_recipe}, settings).recipes) == [
        "d, augment null",
        'd, augment {"flip": true}',
        "d, augment 3",
    ]


def test_settings_of_the_same_name_are_told_apart(tiny_recipe: Recipe) -> None:
    settings = ["training.schedule=cosine", "training.schedule.final=[0,0.1]", "training.skip.last=[0.1,0.2]"]
    labels = list(vary({"d": tiny_recipe}, settings).recipes)
    assert labels[0] == "d, final 0, last 0.1"
    sizes = ["data.validation.size=[8,16]", "data.size=[8,16]"]
    assert list(vary({"d": tiny_recipe}, sizes).recipes)[0] == "d, data.validation.size 8, data.size 8"


@pytest.mark.parametrize(
    "setting, match",
    [
        ("training.epochs=[1,0]", r"^training.epochs should be greater than or equal to 1, not 0\.$"),
        ("training.epochs=[]", r"^training.epochs should be a valid integer, not \[\]\.$"),
        ("model.widths=[8,0]", r"^model.widths.1 should be greater than or equal to 1, not 0\.$"),
        ("model.widths=[[8],[0]]", r"^model.widths.0 should be greater than or equal to 1, not 0\.$"),
        ("training.epoch=[1,2]", "There is no setting 'training.epoch'. Did you mean 'training.epochs'?"),
        ("training.optimiser.momentum=[0,0.9]", "There is no setting 'training.optimiser.momentum'"),
    ],
)
def test_values_that_do_not_fit_are_named(tiny_recipe: Recipe, setting: str, match: str) -> None:
    with pytest.raises(SeedtrialError, match=match):
        vary({"d": tiny_recipe}, [setting])


def test_a_crossed_setting_that_makes_no_difference_is_refused(tiny_recipe: Recipe) -> None:
    settings = ["training.optimiser.kind=[sgd,adam]", "training.optimiser.momentum=[0,0.9]"]
    with pytest.raises(SeedtrialError, match="There is no setting 'training.optimiser.momentum'"):
        vary({"d": tiny_recipe}, settings)


def test_the_last_of_equal_settings_counts(tiny_recipe: Recipe) -> None:
    assert list(vary({"d": tiny_recipe}, ["training.epochs=[1,2]", "training.epochs=3"]).recipes) == ["d"]


def test_a_study_makes_its_claims_at_each_value(tiny_study: Study) -> None:
    study = tiny_study.model_copy(update={"claims": (Claim.beats("dense", "linear"), Claim.best("dense"))})
    varied = study.varied(settings=[RATES])
    assert varied.claims == tuple(Claim.beats(f"dense, rate {r}", f"linear, rate {r}") for r in (0.01, 0.003))
    assert varied.table is not None and varied.table.columns == "rate" and len(varied.table.cells) == 4
    only_dense = study.varied(settings=["model.widths=[[4],[8]]"])
    assert list(only_dense.recipes) == ["linear", "dense, widths [4]", "dense, widths [8]"]
    assert only_dense.claims == tuple(Claim.beats(f"dense, widths [{w}]", "linear") for w in (4, 8))
    assert only_dense.table is None


def test_only_takes_labels_from_before_and_after(tiny_study: Study) -> None:
    assert list(tiny_study.varied(settings=[RATES], only=["dense"]).recipes) == [
        "dense, rate 0.01",
        "dense, rate 0.003",
    ]
    assert list(tiny_study.varied(settings=[RATES], only=["linear, rate 0.003"]).recipes) == ["linear, rate 0.003"]


def test_a_large_recipe_keeps_its_number_of_seeds(tiny_study: Study) -> None:
    study = tiny_study.model_copy(update={"seeds_of": {"dense": 1}})
    assert study.varied(settings=[RATES]).seeds_of == {"dense, rate 0.01": 1, "dense, rate 0.003": 1}
