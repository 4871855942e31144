"""What a network learnt: the numbers are the learner's, the page is whole, and the test part stays sealed."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import seedtrial
from command_line import write_pictures
from ledgers import openings
from seedtrial.data.dataset import Dataset
from seedtrial.errors import SeedtrialError
from seedtrial.models import Linear, ModelSpec
from seedtrial.report.explain import page
from seedtrial.report.explain.explanation import (
    MOST_IMAGES,
    ExplainedImage,
    Explanation,
    explain,
    explanation_json,
    images_of,
)
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.trained import Run, open_run
from seedtrial.training.optimiser import SGD
from tiny_models import MODELS, one_pass

NASTY = "<script>alert(1)</script>"


def trained(recipe: Recipe, model: ModelSpec, runs: Path) -> Run:
    training = one_pass(model)
    return seedtrial.examine(seedtrial.run(recipe.model_copy(update={"model": model, "training": training}), runs=runs))


@pytest.fixture
def conv(tiny_recipe: Recipe, tmp_path: Path) -> Run:
    return trained(tiny_recipe, MODELS["conv"], tmp_path / "runs")


def text(explanation: Explanation, tmp_path: Path) -> str:
    return page.write_explanation(explanation, tmp_path / "pages" / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", MODELS)
def test_the_probabilities_are_those_of_the_record(
    kind: str, tiny_recipe: Recipe, tiny: Dataset, tmp_path: Path
) -> None:
    run = trained(tiny_recipe, MODELS[kind], tmp_path / "runs")
    explanation = explain(open_run(run.folder.path), images_of(run, indices=range(12)))
    recorded = run.predictions["validation"].probs[:12]
    np.testing.assert_allclose(explanation.probs, recorded, rtol=1e-5, atol=1e-5)
    assert [image.label for image in explanation.images] == run.predictions["validation"].labels[:12].tolist()
    assert tiny.validation is not None
    assert all(np.array_equal(image.pixels, tiny.validation.images[i]) for i, image in enumerate(explanation.images))
    logits = explanation.stages[-1].values
    np.testing.assert_allclose(explanation.probs, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), rtol=1e-4)


@pytest.mark.parametrize("kind", MODELS)
def test_the_page_of_every_architecture_is_whole(kind: str, tiny_recipe: Recipe, tmp_path: Path) -> None:
    run = trained(tiny_recipe, MODELS[kind], tmp_path / "runs")
    shown = text(explain(run, images_of(run)), tmp_path)
    assert shown.startswith("<!doctype html>") and "default-src 'none'" in shown and "<script" not in shown
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,|#)', shown) == []
    for words in (
        MODELS[kind].title,
        "Test accuracy",
        "validation image 0",
        "true class",
        "softmax",
        run.folder.path.name,
    ):
        assert words in shown, words


def test_the_page_shows_filters_and_maps_layer_by_layer(conv: Run, tmp_path: Path) -> None:
    shown = text(explain(conv, images_of(conv, indices=[5])), tmp_path)
    assert shown.count('alt="Weights of filter ') == 20
    assert "conv1 + relu1 · 20 channels of 8&nbsp;×&nbsp;8" in shown
    assert "max_pool1 · 20 channels of 4&nbsp;×&nbsp;4" in shown
    assert "average_pool1 · 3 channels of 2&nbsp;×&nbsp;2" in shown
    assert "flatten1 + dense1 + relu3 · 8 units" in shown and "dense2 · 3 classes" in shown
    channels = [re.findall(rf'alt="Channel (\d+) after {layer}"', shown) for layer in ("relu1", "max_pool1")]
    assert len(channels[0]) == 16 and channels[0] == channels[1]  # pooling shows the channels that it got


def test_a_linear_network_shows_a_picture_of_weights_per_class(tiny_recipe: Recipe, tmp_path: Path) -> None:
    run = trained(tiny_recipe, MODELS["linear"], tmp_path / "runs")
    shown = text(explain(run, images_of(run)), tmp_path)
    assert [f'alt="Weights of class {name}"' in shown for name in run.facts.classes] == [True] * 3


def test_a_dense_network_shows_at_most_64_units(tiny_recipe: Recipe, tmp_path: Path) -> None:
    run = trained(tiny_recipe, MODELS["dense"], tmp_path / "runs")
    shown = text(explain(run, images_of(run)), tmp_path)
    assert shown.count('alt="Weights of unit ') == 64 and "64 of the 70 units" in shown


def test_without_a_choice_three_images_of_different_classes_are_shown(conv: Run) -> None:
    images = images_of(conv)
    assert len({image.label for image in images}) == 3 and not any(image.seen for image in images)


def test_without_a_validation_split_training_images_are_shown_and_named_so(tiny_recipe: Recipe, tmp_path: Path) -> None:
    bare = tiny_recipe.model_copy(update={"data": tiny_recipe.data.model_copy(update={"validation": None})})
    run = trained(bare, Linear(), tmp_path / "runs")
    images = images_of(run, indices=[63])
    assert images[0].name == "training image 63" and images[0].seen
    assert "the network was trained on this image" in text(explain(run, images), tmp_path)
    with pytest.raises(SeedtrialError, match="The training split has the images 0 to 63; there is no 64."):
        images_of(run, indices=[64])


def test_the_test_part_stays_sealed(conv: Run, tmp_path: Path) -> None:
    before = openings(tmp_path / "runs")
    text(explain(conv, images_of(conv)), tmp_path)
    assert openings(tmp_path / "runs") == before


def test_a_picture_is_brought_to_the_size_and_channels_of_the_run(conv: Run, tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), (255, 255, 255)).save(tmp_path / f"{NASTY.replace('/', '')}.png")
    (image,) = images_of(conv, pictures=[tmp_path / f"{NASTY.replace('/', '')}.png"])
    assert image.pixels.shape == (1, 8, 8) and image.pixels.min() == 255 and image.label is None
    shown = text(explain(conv, (image,)), tmp_path)
    assert (
        "your picture as the network sees it" in shown and "<script" not in shown and "&lt;script&gt;alert(1)" in shown
    )


def test_pictures_alone_need_no_data_set(conv: Run, idx_folder: Path, tmp_path: Path) -> None:
    for file in idx_folder.iterdir():
        file.unlink()
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    assert explain(conv, images_of(conv, pictures=[tmp_path / "a.png"])).probs.shape == (1, 3)


def test_colour_filters_are_colour_images(tmp_path: Path, tiny_recipe: Recipe) -> None:
    folder = write_pictures(tmp_path / "pictures", (9, 7), each=10)
    data = tiny_recipe.data.model_copy(update={"source": str(folder)})
    data = data.model_copy(update={"validation": tiny_recipe.data.validation.model_copy(update={"size": 4})})  # type: ignore[union-attr]
    run = trained(tiny_recipe.model_copy(update={"data": data}), MODELS["conv"], tmp_path / "runs")
    explanation = explain(run, images_of(run))
    assert explanation.first.weights.shape == (20, 3, 3, 3) and explanation.images[0].pixels.shape == (3, 7, 9)
    assert "mid-grey is zero" in text(explanation, tmp_path)
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    assert images_of(run, pictures=[tmp_path / "a.png"])[0].pixels.shape == (3, 7, 9)


def test_class_names_are_shown_literally(idx_folder: Path, tiny_recipe: Recipe, tmp_path: Path) -> None:
    (idx_folder / "classes.txt").write_text(f"{NASTY}\n{{{{ 7 * 7 }}}}\n</style><img src=x>\n", encoding="utf-8")
    run = trained(tiny_recipe, Linear(), tmp_path / "runs")
    shown = text(explain(run, images_of(run)), tmp_path)
    assert "<script" not in shown and "</style><img" not in shown and "{{ 7 * 7 }}" in shown


def test_a_heavy_page_is_drawn_smaller(conv: Run, tmp_path: Path) -> None:
    explanation = explain(conv, images_of(conv))
    noise = np.random.default_rng(0).random((3, 20, 64, 64), dtype=np.float32)
    heavy = replace(explanation, stages=(replace(explanation.stages[0], values=noise), *explanation.stages[1:]) * 2)
    light = page.write_explanation(heavy, tmp_path / "page.html", most_bytes=300_000).read_text(encoding="utf-8")
    assert len(light.encode()) <= 300_000 < len(text(heavy, tmp_path).encode()) and "Drawn at 1/" in light


def test_json_has_every_probability(conv: Run) -> None:
    values = explanation_json(explain(conv, images_of(conv, indices=[2])), Path("page.html"))
    assert values["run"] == str(conv.folder.path) and values["page"] == "page.html"
    (image,) = values["images"]
    assert image["image"] == "validation image 2" and image["label"] in conv.facts.classes
    assert list(image["probabilities"]) == list(conv.facts.classes)
    assert sum(image["probabilities"].values()) == pytest.approx(1)


def test_a_diverged_run_has_nothing_to_explain(tiny_recipe: Recipe, tmp_path: Path) -> None:
    training = tiny_recipe.training.model_copy(update={"optimiser": SGD(rate=1e30)})
    run = seedtrial.run(tiny_recipe.model_copy(update={"training": training}), runs=tmp_path / "runs")
    with pytest.raises(SeedtrialError, match="has no weights: it diverged in epoch 1, step "):
        explain(run, (ExplainedImage("a", np.zeros((1, 8, 8), np.uint8)),))


def test_changed_data_are_refused(conv: Run, idx_folder: Path) -> None:
    path = idx_folder / "train-images-idx3-ubyte"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(SeedtrialError, match="holds other images now than those that .* was trained on"):
        images_of(conv)


@pytest.mark.parametrize("index", [-1, 16])
def test_an_index_out_of_range_is_refused_with_the_range(conv: Run, index: int) -> None:
    with pytest.raises(SeedtrialError, match=f"The validation split has the images 0 to 15; there is no {index}."):
        images_of(conv, indices=[0, index])


def test_too_many_images_are_refused(conv: Run) -> None:
    with pytest.raises(SeedtrialError, match=f"at most {MOST_IMAGES} images, not 13"):
        images_of(conv, indices=[0] * 13)


def test_a_picture_that_cannot_be_used_is_named(conv: Run, tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match="There is no picture .*none.png"):
        images_of(conv, pictures=[tmp_path / "none.png"])
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(SeedtrialError, match=r"Cannot use the picture .*text.png: not a known picture format\."):
        images_of(conv, pictures=[tmp_path / "text.png"])


def test_a_page_onto_a_folder_is_refused(conv: Run, tmp_path: Path) -> None:
    explanation = explain(conv, (ExplainedImage("a", np.zeros((1, 8, 8), np.uint8)),))
    with pytest.raises(SeedtrialError, match="it is a folder; --out takes a file"):
        page.write_explanation(explanation, tmp_path)
