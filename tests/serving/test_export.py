"""A bundle is the network, proved on real images, and needs no seedtrial; what is not the network is refused."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.errors import SeedtrialError
from seedtrial.models import Dense, OwnModule
from seedtrial.models.model import Model
from seedtrial.runs.trained import Run
from seedtrial.seeds import Seeds
from seedtrial.serving import graph, session
from seedtrial.serving.bundle import Bundle, is_bundle
from seedtrial.serving.export import Chosen, export
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec
from serving.networks import MODELS, own, trained_learner

FILES = {
    "bundle.json", "card.md", "model.onnx", "parity.json", "predict.py", "sample.png", "weights.safetensors",
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_every_model_is_the_same_as_a_graph(model: Model, tiny: Dataset, engine: Engine) -> None:
    learner = trained_learner(model, tiny, engine)
    raw, opset = graph.onnx_bytes(learner.module(), (1, 8, 8))
    logits = session.run_graph(session.session(raw), tiny.train.images)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probs, learner.predict(tiny.train.images), atol=1e-5)
    assert opset >= 18 and len(session.run_graph(session.session(raw), tiny.train.images[:1])) == 1


@pytest.mark.parametrize("views", [{"mirrored": True}, {"shifted": 2}, {"mirrored": True, "shifted": 1}])
def test_answers_of_several_views_are_in_the_graph(views: dict[str, object], tiny: Dataset, engine: Engine) -> None:
    training = TrainSpec(epochs=1, precision="fp32", **views)
    learner = prepare(Dense(widths=(8,)), training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    list(learner.fit(tiny.train))
    raw, _ = graph.onnx_bytes(learner.module(), (1, 8, 8))
    logits = session.run_graph(session.session(raw), tiny.train.images)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probs, learner.predict(tiny.train.images), atol=1e-5)


def test_a_module_of_the_users_own_is_exported(tiny: Dataset, engine: Engine) -> None:
    model = OwnModule(name="mine", version="1", build_module=own)
    learner = prepare(model, TrainSpec(epochs=1), shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    list(learner.fit(tiny.train))
    raw, _ = graph.onnx_bytes(learner.module(), (1, 8, 8))
    assert session.run_graph(session.session(raw), tiny.train.images).shape == (len(tiny.train), 3)


def test_a_bundle_has_all_that_it_takes(folder: Path, trained: Run) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    description = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    assert description["classes"] == ["left", "middle", "right"] and description["shape"] == [1, 8, 8]
    assert trained.test is not None
    assert description["accuracy"]["test"]["accuracy"] == pytest.approx(trained.test.scores.accuracy)
    low, high = (description["accuracy"]["test"][name] for name in ("low", "high"))
    assert 0 <= low < high <= 1
    assert set(description["files"]) == FILES - {"bundle.json"}
    assert str(Path.home()) not in json.dumps(description) and "/" not in description["trained_on"]["source"]
    card = (folder / "card.md").read_text(encoding="utf-8")
    for words in (
        "# blocks: 3 classes",
        "| left |",
        "Always answering the largest class",
        "## Limits",
        "## How to cite",
    ):
        assert words in card
    parity = json.loads((folder / "parity.json").read_text(encoding="utf-8"))
    assert parity["images"] == 40 and parity["split"] == "validation" and parity["equal_answers"] == 1


def test_the_script_in_it_needs_no_seedtrial_and_gives_the_expected_answer(folder: Path, blocks: Path) -> None:
    block = "import sys; sys.modules['seedtrial'] = None; sys.argv = ['predict.py', *sys.argv[1:]]; "
    program = block + f"import runpy; runpy.run_path({str(folder / 'predict.py')!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    sample = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))["sample"]
    expected = f"sample.png: {sample['answer']} ({max(sample['probabilities'].values()):.1%})"
    assert result.returncode == 0 and expected in result.stdout, result.stderr


def test_a_zip_is_the_same_bundle(trained: Run, bundle: Bundle, tmp_path: Path, noise: np.ndarray) -> None:
    export(Chosen((trained,), "blocks", "This is a test."), tmp_path / "b.zip")
    packed = Bundle.load(tmp_path / "b.zip")
    np.testing.assert_array_equal(packed.predict(noise).probs, bundle.predict(noise).probs)
    assert is_bundle(tmp_path / "b.zip") and not is_bundle(tmp_path)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert set(archive.namelist()) == FILES


def test_several_seeds_answer_together(trained: Run, blocks: Path, tmp_path: Path) -> None:
    from seedtrial.runs.run import run

    other = run(trained.recipe, 1, runs=trained.folder.path.parent)
    export(Chosen((trained, other), "both", "Both."), tmp_path / "both")
    images = load(trained.recipe.data).train.images
    together = Bundle.load(tmp_path / "both").predictor.logits(images)
    mean = (trained.predict(images) + other.predict(images)) / 2
    np.testing.assert_allclose(np.exp(together), mean, atol=1e-5)


def test_a_graph_that_is_not_the_network_is_refused_and_leaves_nothing(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Dense(widths=(32,)).build((1, 8, 8), 3, torch.Generator().manual_seed(9))
    from seedtrial.models.plain import Plain

    raw = graph.onnx_bytes(Plain(wrong, mirrored=False), (1, 8, 8))
    monkeypatch.setattr(graph, "onnx_bytes", lambda *_: raw)
    with pytest.raises(SeedtrialError, match=r"The exported graph is not the network: .* nothing was exported\.$"):
        export(Chosen((trained,), "blocks", "This is a test."), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(trained: Run, folder: Path) -> None:
    before = (folder / "bundle.json").read_bytes()
    with pytest.raises(SeedtrialError, match=r"exists already; give another name"):
        export(Chosen((trained,), "blocks", "This is a test."), folder)
    assert (folder / "bundle.json").read_bytes() == before


def test_eight_bits_are_measured_and_refused_where_they_cost_too_much(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = export(Chosen((trained,), "blocks", "This is a test."), tmp_path / "small", int8=True)
    assert (tmp_path / "small" / "model.int8.onnx").exists() and description["int8"]["images"] == 40
    monkeypatch.setattr("seedtrial.serving.quantise.MOST_LOST", -1.0)
    with pytest.raises(SeedtrialError, match=r"In 8 bits .* more than half a point is lost"):
        export(Chosen((trained,), "blocks", "This is a test."), tmp_path / "refused", int8=True)
    assert not (tmp_path / "refused").exists()
    export(Chosen((trained,), "blocks", "This is a test."), tmp_path / "forced", int8=True, force=True)


@pytest.mark.parametrize("name", ["model.onnx", "card.md", "bundle.json"])
def test_a_changed_or_missing_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    for number, harm in enumerate((lambda path: path.write_bytes(path.read_bytes() + b" x"), Path.unlink)):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        harm(copy / name)
        with pytest.raises(SeedtrialError, match=r"changed|has no|no bundle|damaged|Cannot read"):
            Bundle.load(copy)


def test_the_folder_of_a_choice_stands_for_its_bundle(folder: Path, tmp_path: Path, noise: np.ndarray) -> None:
    shutil.copytree(folder, tmp_path / "photos" / "bundle")
    answers = Bundle.load(tmp_path / "photos").predict(noise)
    assert np.array_equal(answers.probs, Bundle.load(folder).predict(noise).probs)


def test_a_bundle_of_a_later_version_says_so(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "later")
    path = tmp_path / "later" / "bundle.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 9'), encoding="utf-8")
    with pytest.raises(SeedtrialError, match="was exported by a later seedtrial"):
        Bundle.load(tmp_path / "later")


def test_data_that_have_changed_are_refused(trained: Run, blocks: Path, tmp_path: Path) -> None:
    moved = DataSpec(source=str(tmp_path / "gone"))
    with pytest.raises(SeedtrialError, match="There is no folder"):
        load(moved)
