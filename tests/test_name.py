"""The project has one name."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OLD = "look" + "book"  # belongs to another package


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs a checkout")
def test_only_one_line_of_the_changelog_knows_the_old_name() -> None:
    matches = subprocess.run(["git", "-C", str(ROOT), "grep", "-iIn", OLD], capture_output=True, text=True).stdout
    assert [line.split(":")[0] for line in matches.splitlines()] == ["CHANGELOG.md"]


def test_the_package_runs_as_a_module(capfd: pytest.CaptureFixture[str]) -> None:
    import sys

    assert subprocess.run([sys.executable, "-m", "seedtrial", "--version"]).returncode == 0
    assert capfd.readouterr().out.startswith("seedtrial ")
