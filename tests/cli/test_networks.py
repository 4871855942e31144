"""The commands about networks on good input: models, train, explain."""

import json
from pathlib import Path

import pytest
from PIL import Image

from command_line import Shell, write_pictures, write_study
from ledgers import openings
from seedtrial.models import ARCHITECTURES


@pytest.fixture
def tiny_study(tmp_path: Path, idx_folder: Path) -> Path:
    return write_study(tmp_path / "tiny.py", idx_folder)


def test_models_lists_architectures_and_shows_layers(shell: Shell) -> None:
    assert set(json.loads(shell("models", "--json").out)) == set(ARCHITECTURES)
    result = shell("models", "dense", "--set", "model.widths=[256]")
    assert "dense1" in result.out and "203,530 parameters" in result.out
    assert json.loads(shell("models", "dense", "--set", "model.widths=[256]", "--json").out)["parameters"] == 203_530


def test_models_says_which_parameters_are_not_trained(shell: Shell) -> None:
    result = shell("models", "dense", "--set", "model.widths=[8]", "--set", "model.batch_norm=after")
    assert "16 of them running averages, not trained" in result.out


def test_explain_takes_a_runs_folder_or_its_name(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shell("run", tiny_study, "--runs", runs, "--seeds", "1", "--only", "large")
    (folder,) = runs.glob("*-s0")
    result = shell("explain", folder, "--out", tmp_path / "page.html")
    assert result.code == 0 and result.out.rstrip().endswith(f"Page: {tmp_path / 'page.html'}")
    assert result.out.count("validation image") == 3
    Image.new("L", (8, 8)).save(tmp_path / "mine.png")
    chosen = ("--image", "5", "--image", "0", "--picture", tmp_path / "mine.png", "--out", tmp_path / "other.html")
    result = shell("explain", folder.name, "--runs", runs, *chosen, "--json")
    listed = json.loads(result.out)
    assert [image["image"] for image in listed["images"]] == ["validation image 5", "validation image 0", "mine.png"]
    assert (listed["page"], listed["run"]) == (str(tmp_path / "other.html"), str(folder))
    assert listed["images"][2]["label"] is None and len(listed["images"][2]["probabilities"]) == 3


def test_explain_takes_a_study_and_says_which_run_it_shows(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    options = ("--runs", tmp_path / "runs")
    refused = shell("explain", tiny_study, *options)
    assert refused.code == 1 and "is finished; `seedtrial run" in refused.err
    shell("run", tiny_study, *options)
    page, before = ("--out", tmp_path / "page.html"), openings(tmp_path / "runs")
    best = json.loads(shell("explain", tiny_study, *options, *page, "--json").out)
    runs = json.loads(shell("runs", *options, "--json").out)["runs"]
    means = {label: sum(run["validation"] for run in runs if run["recipe"] == label) for label in ("small", "large")}
    label = max(means, key=lambda name: means[name])
    assert best["chosen"].startswith(f"This is {label}, the best recipe of the study by mean validation accuracy")
    (shown,) = (run for run in runs if run["folder"] == Path(best["run"]).name)
    assert shown["recipe"] == label
    assert shown["validation"] == max(run["validation"] for run in runs if run["recipe"] == label)
    named = shell("explain", tiny_study, *options, *page, "--recipe", "small")
    assert "This is small, with seed" in named.out and openings(tmp_path / "runs") == before


def test_explain_writes_into_reports_by_default(
    shell: Shell, tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell("run", tiny_study, "--seeds", "1", "--only", "small")
    (folder,) = Path("runs").glob("*-s0")
    assert f"Page: reports/explain-{folder.name}.html" in shell("explain", folder).out
    assert Path(f"reports/explain-{folder.name}.html").is_file()


def test_train_makes_one_recipe_without_a_study_file(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    options = ("--data", idx_folder, "--runs", tmp_path / "runs", "--set", "training.epochs=1")
    result = shell("train", "linear", *options, "--set", "data.validation.size=16", "--seeds", "2")
    assert result.code == 0 and "linear" in result.out
    assert len(list((tmp_path / "runs").glob("*-s*/metrics.json"))) == 2


def test_train_crosses_a_setting_with_several_values(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    options = ("--data", idx_folder, "--runs", tmp_path / "runs", "--set", "training.epochs=1")
    result = shell("train", "linear", *options, "--set", "training.optimiser.rate=[0.01,0.001]")
    assert result.code == 0 and "linear, rate 0.01 " in result.out and "linear, rate 0.001 " in result.out
    assert len(list((tmp_path / "runs").glob("*-s0/metrics.json"))) == 2


def test_train_leaves_the_test_images_sealed_without_examine(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    words = ("train", "linear", "--data", idx_folder, "--runs", runs, "--set", "training.epochs=1")
    tuned = shell(*words)
    assert tuned.code == 0 and "Judged on validation images; the test set stays sealed." in tuned.out
    assert openings(runs) == [] and not list(runs.glob("*/test.json"))
    examined = shell(*words, "--examine")
    assert examined.code == 0 and " test " in examined.out.split("\n")[2]
    assert len(openings(runs)) == 1
    refused = shell(*words, "--set", "data.validation=null")
    assert refused.code == 1 and "add --examine for the test images" in refused.err


def test_a_picture_can_be_explained_when_the_data_are_gone(shell: Shell, tmp_path: Path) -> None:
    pictures, runs, out = write_pictures(tmp_path / "p", (8, 8), each=12), tmp_path / "runs", tmp_path / "page.html"
    shell("train", "linear", "--data", pictures, "--runs", runs, "--set", "training.epochs=1")
    (name,) = (path.name for path in runs.glob("*-s0"))
    picture = tmp_path / "one.png"
    next(pictures.rglob("*.png")).rename(picture)
    pictures.rename(tmp_path / "elsewhere")
    assert shell("explain", name[:8], "--runs", runs, "--picture", picture, "--out", out).code == 0
    without = shell("explain", name[:8], "--runs", runs, "--out", out)
    assert without.code == 1 and "--picture FILE explains a picture without the data" in without.err


def test_train_writes_a_report_where_that_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    words = ("train", "linear", "--data", "digits", "--runs", tmp_path / "runs", "--set", "training.epochs=1")
    result = shell(*words, "--out", out)
    assert result.code == 0 and f"Report: {out}" in result.out and "<!doctype html>" in out.read_text(encoding="utf-8")
