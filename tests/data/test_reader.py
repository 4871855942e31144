"""A data set is a built-in name or a folder."""

from pathlib import Path

import pytest

from seedtrial.data.dataset import DataSpec, facts, load
from seedtrial.data.reader import SOURCES, looks_like_path, read
from seedtrial.errors import SeedtrialError


def test_an_unknown_data_set_suggests_the_nearest_name() -> None:
    with pytest.raises(SeedtrialError, match=r"no data set 'digit'\. Did you mean 'digits'\? Known: .*fashion-mnist"):
        read("digit")


def test_a_path_that_leads_nowhere_is_a_missing_folder() -> None:
    with pytest.raises(SeedtrialError, match=r"^There is no folder some/where\.$"):
        read("some/where")


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(b"")
    with pytest.raises(SeedtrialError, match=r"^There is no folder .*images\.$"):
        read(str(tmp_path / "images"))


def test_a_folder_of_files_applies_to_built_in_data_only(idx_folder: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"--data-dir says where a built-in data set's files are"):
        read(str(idx_folder), idx_folder)
    with pytest.raises(SeedtrialError, match=r"--data-dir does not apply to them"):
        read("digits", idx_folder)


def test_pictures_that_do_not_come_with_seedtrial_need_their_folder(tmp_path: Path) -> None:
    with pytest.raises(
        SeedtrialError, match=r"^The pictures of 'hotdog' do not come with .* with --data-dir DIR, where"
    ):
        read("hotdog")
    with pytest.raises(SeedtrialError, match=r"^There is no folder .*nowhere\.$"):
        read("hotdog", tmp_path / "nowhere")


@pytest.mark.parametrize("setting", [{"size": 8}, {"channels": 3}])
def test_only_pictures_can_be_brought_to_a_size(idx_folder: Path, setting: dict[str, int]) -> None:
    for name in ("digits", str(idx_folder)):
        words = rf"^data\.{next(iter(setting))} is for folders of pictures; the images of '.*' are used as they are\.$"
        with pytest.raises(SeedtrialError, match=words):
            facts(DataSpec(source=name, **setting))
        with pytest.raises(SeedtrialError, match=words):
            load(DataSpec(source=name, **setting))


@pytest.mark.parametrize("name", ["a.npz", "nowhere/a.csv"])
def test_a_missing_file_is_named(name: str) -> None:
    with pytest.raises(SeedtrialError, match=rf"^There is no file {name}\.$"):
        read(name)


def test_a_folder_in_the_present_directory_needs_no_slash(idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(idx_folder.parent)
    assert looks_like_path(idx_folder.name)
    assert len(read(idx_folder.name).train) == 64


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if source.facts])
def test_facts_agree_with_each_other(name: str) -> None:
    facts = SOURCES[name].facts
    assert facts is not None
    assert len(facts.fingerprint) == 64
    assert len(facts.classes) == 10
    assert SOURCES[name].title.startswith(f"{facts.train + facts.test:,} grey {facts.shape[1]}x{facts.shape[2]} ")
