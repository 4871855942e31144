"""Studies: what fits together, how they are varied, and how they are read from a user's file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from seedtrial.claims.claim import Claim
from seedtrial.errors import SeedtrialError
from seedtrial.models.dense import Dense
from seedtrial.study.study import Study, built_in, load_study
from seedtrial.study.table import Grid


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
    told = remade(tiny_study, assumptions=("The split is assumed.",))
    assert told.varied(settings=["training.epochs=3"]).assumptions == told.assumptions


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


def test_some_cells_of_a_grid_keep_their_places(tiny_study: Study) -> None:
    recipes = {label: tiny_study.recipes["dense"] for label in ("1 by 8", "1 by 16", "2 by 16")}
    cells = {label: (label[0], label[5:]) for label in recipes}
    study = remade(tiny_study, recipes=recipes, claims=(), grid=Grid(rows="layers", columns="widths", cells=cells))
    some = study.varied(only=["2 by 16", "1 by 8"]).grid
    assert some is not None
    assert (some.row_names, some.column_names) == (("1", "2"), ("8", "16"))
    assert study.varied(only=["2 by 16"]).grid is None  # one cell is no grid


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


@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_built_in_study_says_what_it_asks_and_loads(name: str) -> None:
    assert built_in()[name].endswith(("?", "."))
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
    classes = "from dataclasses import dataclass\n\n@dataclass\nclass Grid:\n    widths: tuple[int, ...] = (8,)\n\n"
    assert load_study(str(written("from __future__ import annotations\n" + classes + GOOD))).name == "mine"


BAD = {
    "a syntax error": ("def study(:\n    pass\n", r"is not valid Python: .* \(line 1\)\.$"),
    "bytes that are no text": ("x = '\0'\n", r"mine\.py.*null bytes"),
    "no study": ("x = 1\n", r"has no function `study` that returns a Study\.$"),
    "a study that is no function": ("study = 3\n", r"has no function `study` that returns a Study\.$"),
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


def test_a_large_recipe_may_run_with_fewer_seeds_unless_a_number_is_asked_for(tiny_study: Study) -> None:
    study = remade(tiny_study, seeds=3, seeds_of={"dense": 1})
    assert [list(study.seeds_for(label)) for label in ("linear", "dense")] == [[0, 1, 2], [0]]
    assert list(study.varied(seeds=2).seeds_for("dense")) == [0, 1]
    assert list(study.varied(only=["dense"]).seeds_for("dense")) == [0]
    assert study.varied(only=["linear"]).seeds_of == {}
