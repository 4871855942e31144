"""The page that runs a network by itself gives Python's answers, in Chromium, from Python's pixels, and asks nobody."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from command_line import Shell
from conftest import bright_blocks
from seedtrial.data.dataset import DataSpec, load
from seedtrial.errors import SeedtrialError
from seedtrial.models import Conv
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.runs.trained import Run
from seedtrial.serving import web_runtime
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.export import Chosen, export
from seedtrial.serving.offline import offline_page
from seedtrial.training.spec import TrainSpec
from serving.offline_pages import made_page
from serving.sent import as_text, png
from serving.served import Served

browser = pytest.mark.browser


def answers(page: Page, pictures: list[bytes]) -> tuple[np.ndarray, list[bool]]:
    """What a page's network says of picture files: probabilities (N, K), and whether each looks like none."""
    answered: list[list[Any]] = page.evaluate(
        """async (texts) => {
            const said = [];
            for (const text of texts) {
                const blob = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
                const answer = await engine.look(blob, () => false);
                said.push([Object.values(answer.probabilities), answer.looks_like_none]);
            }
            return said;
        }""",
        [as_text(raw) for raw in pictures],
    )
    return np.array([probs for probs, _ in answered]), [unlike for _, unlike in answered]


@browser
@pytest.mark.parametrize("own", [True, False], ids=["own script", "onnxruntime-web"])
def test_a_page_answers_as_its_bundle(
    folder: Path, bundle: Bundle, noise: np.ndarray, tmp_path: Path, opened: Any, own: bool
) -> None:
    if not own:
        _needs_runtime()
    page = opened(made_page(folder, tmp_path / "page.html", own))
    images = np.concatenate([bright_blocks(30, seed=5)[0][:, None], noise])
    probs, unlike = answers(page, [png(image) for image in images])
    expected = bundle.predict(images)
    np.testing.assert_allclose(probs, expected.probs, atol=1e-5)
    assert unlike == expected.unlike.tolist() and any(unlike) and not all(unlike)


def _needs_runtime() -> None:
    try:
        web_runtime.runtime()
    except SeedtrialError as error:
        pytest.skip(str(error))


@browser
def test_a_network_that_answers_otherwise_in_the_browser_is_not_used_silently(
    folder: Path,
    tmp_path: Path,
    browse: Page,
) -> None:
    path = made_page(folder, tmp_path / "page.html", None)
    text = path.read_text(encoding="utf-8")
    assert text.count("Relu: () => (x) => (x > 0 ? x : 0)") == 1
    changed = text.replace("Relu: () => (x) => (x > 0 ? x : 0)", "Relu: () => (x) => (x > 1 ? x : 0)")
    path.write_text(changed.replace("http-equiv", "data-none"), encoding="utf-8")  # its hash forbids other scripts
    browse.goto(path.as_uri())
    expect(browse.locator("#problem")).to_contain_text("the network gives other answers than")


@browser
def test_the_page_of_the_server_answers_the_same(folder: Path, bundle: Bundle, browse: Page) -> None:
    served = Served(bundle)
    try:
        browse.goto(f"http://127.0.0.1:{served.port}/")
        expect(browse.locator("#about")).to_have_text("3 classes: left, middle, right.")
        browse.set_input_files("#file", folder / "sample.png")
        expected = bundle.predict([folder / "sample.png"])
        expect(browse.locator("#answer")).to_contain_text(bundle.classes[int(expected.classes[0])])
        expect(browse.locator("#mattered")).to_contain_text("hiding a blue part lowers the probability")
    finally:
        served.close()


def test_a_run_or_a_bundle_becomes_a_page_without_any_address(
    trained: Run, folder: Path, tmp_path: Path, shell: Shell
) -> None:
    runs = trained.folder.path.parent
    answered = shell("export", trained.folder.path.name, "--runs", runs, "--page", tmp_path / "run.html")
    assert (
        answered.code == 0
        and "the network runs by JavaScript in the page" in answered.out
        and "Bundle" not in answered.out
    )
    assert shell("export", folder, "--page", tmp_path / "bundle.html").code == 0
    for page in tmp_path.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "http://" not in text and "https://" not in text and 'src="/' not in text
        assert "default-src 'none'; script-src 'sha256-" in text.replace("&#39;", "'")
    both = shell(
        "export", trained.folder.path.name, "--runs", runs, "--out", tmp_path / "b", "--page", tmp_path / "b.html"
    )
    assert both.code == 0 and (tmp_path / "b" / "bundle.json").exists() and (tmp_path / "b.html").exists()


def test_a_class_cannot_end_the_script_that_names_it(bundle: Bundle, folder: Path) -> None:
    evil = replace(bundle, description=bundle.description | {"classes": ["</script><b>", "b", "c"]}).description
    text = offline_page((folder / "model.onnx").read_bytes(), (folder / "sample.png").read_bytes(), evil).html
    assert "</script><b>" not in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Say what to write: --out DIR"),
        (["--page", "."], "it is a folder; --page takes a file"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused(trained: Run, shell: Shell, options: list[str], words: str) -> None:
    answered = shell("export", trained.folder.path.name, "--runs", trained.folder.path.parent, *options)
    assert answered.code == 1 and words in answered.err


def test_a_bundle_is_not_bundled_again(folder: Path, tmp_path: Path, shell: Shell) -> None:
    answered = shell("export", folder, "--out", tmp_path / "again")
    assert answered.code == 1 and "is a bundle already" in answered.err and not (tmp_path / "again").exists()
    refused = shell("export", folder, "--page", tmp_path / "page.html", "--int8")
    assert refused.code == 1 and "--page FILE.html is all that is written" in refused.err


@browser
@pytest.mark.real
def test_two_hundred_test_images_are_classified_as_in_python(tmp_path: Path, opened: Any) -> None:
    training = TrainSpec(epochs=1)
    recipe = Recipe(data=DataSpec(source="fashion-mnist"), model=Conv(), training=training)
    trained = run(recipe, 0, runs=tmp_path / "runs")
    export(Chosen((trained,), "conv", "This is a test."), tmp_path / "conv", page=tmp_path / "conv.html")
    bundle = Bundle.load(tmp_path / "conv")
    validation = load(recipe.data).validation
    assert validation is not None
    expected = bundle.predict(validation.images[:200])
    probs, unlike = answers(opened(tmp_path / "conv.html"), [png(image) for image in validation.images[:200]])
    assert (probs.argmax(axis=1) == expected.classes).all() and unlike == expected.unlike.tolist()
    assert np.abs(probs - expected.probs).max() < 1e-3
