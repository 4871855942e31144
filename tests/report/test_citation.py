"""How seedtrial and data are cited: the command, the page, the file CITATION.cff."""

import json
from pathlib import Path

import pytest
import yaml

from command_line import Shell, write_study
from seedtrial import __version__
from seedtrial.data.dataset import DataSpec, facts
from seedtrial.data.readers import READERS, cited_work
from seedtrial.models import Linear
from seedtrial.report.citation import citations, tool
from seedtrial.runs.recipe import Recipe

ROOT = Path(__file__).parents[2]


def test_the_citation_file_says_what_the_command_says() -> None:
    file = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert file["cff-version"] == "1.2.0" and file["type"] == "software"
    assert (file["title"], file["version"]) == (tool().title, __version__)
    assert [author["name"] for author in file["authors"]] == [family for family, _ in tool().authors]
    assert {"message", "license"} < set(file)


def test_every_built_in_data_set_has_a_work_to_cite() -> None:
    assert all(reader.citation for reader in READERS if reader.facts is not None)


@pytest.mark.parametrize(
    "data, parts",
    [
        ("digits", ("Alpaydin, E., Kaynak, C. (1998).", "https://doi.org/10.24432/C50P49")),
        ("fashion-mnist", ("Xiao, H., Rasul, K., Vollgraf, R. (2017).", "arXiv:1708.07747")),
        ("mnist", ("LeCun, Y., Bottou, L., Bengio, Y., Haffner, P. (1998).", "86(11), 2278-2324")),
    ],
)
def test_cite_names_the_work_of_a_built_in_data_set(shell: Shell, data: str, parts: tuple[str, ...]) -> None:
    result = shell("cite", data)
    assert result.code == 0 and f"Version {__version__}." in result.out
    assert all(part in result.out for part in parts)
    entries = shell("cite", data, "--bibtex").out
    assert entries.startswith("@misc{seedtrial,") and entries.count("\n@") == 1
    assert entries.count("{") == entries.count("}")


def test_a_copy_of_a_built_in_data_set_is_known_by_its_fingerprint() -> None:
    known = facts(DataSpec(source="digits"))
    assert cited_work("some/folder", known) == cited_work("digits")


def test_other_data_in_the_format_of_cifar_are_not_cifar(tmp_path: Path) -> None:
    for name in ("data_batch_1.bin", "test_batch.bin"):
        (tmp_path / name).write_bytes(b"".join(bytes([n]) + bytes(3072) for n in range(2)))
    assert cited_work(str(tmp_path), facts(DataSpec(source=str(tmp_path), validation=None))) is None


def test_own_data_are_left_to_the_user_to_cite(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    result = shell("cite", study)
    assert "blocks (fingerprint" in result.out and "say who made the images" in result.out
    assert str(tmp_path) not in result.out
    assert "\n@" not in shell("cite", study, "--bibtex").out


def test_cite_takes_a_run_and_a_study_whose_images_are_gone(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    runs, study = tmp_path / "runs", write_study(tmp_path / "tiny.py", idx_folder)
    shell("run", study, "--runs", runs, "--seeds", "1", "--only", "small")
    (folder,) = runs.glob("*-s0")
    cited = json.loads(shell("cite", folder.name, "--runs", runs, "--json").out)
    assert list(cited["citations"])[1].startswith("data: blocks (fingerprint")
    idx_folder.rename(tmp_path / "elsewhere")
    assert "Data: blocks:" in shell("cite", study).out
    page = tmp_path / "page.html"
    (tmp_path / "elsewhere").rename(idx_folder)
    shell("report", study, "--runs", runs, "--seeds", "1", "--only", "small", "--out", page)
    text = page.read_text(encoding="utf-8")
    assert 'id="cite"' in text and "@misc{seedtrial," in text


def test_weights_of_others_are_cited_too() -> None:
    class Begun(Linear):
        terms = "some weights, under a licence"

    recipe = Recipe.model_construct(data=DataSpec(source="digits"), model=Begun(), training=None)
    assert ("weights", "some weights, under a licence") in citations([(recipe, None)]).lines


def test_a_name_that_is_nothing_is_refused(shell: Shell) -> None:
    result = shell("cite", "nosuch")
    assert result.code == 1 and "There is no run folder" in result.err
