"""Bad input: one sentence on stderr, exit code 1, no traceback, nothing written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Shell, write_study
from ledgers import openings


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


CASES = {
    "unknown study": (["run", "quikstart"], "There is no study 'quikstart'. Did you mean 'quickstart'?"),
    "unknown architecture": (["train", "convv"], "There is no architecture 'convv'. Did you mean 'conv'?"),
    "unknown architecture to show": (["models", "densse"], "Did you mean 'dense'?"),
    "unknown data set": (
        ["data", "fashion-mist"],
        "There is no data set 'fashion-mist'. Did you mean 'fashion-mnist'?",
    ),
    "unknown data set to train on": (["train", "dense", "--data", "digit"], "Did you mean 'digits'?"),
    "unknown key": (
        ["run", "quickstart", "--set", "training.epoch=2"],
        "There is no setting 'training.epoch'. Did you mean 'training.epochs'?",
    ),
    "unknown part": (["run", "quickstart", "--set", "traning.epochs=2"], "Did you mean 'training'?"),
    "key of no architecture": (["run", "quickstart", "--set", "model.width=2"], "There is no setting 'model.width'."),
    "wrong type": (["run", "quickstart", "--set", "training.epochs=many"], "training.epochs should be a valid integer"),
    "out of range": (["run", "quickstart", "--set", "training.epochs=0"], "training.epochs should be greater than"),
    "not a share": (["run", "quickstart", "--set", "training.label_smoothing=1.5"], "less than 1, not 1.5"),
    "not a number": (
        ["run", "quickstart", "--set", "training.optimiser.rate=NaN"],
        "training.optimiser.rate should be",
    ),
    "no equals sign": (["run", "quickstart", "--set", "training.epochs"], "A setting looks like training.epochs=2"),
    "unknown label": (["run", "quickstart", "--only", "convs"], "There is no recipe 'convs'. Did you mean 'conv'?"),
    "zero seeds": (["run", "quickstart", "--seeds", "0"], "at least one seed, not 0"),
    "zero seeds to train": (["train", "dense", "--seeds", "0"], "at least one seed, not 0"),
    "seeds that are no number": (["run", "quickstart", "--seeds", "three"], "Invalid value for '--seeds'"),
    "unknown device": (["run", "quickstart", "--device", "cdua"], "There is no device 'cdua'. Did you mean 'cuda'?"),
    "jobs that are no number": (
        ["run", "quickstart", "--jobs", "many"],
        "--jobs takes auto or a whole number of at least 1",
    ),
    "no jobs": (["train", "dense", "--jobs", "0"], "--jobs takes auto or a whole number of at least 1, not '0'"),
    "unknown command": (["runn", "quickstart"], "runn"),
    "unknown option": (["run", "quickstart", "--sed", "3"], "--sed"),
    "no study given": (["run"], "STUDY"),
    "missing folder": (["data", "./no/such/folder"], "There is no folder no/such/folder"),
    "missing data dir": (["data", "fashion-mnist", "--data-dir", "nowhere"], "There is no folder nowhere"),
    "data dir for digits": (["data", "digits", "--data-dir", "."], "but 'digits' needs no files; leave --data-dir out"),
    "pictures without their folder": (["run", "hotdog"], "give their folder with --data-dir DIR"),
    "pictures in a missing folder": (["plan", "hotdog", "--data-dir", "nowhere"], "There is no folder nowhere"),
    "missing file of arrays": (["train", "dense", "--data", "mine.npz"], "There is no file mine.npz"),
    "missing table": (["data", "no/such/train.csv"], "There is no file no/such/train.csv"),
    "size for images that have one": (
        ["run", "quickstart", "--set", "data.size=32"],
        "data.size is for pictures; the images of 'fashion-mnist' are used as they are",
    ),
    "two channels": (["run", "quickstart", "--set", "data.channels=2"], "data.channels should be 1 or 3, not 2"),
    "no size at all": (["run", "quickstart", "--set", "data.size=0"], "data.size should be greater than or equal to 1"),
    "missing study file": (["run", "mine.py"], "There is no study file mine.py"),
    "run that is not there": (["explain", "0123456789ab-s0"], "There is no run folder runs/0123456789ab-s0"),
    "folder that is no run": (["explain", "."], ". is not finished: it has no metrics.json"),
    "no run given": (["explain"], "RUN"),
    "image that is no number": (["explain", "a-s0", "--image", "first"], "Invalid value for '--image'"),
    "report of nothing": (["report", "quickstart"], "No run of quickstart is finished"),
    "split larger than the data": (
        ["run", "quickstart", "--set", "data.validation.size=70000"],
        "data.validation.size asks for 70,000 of 60,000 training images",
    ),
    "early stopping without validation": (
        ["run", "quickstart", "--set", "training.stopping={}", "--set", "data.validation=null"],
        "training.stopping judges by validation images",
    ),
    "what came": (["run", "quickstart", "--seeds=1e3"], "'--seeds': expected a valid integer, not '1e3'."),
    "what came after": (["predict", "a", "b", "--top", "0"], "expected greater than or equal to 1, not '0'."),
    "no folds": (["plan", "quickstart", "--folds", "0"], "folds should be greater than or equal to 2, not 0"),
    "no repeats": (["plan", "quickstart", "--folds", "3", "--repeats", "0"], "repeats should be greater than"),
    "empty option": (["train", "linear", "--data", "digits", "--runs", ""], "The argument after --runs is empty"),
    "empty option with its sign": (["tune", "linear", "--out="], "--out is empty; is a shell variable not set?"),
    "empty argument": (["predict", "quickstart", " "], "The argument after quickstart is empty"),
    "a report over a study file": (["train", "linear", "--out", "mine.py"], "--out takes a file that ends in .html or"),
    "what runs cannot do": (["runs", "show"], "Invalid value for 'what': 'show' is not one of 'list'."),
    "a home that nobody has": (["runs", "--runs", "~no-such-user"], "The home folder (~) is not known; set HOME"),
    "kernel larger than the image": (
        ["run", "quickstart", "--set", 'model.blocks=[{"filters":4,"kernel":31,"padding":"valid"}]'],
        "A valid 31x31 convolution does not fit on 28x28 pixels",
    ),
}


@pytest.mark.parametrize(("command", "words"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_one_sentence_and_changes_nothing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = shell(*command)
    assert words in result.err
    assert result.code == 1
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err and not result.out
    assert not files_below(tmp_path)


def test_cuda_without_a_cuda_device_is_said_before_anything_is_written(
    shell: Shell, tmp_path: Path, idx_folder: Path
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    study = write_study(tmp_path / "tiny.py", idx_folder)
    result = shell("run", study, "--runs", tmp_path / "runs", "--device", "cuda")
    assert result.code == 1 and "There is no CUDA device" in result.err
    assert not (tmp_path / "runs").exists()


def test_runs_folder_that_cannot_be_written_to(shell: Shell, tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    (tmp_path / "occupied").write_text("a file")
    result = shell("run", study, "--runs", tmp_path / "occupied" / "runs")
    assert result.code == 1 and f"Cannot write to {tmp_path / 'occupied' / 'runs'}" in result.err


def test_report_that_cannot_be_written(shell: Shell, tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    shell("run", study, "--runs", tmp_path / "runs")
    (tmp_path / "occupied").write_text("a file")
    result = shell("report", study, "--runs", tmp_path / "runs", "--out", tmp_path / "occupied" / "page.html")
    assert result.code == 1 and "Cannot write" in result.err
    result = shell("report", study, "--runs", tmp_path / "runs", "--out", tmp_path)  # a folder where a file belongs
    assert result.code == 1 and "Cannot write" in result.err


@pytest.mark.parametrize("verb", ["run", "report", "explain"])
def test_a_run_folder_with_a_changed_byte_is_named_and_not_used(
    shell: Shell, tmp_path: Path, idx_folder: Path, verb: str
) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    runs = tmp_path / "runs"
    shell("run", study, "--runs", runs)
    weights = sorted(runs.glob("*-s0/weights.safetensors"))[0]
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    before = files_below(tmp_path)

    out = ("--out", tmp_path / "page.html") if verb != "run" else ()
    result = shell(verb, weights.parent if verb == "explain" else study, "--runs", runs, *out)
    assert result.code == 1
    assert str(weights) in result.err and "was changed after the run" in result.err and "Delete" in result.err
    assert files_below(tmp_path) == before
    assert "1 finished, 1 damaged." in shell("status", study, "--runs", runs).out


def test_what_explain_cannot_show_is_one_sentence(shell: Shell, tmp_path: Path, idx_folder: Path) -> None:
    runs = tmp_path / "runs"
    shell("run", write_study(tmp_path / "tiny.py", idx_folder, seeds=1), "--runs", runs)
    (tmp_path / "text.png").write_text("text")
    before = files_below(tmp_path)
    for options, words in (
        (("--image", "16"), "The validation split has the images 0 to 15; there is no 16."),
        (("--picture", tmp_path / "text.png"), "text.png: not a known picture format."),
        (("--picture", tmp_path / "none.png"), "There is no picture"),
        (("--data-dir", tmp_path), "is not built in"),
    ):
        result = shell("explain", next(runs.glob("*-s0")), *options, "--out", tmp_path / "page.html")
        assert result.code == 1 and words in result.err and len(result.err.strip().splitlines()) == 1
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def study(:\n", "is not valid Python"),
        ("x = 1\n", "has no function `study`"),
        ("def study():\n    return 3\n", "should return a Study, not int"),
        ("def study():\n    return 1 / 0\n", "failed in line 2: ZeroDivisionError"),
        ("import no_such_module\n", "No module named 'no_such_module'"),
        (
            "def study():\n    Study(name='a')\n",
            "Study is not imported; add the line: from seedtrial import Study",
        ),
        ("def study():\n    return Dense()\n", "add the line: from seedtrial.models import Dense"),
        ("def study():\n    return nonsense\n", "failed in line 2: NameError: name 'nonsense' is not defined."),
        ("def study():\n    x = 1\n", "should return a Study, not NoneType (is the line `return Study(...)` missing?)"),
        ("def study():\n    return 1,\n", "should return a Study, not tuple (is there a comma too many?)"),
        ("def study():\n    return [1 2]\n", "Perhaps you forgot a comma? (line 2)"),
        (
            "from seedtrial.models import Dense\ndef study():\n    return Dense(widths=256)\n",
            "line 3: widths should be a list, such as [256], not 256.",
        ),
        ("from seedtrial.models import Dense\ndef study():\n    return Dense(width=3)\n", "Did you mean 'widths'?"),
    ],
)
def test_study_files_that_do_not_work(shell: Shell, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    result = shell("run", path, "--runs", tmp_path / "runs")
    assert result.code == 1
    assert words in result.err and "mine.py" in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert set(files_below(tmp_path)) == {path}


def test_a_damaged_data_folder_is_named_before_anything_is_trained(
    shell: Shell, tmp_path: Path, idx_folder: Path
) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    labels = idx_folder / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1])
    result = shell("run", study, "--runs", tmp_path / "runs")
    assert result.code == 1 and str(labels) in result.err
    assert not (tmp_path / "runs").exists()


def test_a_report_onto_a_folder_opens_no_test_part(shell: Shell, tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    shell("run", study, "--runs", tmp_path / "runs")
    before = openings(tmp_path / "runs")
    assert "it is a folder" in shell("report", study, "--runs", tmp_path / "runs", "--out", tmp_path).err
    assert openings(tmp_path / "runs") == before


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_traceback(tmp_path: Path, closed: str) -> None:
    command = f"{sys.executable} -c 'from seedtrial.entry import main; main()' studies {closed}"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0 and "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("json", ["", "--json"])
def test_a_full_disk_is_one_sentence(tmp_path: Path, json: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    command = f"{sys.executable} -c 'from seedtrial.entry import main; main()' studies {json} > /dev/full"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (
        1,
        "No space left on device; free some space; finished runs are kept, and the same command continues with "
        "the rest.\n",
    )


@pytest.mark.slow
def test_a_terminal_that_knows_ascii_only_loses_no_table(tmp_path: Path) -> None:
    words = ["train", "linear", "--data", "digits", "--set", "training.epochs=1", "--runs", "l\u00e4ufe"]
    command = [sys.executable, "-m", "seedtrial", *words]
    ascii_only = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = subprocess.run(command, capture_output=True, cwd=tmp_path, env=ascii_only)
    assert (
        result.returncode == 0 and b"Guessing: always answering" in result.stdout and b"Traceback" not in result.stderr
    )
    again = subprocess.run(command, capture_output=True, cwd=tmp_path, env=os.environ | {"LC_ALL": "C.UTF-8"})
    assert again.returncode == 0 and b"nothing was trained" in again.stdout  # the record is sound in another locale
    (machine,) = (tmp_path / "l\u00e4ufe").glob("*/machine.json")
    assert "l\u00e4ufe" in json.loads(machine.read_text(encoding="utf-8"))["command"]
