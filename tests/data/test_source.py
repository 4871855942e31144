"""A data set is a built-in name or a folder."""

from pathlib import Path

import pytest

from lookbook.data.source import SOURCES, looks_like_folder, read
from lookbook.errors import LookbookError


def test_an_unknown_data_set_suggests_the_nearest_name() -> None:
    with pytest.raises(LookbookError, match=r"no data set 'digit'\. Did you mean 'digits'\? Known: .*fashion-mnist"):
        read("digit")


def test_a_path_that_leads_nowhere_is_a_missing_folder() -> None:
    with pytest.raises(LookbookError, match=r"^There is no folder some/where\.$"):
        read("some/where")


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(b"")
    with pytest.raises(LookbookError, match=r"^There is no folder .*images\.$"):
        read(str(tmp_path / "images"))


def test_a_folder_of_files_applies_to_built_in_data_only(idx_folder: Path) -> None:
    with pytest.raises(LookbookError, match=r"--data-dir says where a built-in data set's files are"):
        read(str(idx_folder), idx_folder)
    with pytest.raises(LookbookError, match=r"--data-dir does not apply to them"):
        read("digits", idx_folder)


def test_a_folder_in_the_present_directory_needs_no_slash(idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(idx_folder.parent)
    assert looks_like_folder(idx_folder.name)
    assert len(read(idx_folder.name).train) == 64


@pytest.mark.parametrize("name", SOURCES)
def test_facts_agree_with_each_other(name: str) -> None:
    facts = SOURCES[name].facts
    assert len(facts.fingerprint) == 64
    assert len(facts.classes) == 10
    assert SOURCES[name].title.startswith(f"{facts.train + facts.test:,} grey {facts.shape[1]}x{facts.shape[2]} ")
