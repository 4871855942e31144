"""Every setting is explained from its definition: meaning, values, unit, usual value, and an example that works."""

import json

import pytest

import write_settings
from command_line import Shell
from seedtrial.models import ARCHITECTURES, Conv, NumpyNet
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.settings import Setting, settings
from seedtrial.spec import flattened, override
from seedtrial.training.prepare import usual

ALL = [(name, each) for name, architecture in ARCHITECTURES.items() for each in settings(architecture)]
NEEDS = {  # what another setting must be for this one to make sense
    "data.fit": ["data.size=64"],
    "data.fold.number": ["data.fold.of=5"],
    "data.fold.of": ["data.fold.number=1"],
    "data.fold.repeat": ["data.fold.of=5", "data.fold.number=1"],
    "training.optimiser.nesterov": ["training.optimiser.momentum=0.9"],
}


@pytest.mark.parametrize(("name", "each"), ALL, ids=lambda value: value if isinstance(value, str) else value.path)
def test_a_setting_has_a_meaning_and_an_example_that_is_accepted(name: str, each: Setting) -> None:
    assert each.meaning and not each.meaning.endswith("."), each.path
    assert each.values and each.example != each.usual
    model = ARCHITECTURES[name]()
    group = each.path.rpartition(".")[0]
    kinds = [f"{group}.kind={each.of[0]}"] if each.of else []
    if each.path == "model.averages" and name != "resnet":  # which always has batch norm
        kinds = ["model.batch_norm=before"]
    given = [*kinds, *NEEDS.get(each.path, ()), f"{each.path}={each.example}"]
    changed = override(Recipe(model=model, training=usual(model)), given)
    assert changed.problem() is None
    assert flattened(changed) != flattened(Recipe(model=model, training=usual(model)))


def test_what_an_architecture_does_not_honour_is_left_out() -> None:
    paths = {each.path for each in settings(NumpyNet)}
    assert "training.epochs" in paths
    assert not paths & {"training.augment", "training.augment.flip", "training.schedule", "training.optimiser.momentum"}


def test_numbers_with_a_unit_say_it_and_bounds_are_in_words() -> None:
    by_path = {each.path: each for each in settings(Conv)}
    assert (by_path["data.size"].unit, by_path["data.size"].values) == (
        "pixels",
        "a whole number from 1 to 2,048 or none",
    )
    assert by_path["training.augment.rotation"].unit == "degrees"
    assert by_path["training.averaging"].values == "a number above 0 and below 1 or none"
    assert by_path["training.optimiser"].values == "adam, adamw or sgd"
    assert by_path["training.optimiser.momentum"].of == ("sgd",)
    assert by_path["model.blocks.0.filters"].usual == "32"


def test_the_document_of_settings_is_current() -> None:
    assert write_settings.PAGE.read_text(encoding="utf-8") == write_settings.page(), "run `make settings`"


def test_the_command_explains_an_architecture_or_what_all_share(shell: Shell) -> None:
    result = shell("settings", "dense")
    assert result.code == 0 and "model.widths" in result.out and "training.epochs" in result.out
    shared = json.loads(shell("settings", "--json").out)["settings"]
    assert {each["path"].split(".")[0] for each in shared} == {"training", "data"}
    wrong = shell("settings", "dens")
    assert wrong.code == 1 and "Did you mean 'dense'?" in wrong.err


def test_a_word_finds_the_settings_whose_name_or_meaning_has_it(shell: Shell) -> None:
    found = shell("settings", "lr", "--json")
    assert {each["path"] for each in json.loads(found.out)["settings"]} >= {"training.optimiser.rate"}
    assert "model.blocks.0.pool_dropout" in shell("settings", "dropout", "--json").out
    assert "no setting with the word 'xyz'" in shell("settings", "xyz").err
