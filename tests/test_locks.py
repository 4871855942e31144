"""One process at a time."""

from pathlib import Path

import pytest

from command_line import Shell
from seedtrial.errors import Busy
from seedtrial.locks import hold


def test_a_second_holder_is_told_and_the_lock_is_free_afterwards(tmp_path: Path) -> None:
    with hold(tmp_path / ".lock", wait=False, busy="Busy here."):
        with pytest.raises(Busy, match=r"Busy here\."), hold(tmp_path / ".lock", wait=False, busy="Busy here."):
            pass
    with hold(tmp_path / ".lock", wait=False, busy="Busy here."):
        pass


def test_two_searches_do_not_share_a_folder(shell: Shell, tmp_path: Path) -> None:
    """The second would take the trials that the first is training for ones that were cut off."""
    with hold(tmp_path / ".lock", wait=False, busy=""):
        tuned = shell("tune", "linear", "--data", "digits", "--out", tmp_path, "--runs", tmp_path / "runs")
    assert tuned.code == 1 and f"Another seedtrial is searching in {tmp_path}; wait until it is done" in tuned.err
    assert not (tmp_path / "search.sqlite3").exists()
