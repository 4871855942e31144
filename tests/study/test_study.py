"""Studies: what fits together, and how they are varied."""

import pytest
from pydantic import ValidationError

from seedtrial.claims.claim import Claim
from seedtrial.errors import SeedtrialError
from seedtrial.models.dense import Dense
from seedtrial.study.study import Study
from seedtrial.study.table import Table


def remade(study: Study, **changes: object) -> Study:
    """A study with other values, checked."""
    return Study.model_validate({**dict(study), **changes})


@pytest.mark.parametrize(
    "changes, match",
    [
        ({"seeds": 0}, "greater than or equal to 1"),
        ({"recipes": {}}, "at least 1 item"),
        ({"name": "../elsewhere"}, "should match pattern"),
        ({"name": ""}, "should match pattern"),
        ({"claims": (Claim.beats("dense", "linaer"),)}, "There is no recipe 'linaer'. Did you mean 'linear'?"),
        ({"claims": (Claim.best("den"),)}, "There is no recipe 'den'. Did you mean 'dense'?"),
        ({"claim": ()}, "Extra inputs"),
        ({"seeds_of": {"dens": 1}}, "There is no recipe 'dens'. Did you mean 'dense'?"),
        ({"grouped_by": "model.droput"}, "no recipe has the setting model.droput"),
    ],
)
def test_a_study_that_does_not_fit_together_is_refused(
    tiny_study: Study, changes: dict[str, object], match: str
) -> None:
    with pytest.raises(ValidationError, match=match):
        remade(tiny_study, **changes)


def test_a_label_cannot_be_empty(tiny_study: Study) -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        remade(tiny_study, recipes={"": tiny_study.recipes["dense"]}, claims=())


def test_a_recipe_that_stops_by_images_it_does_not_have_is_named(tiny_study: Study) -> None:
    settings = ["data.validation=null", "training.stopping.patience=1"]
    with pytest.raises(SeedtrialError, match="linear: training.stopping judges by validation images"):
        tiny_study.varied(settings=settings)


def test_a_setting_changes_every_recipe_that_has_it(tiny_study: Study) -> None:
    varied = tiny_study.varied(settings=["training.epochs=7", "model.widths=[5]"])
    assert [recipe.training.epochs for recipe in varied.recipes.values()] == [7, 7]
    assert isinstance(varied.recipes["dense"].model, Dense) and varied.recipes["dense"].model.widths == (5,)
    assert varied.recipes["linear"].model == tiny_study.recipes["linear"].model
    assert tiny_study.recipes["dense"].training.epochs == 2


def test_a_setting_that_no_recipe_has_is_refused_with_the_nearest_name(tiny_study: Study) -> None:
    with pytest.raises(SeedtrialError, match="There is no setting 'training.epoch'. Did you mean 'training.epochs'?"):
        tiny_study.varied(settings=["training.epoch=7"])


@pytest.mark.parametrize("setting", ["training.epochs=0", "training.epochs=two", "training.label_smoothing=1.5"])
def test_a_setting_of_the_wrong_type_or_size_is_refused(tiny_study: Study, setting: str) -> None:
    name, value = setting.split("=")
    with pytest.raises(SeedtrialError, match=rf"^{name} should be .*{value}.*\.$"):
        tiny_study.varied(settings=[setting])


def test_another_number_of_seeds_leaves_the_rest(tiny_study: Study) -> None:
    assert tiny_study.varied(seeds=5) == remade(tiny_study, seeds=5)
    assert tiny_study.varied() == tiny_study
    words = remade(tiny_study, assumptions=("The split is assumed.",))
    assert words.varied(settings=["training.epochs=3"]).assumptions == words.assumptions


@pytest.mark.parametrize("seeds", [0, -1])
def test_zero_seeds_are_refused(tiny_study: Study, seeds: int) -> None:
    with pytest.raises(SeedtrialError, match=f"^A study needs at least one seed, not {seeds}.$"):
        tiny_study.varied(seeds=seeds)


def test_too_many_seeds_are_refused(tiny_study: Study) -> None:
    with pytest.raises(SeedtrialError, match="seeds should be less than or equal to 10000, not 10001."):
        tiny_study.varied(seeds=10_001)


def test_only_some_recipes_keep_only_their_claims(tiny_study: Study) -> None:
    study = remade(
        tiny_study,
        recipes={**tiny_study.recipes, "third": tiny_study.recipes["dense"]},
        claims=(Claim.beats("dense", "linear"), Claim.beats("dense", "third"), Claim.best("linear")),
    )
    varied = study.varied(only=["linear", "dense"])
    assert list(varied.recipes) == ["linear", "dense"]
    assert varied.claims == (Claim.beats("dense", "linear"), Claim.best("linear"))
    assert study.varied(only=["dense"]).claims == ()


def test_a_single_recipe_keeps_what_is_said_of_it_alone(tiny_study: Study) -> None:
    study = remade(tiny_study, claims=(Claim.reaches("dense", 50), Claim.worst("dense")))
    assert study.varied(only=["dense"]).claims == (Claim.reaches("dense", 50),)


def test_a_subset_of_a_table_keeps_its_rows_and_columns(tiny_study: Study) -> None:
    recipes = {label: tiny_study.recipes["dense"] for label in ("1 by 8", "1 by 16", "2 by 16")}
    cells = {label: (label[0], label[5:]) for label in recipes}
    study = remade(tiny_study, recipes=recipes, claims=(), table=Table(rows="layers", columns="widths", cells=cells))
    some = study.varied(only=["2 by 16", "1 by 8"]).table
    assert some is not None
    assert (some.row_names, some.column_names) == (("1", "2"), ("8", "16"))
    assert study.varied(only=["2 by 16"]).table is None  # one cell is no table


def test_a_claim_about_classes_goes_where_the_data_are_others(tiny_study: Study) -> None:
    claims = (Claim.separates("dense", "linear", classes=("0", "1")), Claim.beats("dense", "linear"))
    study = remade(tiny_study, claims=claims)
    assert study.varied(settings=["data.source=digits"]).claims == claims[1:]
    assert study.varied(settings=["data.limit=20"]).claims == claims


def test_an_unknown_label_is_refused_with_the_nearest(tiny_study: Study) -> None:
    with pytest.raises(
        SeedtrialError, match=r"There is no recipe 'dnse'. Did you mean 'dense'\? Known: dense, linear."
    ):
        tiny_study.varied(only=["dnse"])


def test_a_large_recipe_may_run_with_fewer_seeds_unless_a_number_is_asked_for(tiny_study: Study) -> None:
    study = remade(tiny_study, seeds=3, seeds_of={"dense": 1})
    assert [list(study.seeds_for(label)) for label in ("linear", "dense")] == [[0, 1, 2], [0]]
    assert list(study.varied(seeds=2).seeds_for("dense")) == [0, 1]
    assert list(study.varied(only=["dense"]).seeds_for("dense")) == [0]
    assert study.varied(only=["linear"]).seeds_of == {}
