"""A data set is a built-in name or a folder."""

from pathlib import Path

import pytest

from seedtrial.data.dataset import DataSpec, facts, load
from seedtrial.data.readers import READERS, built_in_readers, looks_like_path, read, reader_for
from seedtrial.errors import SeedtrialError


def test_an_unknown_data_set_suggests_the_nearest_name() -> None:
    with pytest.raises(SeedtrialError, match=r"no data set 'digit'\. Did you mean 'digits'\? Known: .*fashion-mnist"):
        read("digit")


def test_a_path_that_leads_nowhere_is_a_missing_folder() -> None:
    with pytest.raises(SeedtrialError, match=r"^There is no folder some/where\.$"):
        read("some/where")


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(b"")
    with pytest.raises(SeedtrialError, match=r"images is a file of another kind; what can be read: FILE\.npz, "):
        read(str(tmp_path / "images"))


def test_a_folder_of_files_applies_to_built_in_data_only(idx_folder: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"--data-dir says where a built-in data set's files are"):
        read(str(idx_folder), idx_folder)
    with pytest.raises(SeedtrialError, match=r"but 'digits' needs no files; leave --data-dir out"):
        read("digits", idx_folder)


def test_a_study_without_images_takes_those_that_the_user_names(idx_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"^This study needs your own images: give their folder with --data-dir"):
        read("data-dir")
    with pytest.raises(SeedtrialError, match=r"^There is no folder .*nowhere\.$"):
        read("data-dir", tmp_path / "nowhere")
    named = load(DataSpec(source="data-dir"), data_dir=idx_folder)
    assert named.facts == load(str(idx_folder)).facts == facts(DataSpec(source="data-dir"), data_dir=idx_folder)
    assert named.name == str(idx_folder)


def test_every_reader_is_listed_once_with_a_line_on_it() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert all(reader.title for reader in READERS)
    assert not any(reader.claims("nothing of any kind") for reader in READERS)


@pytest.mark.parametrize("setting", [{"size": 8}, {"channels": 3}])
def test_only_pictures_can_be_brought_to_a_size(idx_folder: Path, setting: dict[str, int]) -> None:
    for name in ("digits", str(idx_folder)):
        words = rf"^data\.{next(iter(setting))} is for pictures; the images of '.*' are used as they are\.$"
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


@pytest.mark.parametrize("name", built_in_readers())
def test_facts_agree_with_each_other(name: str) -> None:
    reader = built_in_readers()[name]
    facts = reader.facts
    assert facts is not None
    assert len(facts.fingerprint) == 64
    assert len(facts.classes) == 10
    assert reader.title.startswith(f"{facts.train + facts.test:,} grey {facts.shape[1]}x{facts.shape[2]} ")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("a.tar.gz", "Unpack it and give the folder"),
        ("model.pkl", "It may run code when read: save its arrays with np.savez"),
        ("a.h5", "Save its arrays with np.savez"),
        ("a.xlsx", "Save it as a .csv file"),
        ("cat.jpg", "It is one picture: give the folder with a folder per class"),
        ("train-images-idx3-ubyte", "Give the folder with the four IDX files"),
    ],
)
def test_a_file_of_another_kind_says_what_helps(tmp_path: Path, name: str, way: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SeedtrialError) as caught:
        reader_for(str(tmp_path / name))
    assert str(caught.value).endswith(f" {way}.")


def test_an_address_and_a_folder_of_other_things_say_what_helps(tmp_path: Path) -> None:
    with pytest.raises(
        SeedtrialError, match=r"^https://here/a\.zip is an address; download what it names and give the"
    ):
        reader_for("https://here/a.zip")
    (tmp_path / "test.csv").touch()
    (tmp_path / "train.csv").touch()
    with pytest.raises(SeedtrialError, match=r" It has train\.csv, which can be given itself\.$"):
        reader_for(str(tmp_path))
