"""The way from the command to the gradient is short."""

import sys
from pathlib import Path
from types import FrameType

import pytest

import seedtrial
from command_line import Shell, write_study

PACKAGE = str(Path(seedtrial.__file__).parent)


def test_five_frames_of_ours_lie_between_the_command_and_the_gradient(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, idx_folder: Path
) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    seen: set[tuple[str, ...]] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "backward" and frame.f_code.co_filename.endswith("_tensor.py"):
            names, caller = [], frame.f_back
            while caller is not None:
                if caller.f_code.co_filename.startswith(PACKAGE):
                    names.append(caller.f_code.co_name)
                caller = caller.f_back
            seen.add(tuple(reversed(names)))

    monkeypatch.chdir(tmp_path)
    sys.setprofile(note)
    try:
        frames = Shell(capsys, monkeypatch)("run", path, "--jobs", "1")
    finally:
        sys.setprofile(None)
    assert frames.code == 0
    assert seen == {("main", "run", "execute", "here", "train", "fit")}  # main only turns errors into sentences
