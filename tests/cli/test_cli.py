"""The commands on good input; each one's --json is a single object."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import seedtrial
from command_line import Shell, write_pictures, write_study
from ledgers import openings
from seedtrial.cli import printing


@pytest.fixture
def tiny_study(tmp_path: Path, idx_folder: Path) -> Path:
    return write_study(tmp_path / "tiny.py", idx_folder)


def test_help_names_every_command(shell: Shell) -> None:
    result = shell("--help")
    assert result.code == 0
    for verb in ("studies", "plan", "run", "status", "report", "explain", "train", "models", "data", "play"):
        assert f"  {verb} " in result.out


def test_studies_lists_quickstart_with_its_question(shell: Shell) -> None:
    result = shell("studies")
    assert "quickstart" in result.out and "convolutional" in result.out
    assert {"quickstart", "thingwall2019-conv-a"} <= set(json.loads(shell("studies", "--json").out))


def test_the_version_is_printed(shell: Shell) -> None:
    assert shell("--version").out == f"seedtrial {seedtrial.__version__}\n"


def test_data_describes_a_folder(shell: Shell, idx_folder: Path) -> None:
    result = shell("data", idx_folder)
    assert "8 x 8 pixels" in result.out and "fingerprint: " in result.out and "Exact duplicates" in result.out
    described = json.loads(shell("data", idx_folder, "--json").out)
    assert described["counts"] == {"train": [22, 21, 21], "test": [8, 8, 8]}


def test_data_names_files_that_it_skipped(shell: Shell, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", (12, 9), each=10)
    assert "Skipped" not in shell("data", folder).out
    for number in range(12):
        (folder / "left" / f"x{number:02d}.jpg").write_text("text")
    result = shell("data", folder, "--set", "data.size=8")
    assert "8 x 8 pixels, 3 channels" in result.out and "20% of the training part" in result.out
    assert "Skipped files: 12.\n  left/x00.jpg: not a known picture format\n" in result.out
    assert result.out.endswith("  and 2 more; --json lists all\n")
    listed = json.loads(shell("data", folder, "--json").out)["skipped"]
    assert len(listed) == 12 and listed[11] == {
        "path": "left/x11.jpg",
        "reason": "not a known picture format",
    }


def test_pictures_of_a_folder_can_be_trained_on(shell: Shell, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", (12, 9), each=10)
    (folder / "left" / "x.jpg").write_text("text")
    options = ("--set", "data.size=8", "--set", "data.channels=1", "--set", "training.epochs=1")
    result = shell("train", "linear", "--data", folder, "--runs", tmp_path / "runs", *options)
    assert (
        result.code == 0
        and "Note: skipped left/x.jpg (not a known picture format); `seedtrial data` lists them." in result.err
    )
    counted = json.loads(shell("models", "linear", "--data", folder, *options[:4], "--json").out)
    assert counted["parameters"] == 8 * 8 * 2 + 2


def test_data_lists_the_sources(shell: Shell) -> None:
    assert {"fashion-mnist", "digits"} <= set(json.loads(shell("data", "--json").out))
    assert "DIR with IDX files" in shell("data").out


def test_plan_run_status_and_report_agree(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    runs = ("--runs", tmp_path / "runs")
    assert "4 of 4 runs to train" in shell("plan", tiny_study, *runs).out
    assert not (tmp_path / "runs").exists()  # planning writes nothing
    assert "0 finished, 4 missing." in shell("status", tiny_study, *runs).out

    first = shell("run", tiny_study, *runs)
    assert first.code == 0
    assert "epoch 2/2" in first.err and "epoch" not in first.out.replace("s/epoch", "")
    assert "small equals large within 50 points: " in first.out

    again = shell("run", tiny_study, *runs)
    assert again.code == 0 and "nothing was trained" in again.out and "epoch 1" not in again.err
    assert "4 finished." in shell("status", tiny_study, *runs).out
    assert "0 of 4 runs to train: nothing." in shell("plan", tiny_study, *runs).out

    page = tmp_path / "page.html"
    result = shell("report", tiny_study, *runs, "--out", page)
    assert result.out.rstrip().endswith(f"Report: {page}")
    assert page.read_text().startswith("<!doctype html>")


def test_json_of_a_run_is_one_object_and_nothing_else(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    result = json.loads(shell("run", tiny_study, "--runs", tmp_path / "runs", "--json").out)
    assert result["complete"] and result["trained"] == 4 and result["failed"] == []
    assert [row["label"] for row in result["recipes"]] == ["small", "large"]
    assert result["recipes"][0]["test"]["n"] == 2
    assert result["verdicts"][0]["verdict"] in ("supported", "contradicted", "not distinguishable")
    plan = json.loads(shell("plan", tiny_study, "--runs", tmp_path / "runs", "--json").out)
    assert {run["state"] for run in plan["runs"]} == {"finished"} and plan["seconds_left"] == 0


def test_settings_seeds_and_only_change_what_runs(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    options = ("--runs", tmp_path / "runs", "--only", "small", "--seeds", "1", "--set", "training.epochs=1")
    result = json.loads(shell("run", tiny_study, *options, "--json").out)
    assert [row["label"] for row in result["recipes"]] == ["small"]
    assert [len(run["epochs"]) for run in result["recipes"][0]["runs"]] == [1]
    assert "4 missing" in shell("status", tiny_study, "--runs", tmp_path / "runs").out  # an override is another recipe


def test_a_setting_may_concern_some_recipes_only(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    result = shell("plan", "quickstart", "--set", "model.dense_dropout=0.5", "--runs", tmp_path / "runs")
    assert result.code == 0


def test_runs_are_listed_by_what_they_are(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert shell("runs", "--runs", runs).out == f"There are no runs in {runs}.\n"
    shell("run", tiny_study, "--runs", runs, "--seeds", "1")
    shell("train", "linear", "--data", "digits", "--runs", runs, "--set", "training.epochs=1")
    listed = json.loads(shell("runs", "list", "--runs", runs, "--json").out)["runs"]
    assert {(run["study"], run["recipe"]) for run in listed} >= {("tiny", "small"), ("train-linear", "linear")}
    last = listed[-1]
    assert (last["data"], last["seed"], last["state"], last["test"]) == ("digits", 0, "trained", None)
    result = shell("runs", "--runs", runs).out
    assert "train-linear" in result and f"{100 * last['validation']:.2f} %" in result


def test_a_run_is_found_by_the_beginning_of_its_name(shell: Shell, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shell("train", "linear", "--data", "digits", "--runs", runs, "--set", "training.epochs=1", "--seeds", "2")
    name = next(path.name for path in sorted(runs.iterdir()) if path.name.endswith("-s1"))
    out = tmp_path / "page.html"
    assert shell("explain", name, "--runs", runs, "--out", out).code == 0
    several = shell("explain", name[:6], "--runs", runs, "--out", out)
    assert several.code == 1 and f"2 runs in {runs} begin with {name[:6]}" in several.err
    nothing = shell("explain", "zzz", "--runs", runs)
    assert nothing.code == 1 and "`seedtrial runs` lists those that are there" in nothing.err


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [("csv", "recipe,parameters,seeds,accuracy,sd,"), ("tex", "\\begin{tabular}"), ("md", "# ")],
)
def test_a_report_is_what_its_name_says(
    shell: Shell, tiny_study: Path, tmp_path: Path, suffix: str, begins: str
) -> None:
    shell("run", tiny_study, "--runs", tmp_path / "runs", "--seeds", "1")
    before, out = openings(tmp_path / "runs"), tmp_path / f"r.{suffix}"
    assert shell("report", tiny_study, "--runs", tmp_path / "runs", "--seeds", "1", "--out", out).code == 0
    assert out.read_text(encoding="utf-8").startswith(begins)
    assert openings(tmp_path / "runs") == before  # a table shows no test images
    refused = shell("report", tiny_study, "--runs", tmp_path / "runs", "--seeds", "1", "--out", tmp_path / "r.pdf")
    assert refused.code == 1 and "not r.pdf" in refused.err
    option = {"csv": "--csv", "tex": "--latex", "md": "--markdown"}[suffix]
    printed = shell("report", tiny_study, "--runs", tmp_path / "runs", "--seeds", "1", option)
    assert printed.out == out.read_text(encoding="utf-8")
    both = shell("report", tiny_study, "--runs", tmp_path / "runs", option, "--json")
    assert both.code == 1 and "give one of them" in both.err


def test_a_report_says_which_finished_seeds_the_study_does_not_ask_for(
    shell: Shell, tiny_study: Path, tmp_path: Path
) -> None:
    runs = ("--runs", tmp_path / "runs")
    shell("run", tiny_study, *runs, "--seeds", "3", "--only", "small")
    shell("run", tiny_study, *runs)  # asks for two seeds
    page = tmp_path / "page.html"
    result = shell("report", tiny_study, *runs, "--out", page)
    assert "they are not counted (small: 2). --seeds 3 counts them." in result.out
    assert "(small: 2)" in page.read_text(encoding="utf-8")
    assert json.loads(shell("report", tiny_study, *runs, "--out", page, "--seeds", "3", "--json").out)["unused"] == ""


def test_page_and_json_have_precision_recall_and_f1_of_each_class(
    shell: Shell, tiny_study: Path, tmp_path: Path
) -> None:
    runs, page = ("--runs", tmp_path / "runs"), tmp_path / "page.html"
    shell("run", tiny_study, *runs)
    values = json.loads(shell("report", tiny_study, *runs, "--out", page, "--json").out)
    for recipe in values["recipes"]:
        mean = np.mean([run["confusion"] for run in recipe["runs"]], axis=0)
        assert [each["support"] for each in recipe["classes"]] == mean.sum(axis=1).tolist()
        assert [each["recall"] for each in recipe["classes"]] == pytest.approx(np.diag(mean) / mean.sum(axis=1))
    assert "Precision, recall, F1 of small" in page.read_text(encoding="utf-8")


def test_a_tilde_is_the_users_own_folder(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "p", (8, 8), each=12)
    result = shell("train", "linear", "--data", "~/p", "--runs", "~/runs", "--set", "training.epochs=1")
    assert result.code == 0 and list((tmp_path / "runs").glob("*-s0")) and not (tmp_path / "~").exists()


def test_tables_are_whole_on_80_columns(
    shell: Shell, tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "WIDTH", 80)
    for line in shell("run", tiny_study, "--runs", tmp_path / "runs").out.splitlines()[:6]:
        assert len(line) <= 80
    assert "95 % interval" in shell("run", tiny_study, "--runs", tmp_path / "runs").out


def test_a_narrow_terminal_gets_a_list_in_place_of_a_broken_table(
    shell: Shell, tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 20 columns, half of a table's columns were left out without a word."""
    monkeypatch.setattr(printing, "WIDTH", 20)
    lines = shell("run", tiny_study, "--runs", tmp_path / "runs", "--seeds", "1").out.splitlines()
    lines = lines[lines.index("recipe: small") :]
    first = lines[: lines.index("")]
    heads = [line.split(":")[0] for line in first]
    assert heads == ["recipe", "parameters", "seeds", "validation", "test", "sd", "95 % interval", "s/epoch"]
    assert lines[len(first) + 1] == "recipe: large"


