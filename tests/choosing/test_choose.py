"""`seedtrial choose` from the command to the answer, on small data."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import Shell, write_pictures
from seedtrial.choosing.look import look
from seedtrial.errors import SeedtrialError
from seedtrial.serving.bundle import Bundle


@pytest.mark.slow
def test_it_answers_and_leaves_a_report_a_study_and_a_network(shell: Shell, tmp_path: Path, idx_folder: Path) -> None:
    out, runs = tmp_path / "answer", tmp_path / "runs"
    result = shell("choose", idx_folder, "--minutes", "0.3", "--out", out, "--runs", runs, "--jobs", "1")
    assert result.code == 0, result.err
    answer = next(line for line in result.out.splitlines() if line.startswith("Use "))
    assert "of the test images correctly" in answer
    assert answer in (out / "report.html").read_text(encoding="utf-8")
    choice = json.loads((out / "choice.json").read_text(encoding="utf-8"))
    assert choice["seconds"] < 0.3 * 60 * 1.1 and choice["trials"]
    # The test images were opened for the finalists alone, and once more to draw the page.
    (ledger,) = runs.glob("*.ledger.jsonl")
    openings = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    examined = [opening for opening in openings if opening["reason"].startswith("score")]
    folds = choice["study"].get("folds", 1)
    assert len(examined) == folds * sum(recipe["seeds"] for recipe in choice["study"]["recipes"])
    # With folds, the network for use has learnt from the test images of every fold.
    description = Bundle.load(out / "bundle").description
    assert description["recipe"]["data"].get("whole") == (True if "folds" in choice["study"] else None)
    assert description["runs"] == choice["network"]["runs"] and description["over_seeds"].startswith("Over ")
    status = shell("status", out / "study.py", "--runs", runs, "--json")
    assert status.code == 0 and '"missing"' not in status.out
    image = np.zeros((8, 8), np.uint8)
    Image.fromarray(image).save(tmp_path / "one.png")
    assert Bundle.load(out / "bundle").predict([tmp_path / "one.png"])


def choosing(tmp_path: Path, data: Path, *, minutes: float) -> list[str]:
    # A shell starts its background processes with SIGINT ignored, which they hand down: to the tests, and so to this.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    program += "from seedtrial.entry import main; main()"
    command = [sys.executable, "-c", program, "choose", str(data), "--minutes", str(minutes)]
    return [*command, "--out", str(tmp_path / "answer"), "--runs", str(tmp_path / "runs"), "--jobs", "1"]


def in_the_middle(command: list[str], tmp_path: Path, *, runs: int) -> "subprocess.Popen[str]":
    """The command at work, with so many runs behind it."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 60
    while len(list((tmp_path / "runs").glob("*/metrics.json"))) < runs and time.monotonic() < until:
        time.sleep(0.05)
    return process


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on(tmp_path: Path, idx_folder: Path) -> None:
    command = choosing(tmp_path, idx_folder, minutes=0.3)
    process = in_the_middle(command, tmp_path, runs=3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = {path: path.stat().st_mtime for path in (tmp_path / "runs").glob("*/metrics.json")}
    again = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
    assert all(path.stat().st_mtime == then for path, then in before.items())
    assert (tmp_path / "answer" / "report.html").exists()


@pytest.mark.slow
def test_stopped_by_ctrl_c_it_answers_with_what_is_there(tmp_path: Path, idx_folder: Path) -> None:
    process = in_the_middle(choosing(tmp_path, idx_folder, minutes=5), tmp_path, runs=4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Stopped; the answer uses the trainings so far." in err and "\nUse " in out


def test_pictures_of_many_sizes_are_brought_to_one(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", (90, 70), each=15)
    Image.new("RGB", (200, 100)).save(folder / "left" / "wide.png")
    spec, dataset, said = look(str(folder))
    assert spec.size == 64 and dataset.facts.shape == (3, 64, 64)
    assert said == ["Pictures are resized to 64 x 64 pixels; --set data.size=96 changes that."]
    assert look(str(folder), settings=["data.size=16"])[1].facts.shape == (3, 16, 16)


def test_photographs_stay_as_large_as_a_pretrained_network_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_pictures(tmp_path / "pictures", (200, 130), each=15)
    assert look(str(folder))[0].size == 160
    monkeypatch.setattr("seedtrial.choosing.look.weights_available", lambda: False)
    assert look(str(folder))[0].size == 64


def test_small_pictures_of_one_size_stay_as_they_are_and_grey_ones_become_grey(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", (12, 12), each=15)
    for path in folder.glob("*/*.png"):
        Image.open(path).convert("L").save(path)
    spec, dataset, said = look(str(folder))
    assert spec.size is None and dataset.facts.shape == (1, 12, 12) and "All pictures are grey" in said[0]


@pytest.mark.parametrize(
    ("each", "sentence"),
    [(6, "has 9 training images; a choice needs at least 20"), (1, "each class needs at least 5")],
)
def test_hopeless_data_are_refused(each: int, sentence: str, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", (12, 12), each=each)
    with pytest.raises(SeedtrialError, match=sentence):
        look(str(folder))


def test_no_time_and_settings_of_other_things_are_refused(shell: Shell, idx_folder: Path) -> None:
    assert shell("choose", idx_folder, "--minutes", "0").err == "A choice needs at least 0.2 minutes, not 0.\n"
    result = shell("choose", idx_folder, "--set", "training.epochs=3")
    assert result.code == 1 and "Only settings of the data can be set here, such as data.size=96" in result.err
