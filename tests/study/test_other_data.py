"""Any study on any data: what is replaced, which claims are not tested, and that every output names the data."""

import json
from pathlib import Path

import pytest

from command_line import Shell, write_pictures, write_study
from seedtrial.claims.claim import Claim
from seedtrial.data.dataset import DataSpec
from seedtrial.errors import SeedtrialError
from seedtrial.serving.choice import chosen
from seedtrial.study.load import built_in_studies, load_study
from seedtrial.study.plan import plan
from seedtrial.study.published import Published
from seedtrial.study.study import Study


@pytest.mark.parametrize("name", built_in_studies())
def test_every_built_in_study_can_be_planned_on_other_data(name: str, tmp_path: Path) -> None:
    study = load_study(name).varied(data="digits")
    assert {recipe.data.source for recipe in study.recipes.values()} == {"digits"}
    try:
        planned = plan(study, tmp_path)
    except SeedtrialError as error:  # a network with four poolings needs more than 8 pixels
        assert "does not fit on" in str(error)
    else:
        assert planned.data_line.startswith("Data: digits (10 classes, 8 x 8 pixels, grey; fingerprint ed44642ab3b1")


def test_settings_that_do_not_apply_are_left_out_and_said(tiny_study: Study) -> None:
    pictures = {"source": "photos", "size": 64, "fit": "pad", "validation": None}
    recipes = {
        label: recipe.model_copy(update={"data": DataSpec.model_validate(pictures)})
        for label, recipe in tiny_study.recipes.items()
    }
    study = tiny_study.model_copy(update={"recipes": recipes}).varied(data="digits")
    assert [recipe.data for recipe in study.recipes.values()] == [DataSpec(source="digits", validation=None)] * 2
    assert study.notes == (
        "data.size is for pictures, so it does not apply to digits.",
        "data.fit is for pictures, so it does not apply to digits.",
    )


def test_settings_come_after_the_data(tiny_study: Study) -> None:
    study = tiny_study.varied(data="digits", settings=["data.limit=100", "data.validation.size=0.2"])
    data = study.recipes["dense"].data
    assert (data.source, data.limit, data.validation and data.validation.size) == ("digits", 100, 0.2)


def test_a_number_of_validation_images_becomes_a_share_of_every_class() -> None:
    study = load_study("quickstart").varied(data="digits")
    validation = study.recipes["conv"].data.validation
    assert validation is not None and validation.take == "stratified" and validation.size == pytest.approx(1 / 6)
    assert study.notes == (
        "Validation images are 16.7 % of the training images, of every class; the study's own choice of them is of "
        "other data.",
    )


def test_claimed_numbers_and_classes_of_other_data_are_not_tested(tiny_study: Study) -> None:
    claims = (
        Claim.beats("dense", "linear"),
        Claim.reaches("dense", 90),
        Claim.beats("dense", "linear", by=(1, 2)),
        Claim.separates("dense", "linear", classes=("0", "1")),
    )
    published = {"dense": Published(accuracy=0.9, digits=2, where="table 1")}
    study = tiny_study.model_copy(update={"claims": claims, "published": published}).varied(data="digits")
    assert study.claims == claims[:1] and study.published == {}
    assert [each.claim for each in study.set_aside] == list(claims[1:])
    assert study.set_aside[0].reason == "It claims a number for blocks; these images are digits."
    assert study.set_aside[2].reason == "It is about classes of blocks; these images are digits."
    assert "Numbers were published for other images, so they are not compared." in study.notes
    assert study.varied(only=["linear"]).set_aside == ()


def test_a_study_for_any_images_keeps_its_claims() -> None:
    study = load_study("hotdog")
    assert study.varied(data="digits").claims == study.claims


def test_the_same_data_change_nothing(tiny_study: Study) -> None:
    data = tiny_study.recipes["dense"].data
    share = {"take": "stratified", "size": 0.2}
    recipes = {
        label: recipe.model_copy(update={"data": data.model_copy(update={"validation": share})})
        for label, recipe in tiny_study.recipes.items()
    }
    study = tiny_study.model_copy(update={"recipes": recipes, "claims": (Claim.reaches("dense", 50),)})
    assert study.varied(data=data.source) == study


def test_every_output_names_the_data(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    study, runs = write_study(tmp_path / "tiny.py", "digits"), ("--runs", tmp_path / "runs")
    words = (study, *runs, "--data", idx_folder, "--seeds", "1", "--set", "training.epochs=1")
    named = "Data: blocks (3 classes, 8 x 8 pixels, grey;"
    assert named in shell("plan", *words).out
    ran = shell("run", *words, "--jobs", "1")
    assert ran.code == 0 and named in ran.out
    assert named in shell("status", *words).out
    page = tmp_path / "page.html"
    assert named in shell("report", *words, "--out", page).out and named in page.read_text(encoding="utf-8")
    assert named in shell("report", *words, "--markdown").out
    assert all(line.endswith((",data", ",blocks")) for line in shell("report", *words, "--csv").out.splitlines())
    told = json.loads(shell("report", *words, "--out", page, "--json").out)
    assert [each["name"] for each in told["data"]] == ["blocks"] and "Validation images are" in told["notes"][0]
    picked = chosen(str(study), tmp_path / "runs", data=str(idx_folder), settings=["training.epochs=1"])
    assert picked.runs[0].recipe.data.source == str(idx_folder)


def test_the_page_of_other_data_has_its_own_name(
    shell: Shell, idx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path / "tiny.py", "digits")
    words = (study, "--data", idx_folder, "--seeds", "1", "--set", "training.epochs=1", "--only", "small")
    shell("run", *words, "--jobs", "1")
    assert "Report: reports/tiny-blocks.html" in shell("report", *words).out


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ("nosuch", "There is no data set 'nosuch'"),
        ("no/folder", "There is no folder no/folder."),
    ],
)
def test_data_that_do_not_exist_are_said(shell: Shell, idx_folder: Path, tmp_path: Path, data: str, match: str) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    for verb in ("plan", "run", "report"):
        refused = shell(verb, study, "--data", data)
        assert refused.code == 1 and match in refused.err and len(refused.err.splitlines()) == 1


def test_pictures_without_a_size_get_the_way_out(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    photos = write_pictures(tmp_path / "photos", (12, 9), each=12)
    (photos / "left" / "00.png").unlink()
    write_pictures(tmp_path / "more", (9, 9), each=1)
    (tmp_path / "more" / "left" / "00.png").rename(photos / "left" / "00.png")
    refused = shell("plan", study, "--data", photos)
    assert refused.code == 1 and "--set data.size=64" in refused.err
    assert shell("plan", study, "--data", photos, "--set", "data.size=8").code == 0


def test_a_run_has_its_data_already(shell: Shell, tmp_path: Path) -> None:
    refused = shell("export", "0123456789ab-s0", "--data", "digits", "--out", tmp_path / "x.zip")
    assert refused.code == 1 and "name the study" in refused.err
