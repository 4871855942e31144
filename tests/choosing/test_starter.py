"""`seedtrial init`: a study file that runs as it is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import Shell
from seedtrial.choosing.as_code import as_code, imports
from seedtrial.choosing.candidates import Seen, ladder
from seedtrial.choosing.starter import recipes
from seedtrial.data.dataset import DataSpec, load
from seedtrial.runs.recipe import Recipe
from seedtrial.study.load import load_study


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of grey 12 x 12 pictures, dark and bright, 20 each."""
    generator = np.random.default_rng(0)
    for number, name in enumerate(("dark", "bright")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for count in range(20):
            pixels = generator.integers(100 * number, 100 * number + 100, (12, 12), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{count}.png")
    return tmp_path / "photos"


def test_a_study_file_is_written_that_runs_as_it_is(
    shell: Shell, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = shell("init", "mine.py", "--data", "photos")
    assert written.code == 0 and "Written: mine.py" in written.out
    result = shell("run", "mine.py", "--set", "training.epochs=1", "--jobs", "1")  # else it takes a minute
    assert result.code == 0, result.err
    assert "resnet 16-32-64 beats linear:" in result.out and "The images are divided into 5 folds" in result.out
    text = (tmp_path / "mine.py").read_text(encoding="utf-8")
    assert "40 images of 12 x 12 pixels, in grey, in 2 classes: bright, dark." in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_file_has_the_recipes_that_it_was_made_of(shell: Shell, idx_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "my study!.py"
    shell("init", file, "--data", idx_folder)
    study = load_study(str(file))
    expected = recipes(DataSpec(source=str(idx_folder)), load(str(idx_folder)))
    assert {label: recipe.canonical() for label, recipe in study.recipes.items()} == {
        label: recipe.canonical() for label, recipe in expected.items()
    }
    assert (study.name, study.folds) == ("my-study-", 5)


def test_every_candidate_is_written_as_code_that_makes_it(tmp_path: Path) -> None:
    for seen in (Seen(60_000, (1, 28, 28), 10), Seen(300, (3, 96, 96), 4)):
        for candidate in ladder(DataSpec(source='a "quoted" \\ folder', size=96, groups="{group}_*"), seen):
            for number in range(len(candidate.starts)):
                recipe = candidate.recipe
                names: dict[str, object] = {"Recipe": Recipe}
                exec("\n".join(imports([recipe])), names)
                assert eval(as_code(recipe), names) == recipe, (candidate.name, number)


def test_a_file_is_never_overwritten(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("mine", encoding="utf-8")
    refused = shell("init", file, "--data", "digits")
    assert refused.code == 1 and "exists already, and init does not overwrite it" in refused.err
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("mine", "digits", "A study is a Python file: seedtrial init"),
        ("mine.py", "nosuch", "There is no data set 'nosuch'"),
        ("mine.py", "no/folder", "There is no folder no/folder."),
    ],
)
def test_what_cannot_be_written_is_said(shell: Shell, tmp_path: Path, name: str, data: str, match: str) -> None:
    refused = shell("init", tmp_path / name, "--data", data)
    assert refused.code == 1 and match in refused.err and len(refused.err.splitlines()) == 1
    assert not (tmp_path / name).exists()
