"""Every built-in study says what it is, fits together, and has the networks its report has."""

import importlib
import re
from pathlib import Path

import pytest

from seedtrial.study.load import built_in_studies, load_study
from seedtrial.study.plan import plan

ROOT = Path(__file__).parents[2]
PARAMETERS = {
    "thingwall2019": [1_501_770, 1_501_770, 953_322, 953_322],
    "mlpcnn2021": [7_850, 203_530, 247_766, 850_038, 409_034],
    "korssjoen2020": [1_469_706, 7_320_394],
}
CELLS = {
    "thingwall2019-dense-a": 12,
    "thingwall2019-dense-b": 25,
    "thingwall2019-conv-a": 15,
    "thingwall2019-conv-b": 18,
}


@pytest.mark.parametrize("name", built_in_studies())
def test_every_study_says_its_question_command_time_and_result(name: str) -> None:
    module = importlib.import_module(f"seedtrial.studies.{name.replace('-', '_')}")
    doc = module.__doc__ or ""
    assert "?" in doc.splitlines()[0]
    assert re.search(rf"^    seedtrial run {name}( --\S+ \S+)? && seedtrial report {name}", doc, flags=re.MULTILINE)
    assert " on 2 cores" in " ".join(doc.split())


@pytest.mark.parametrize("name", built_in_studies())
def test_results_that_a_study_names_are_there_and_those_there_are_named(name: str) -> None:
    doc = importlib.import_module(f"seedtrial.studies.{name.replace('-', '_')}").__doc__ or ""
    named = re.findall(r"docs/results/[\w.-]+\.json", doc)
    assert all((ROOT / path).exists() for path in named)
    assert (ROOT / "docs" / "results" / f"{name}.json").exists() == (f"docs/results/{name}.json" in named)


@pytest.mark.parametrize("name", sorted(built_in_studies().keys() - {"hotdog"}))  # which needs the user's own pictures
def test_every_study_bears_its_own_name_and_can_be_planned(name: str, tmp_path: Path) -> None:
    study = load_study(name)
    assert study.name == name
    planned = plan(study.varied(seeds=1), tmp_path)
    assert len({item.folder.path for item in planned.runs}) == len(study.recipes)  # no two labels for one recipe


@pytest.mark.parametrize("name", PARAMETERS)
def test_networks_have_the_parameters_that_the_report_prints(name: str) -> None:
    recipes = load_study(name).recipes.values()
    assert [recipe.model.summary((1, 28, 28), 10).parameters for recipe in recipes] == PARAMETERS[name]


@pytest.mark.parametrize("name", CELLS)
def test_crossed_studies_have_all_their_recipes(name: str) -> None:
    assert len(load_study(name).recipes) == CELLS[name]
