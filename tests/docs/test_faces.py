"""The faces of docs/owner.md: the same ones every time, and a network that learns them accepts the owner by a limit."""

from pathlib import Path

import pytest

from command_line import Shell
from draw_faces import draw_faces, sheet


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "faces"
    draw_faces(folder, owner=40, others=60, each=2)
    return folder


def test_the_same_faces_are_drawn_every_time(faces: Path, tmp_path: Path) -> None:
    draw_faces(tmp_path, owner=40, others=3, each=2)
    again = list(tmp_path.rglob("*.png"))
    assert len(again) == 46
    for path in again:
        assert path.read_bytes() == (faces / path.relative_to(tmp_path)).read_bytes()
    assert sheet(faces).size == (1200, 300)


def test_the_owner_is_accepted_by_a_limit_and_too_few_strangers_are_named(
    faces: Path, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ("data.groups={group}-*", "training.epochs=4", "data.validation.size=0.25")
    options = [word for each in settings for word in ("--set", each)]
    assert shell("train", "conv", "--data", faces, *options, "--examine").code == 0
    (run,) = Path("runs").glob("*-s0")
    said = shell("predict", run, faces / "owner", "--accept", "owner", "--truth")
    assert said.code == 0 and "24 validation images of other classes are too few to promise 1 %" in said.out
    assert "which takes 299" in said.out and "On test images: false accepts" in said.out
    assert "On these images: false accepts not measured, false rejects" in said.out
