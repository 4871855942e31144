"""Folds from the command line."""

import json
from pathlib import Path

import pytest

from command_line import Shell, write_study


@pytest.mark.parametrize("verb", ["plan", "run", "status", "report", "train"])
def test_every_verb_about_studies_takes_folds(shell: Shell, verb: str) -> None:
    told = shell(verb, "--help")
    assert "--folds" in told.out and "--repeats" in told.out


def test_a_plan_has_a_run_per_fold(shell: Shell, tmp_path) -> None:
    told = shell("plan", "quickstart", "--folds", "5", "--seeds", "1", "--runs", tmp_path, "--json")
    runs = json.loads(told.out)["runs"]
    assert [run["fold"] for run in runs if run["recipe"] == "conv"] == [1, 2, 3, 4, 5]


def test_training_on_folds_opens_no_fold_unless_asked(shell: Shell, tmp_path) -> None:
    line = ("train", "linear", "--data", "digits", "--set", "training.epochs=1", "--folds", "3", "--runs", tmp_path)
    assert "the test set stays sealed" in shell(*line).out and not list(tmp_path.glob("*.ledger.jsonl"))
    told = shell(*line, "--examine")
    assert "every image was a test image once per seed" in told.out
    (ledger,) = tmp_path.glob("*.ledger.jsonl")
    assert len(ledger.read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--folds", "1"), "folds should be greater than or equal to 2, not 1."),
        (("--repeats", "2"), "Study: repeats are of folds; say how many, such as folds=5."),
    ],
)
def test_what_cannot_be_divided_is_refused(shell: Shell, options: tuple[str, ...], sentence: str) -> None:
    told = shell("plan", "quickstart", *options)
    assert told.code == 1 and sentence in told.err


def test_networks_of_folds_are_not_averaged_since_nothing_could_be_measured(
    shell: Shell, idx_folder: Path, tmp_path: Path
) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    study.write_text(study.read_text(encoding="utf-8").replace("seeds=1", "seeds=1, folds=2"), encoding="utf-8")
    runs = ("--runs", tmp_path / "runs")
    assert shell("run", study, *runs).code == 0
    told = shell("export", study, *runs, "--ensemble", "--out", tmp_path / "all")
    assert told.code == 1 and "have learnt each other's validation and test images" in told.err
    assert not (tmp_path / "all").exists()