def test_guessing_is_shown_beside_every_accuracy(shell: Shell, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.array([0] * 194 + [1] * 6)
    np.savez(tmp_path / "rare.npz", images=generator.integers(0, 256, (200, 6, 6), dtype=np.uint8), labels=labels)
    result = shell("train", "linear", "--data", tmp_path / "rare.npz", "--runs", tmp_path / "runs", "--examine")
    assert "Guessing: always answering '0' is right on 97.50 % of these images." in result.out
    assert "balanced" in result.out


def test_runs_folder_comes_from_the_environment(
    shell: Shell, tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDTRIAL_RUNS", str(tmp_path / "elsewhere"))
    assert shell("run", tiny_study, "--only", "small", "--seeds", "1").code == 0
    assert len(list((tmp_path / "elsewhere").glob("*-s0"))) == 1


def test_batch_larger_than_the_data_is_allowed_with_a_note(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    result = shell("run", tiny_study, "--runs", tmp_path / "runs", "--set", "training.batch_size=4096", "--seeds", "1")
    assert result.code == 0
    assert "batch of 4,096 is larger than the 48 training images" in result.err


def test_a_diverged_run_is_reported_with_epoch_and_step_and_exit_code_3(
    shell: Shell, tiny_study: Path, tmp_path: Path
) -> None:
    options = ("--runs", tmp_path / "runs", "--set", "training.optimiser=sgd")
    options += ("--set", "training.optimiser.rate=1e30", "--seeds", "1")
    result = shell("run", tiny_study, *options)
    assert result.code == 3
    assert "Failed: small, seed 0: Loss is" in result.err and "in epoch 1, step " in result.err
    assert "nothing was trained" not in result.out
    assert "diverged" in shell("status", tiny_study, *options).out
    assert shell("run", tiny_study, *options).code == 3  # a record like any other: not trained again, still reported


def test_public_names_are_importable() -> None:
    for name in seedtrial.__all__:
        assert getattr(seedtrial, name) is not None
    assert set(seedtrial.__all__) <= set(dir(seedtrial))
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        _ = seedtrial.rum  # type: ignore[attr-defined]


def test_what_a_study_file_prints_does_not_reach_stdout(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    tiny_study.write_text("print('hello')\n" + tiny_study.read_text(encoding="utf-8"), encoding="utf-8")
    result = shell("plan", tiny_study, "--runs", tmp_path / "runs", "--json")
    assert json.loads(result.out)["study"] == "tiny" and "hello" in result.err


def test_json_is_whole_where_stdout_knows_ascii_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from seedtrial.cli import printing

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    printing.show_json({"classes": ["日本"]})
    assert json.loads(raw.getvalue()) == {"classes": ["日本"]}


def test_status_has_no_column_without_content(shell: Shell, tiny_study: Path, tmp_path: Path) -> None:
    assert "word" not in shell("status", tiny_study, "--runs", tmp_path / "runs").out


def test_data_describes_pictures_that_differ_in_size(shell: Shell, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "p", (90, 70), each=10)
    Image.new("RGB", (200, 100)).save(pictures / "left" / "wide.png")
    described = shell("data", pictures)
    assert described.code == 0 and "64 x 64 pixels" in described.out
    assert "Pictures are 90 to 200 pixels wide and 70 to 100 high" in described.err
    assert "32 x 32 pixels" in shell("data", pictures, "--set", "data.size=32").out
