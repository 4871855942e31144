"""The JavaScript of the offline page: graphs give the answers of onnxruntime, pictures become the bytes of Pillow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from chromium import browse  # noqa: F401  a fixture
from seedtrial.data import picture
from seedtrial.data.dataset import Dataset
from seedtrial.models import Conv, Dense, Linear, ResNet
from seedtrial.models.model import Model
from seedtrial.seeds import Seeds
from seedtrial.serving import graph, session, try_page
from seedtrial.serving.offline import TALL_FIRST
from seedtrial.serving.program import OPERATORS, Unsupported, program
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec
from serving.networks import MODELS, Unusual, Upwards, trained_learner
from serving.odd_pictures import more_pictures, odd_pictures
from serving.sent import as_text, png

browser = pytest.mark.browser
Network = Callable[[bytes, np.ndarray], np.ndarray]


@pytest.fixture
def scripts(browse: Page) -> Page:  # noqa: F811
    """A page with the JavaScript that decodes pictures and runs graphs, without a page around it."""
    names = ("tensor.js", "png.js", "pixels.js", "graph.js")
    browse.add_script_tag(content="\n".join(map(try_page.file, names)))
    return browse


@pytest.fixture
def network(scripts: Page) -> Network:
    """Logits (N, K) of a graph as JavaScript computes them. images: (N, C, H, W) uint8"""

    def run_graph(model: bytes, images: np.ndarray) -> np.ndarray:
        short = program(model)
        described = {"program": json.loads(json.dumps(short.plain())), "shape": list(images.shape[1:])}
        logits = scripts.evaluate(
            """async ([described, weights, images]) => {
                const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), logits = [];
                const network = loadNetwork(described, bytes(weights));
                for (const image of images) logits.push([...await network(bytes(image))]);
                return logits;
            }""",
            [described, as_text(short.weights.tobytes()), [as_text(image.tobytes()) for image in images]],
        )
        return np.array(logits, np.float32)

    return run_graph


@browser
def test_the_views_that_a_network_predicts_from_are_in_the_script(
    network: Network, tiny: Dataset, engine: Engine
) -> None:
    training = TrainSpec(epochs=1, mirrored=True, shifted=2, precision="fp32")
    learner = prepare(Dense(widths=(8,)), training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    raw, _ = graph.onnx_bytes(learner.module(), (1, 8, 8))
    images = tiny.train.images[:5]
    np.testing.assert_allclose(network(raw, images), session.run_graph(session.session(raw), images), atol=1e-4)


@browser
def test_the_operators_that_python_lists_are_those_of_the_script(scripts: Page) -> None:
    assert set(scripts.evaluate("Object.keys(OPERATORS)")) == OPERATORS


@browser
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_every_model_answers_the_same_in_the_browser(
    model: Model, tiny: Dataset, engine: Engine, network: Network
) -> None:
    learner = trained_learner(model, tiny, engine)
    raw, _ = graph.onnx_bytes(learner.module(), (1, 8, 8))
    logits = network(raw, tiny.train.images)
    np.testing.assert_allclose(torch.from_numpy(logits).softmax(1), learner.predict(tiny.train.images), atol=1e-5)


@browser
def test_unusual_layers_answer_the_same_in_the_browser(tiny: Dataset, network: Network) -> None:
    torch.manual_seed(0)
    raw, _ = graph.onnx_bytes(Unusual().eval(), (1, 8, 8))
    images = tiny.train.images
    np.testing.assert_allclose(network(raw, images), session.run_graph(session.session(raw), images), atol=1e-5)


COUNTED = [model for model in MODELS if isinstance(model, (Linear, Dense, Conv, ResNet))]


@pytest.mark.parametrize("model", COUNTED, ids=lambda model: model.kind)
def test_multiply_adds_are_counted_as_for_the_network(model: Model, tiny: Dataset, engine: Engine) -> None:
    raw, _ = graph.onnx_bytes(trained_learner(model, tiny, engine).module(), (1, 8, 8))
    assert program(raw).multiply_adds == model.summary((1, 8, 8), 3).multiply_adds


def test_an_operator_that_the_script_lacks_is_named() -> None:
    raw, _ = graph.onnx_bytes(Upwards().eval(), (1, 8, 8))
    with pytest.raises(Unsupported, match="^ConvTranspose$"):
        program(raw)


@browser
@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 20), (1, 50, 64)], ids=str)
@pytest.mark.parametrize("span", [None, (10.0, 200.0)], ids=["as it is", "stretched"])
@pytest.mark.parametrize("background", ["white", "black"])
@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_pictures_become_pillows_bytes(
    scripts: Page,
    tmp_path: Path,
    shape: tuple[int, int, int],
    span: tuple[float, float] | None,
    background: Literal["white", "black"],
    fit: Literal["crop", "pad"],
) -> None:
    form = {"shape": shape, "range": span, "background": background, "fit": fit, "tall_first": TALL_FIRST}
    wrong = []
    for path in [*odd_pictures(tmp_path), *more_pictures(tmp_path)]:
        size = (shape[2], shape[1])
        expected = picture.read_picture(path, size=size, channels=shape[0], span=span, background=background, fit=fit)
        pixels = scripts.evaluate(
            """async ([text, form]) => [...await pixelsOf(
                new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]), form)]""",
            [as_text(path.read_bytes()), form],
        )
        if pixels != expected.ravel().tolist():
            wrong.append(path.name)
    assert wrong == []


@browser
def test_too_many_pixels_and_damaged_files_are_refused_in_a_sentence(scripts: Page) -> None:
    for raw, words in ((png(np.zeros((1, 6000, 6000), np.uint8)), "the limit is 25 million"), (b"text", "cannot read")):
        answered = scripts.evaluate(
            """async (text) => pixelsOf(new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]),
                { shape: [1, 8, 8], range: null, background: "white" }).then(() => "", (error) => error.message)""",
            as_text(raw),
        )
        assert words in answered
