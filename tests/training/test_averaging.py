"""The average of the weights is what predicts, and what learns goes on as if it were not there."""

import numpy as np
import pytest
import torch

from seedtrial.data.dataset import Dataset
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.seeds import Seeds
from seedtrial.training.averaging import Average
from seedtrial.training.device import Engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.optimiser import Adam
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

MODEL = Conv(blocks=(ConvBlock(filters=4),), dense=(8,), batch_norm="before")


def learner(engine: Engine, **settings: object) -> TorchLearner:
    spec = TrainSpec(epochs=3, batch_size=16, optimiser=Adam(rate=0.01), **settings)
    learner = prepare(MODEL, spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    assert isinstance(learner, TorchLearner)
    return learner


def test_an_average_moves_towards_the_weights_and_early_steps_count_less() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(layer.weight)
    average = Average(layer, 0.5)
    expected = 0.0
    for step in range(1, 40):
        torch.nn.init.constant_(layer.weight, float(step))
        average.update()
        keep = min(0.5, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * step
    assert float(average.averages[0]) == pytest.approx(expected)
    average.swap()
    assert layer.weight.item() == pytest.approx(expected) and float(average.averages[0]) == 39
    average.swap()
    assert layer.weight.item() == 39


def test_what_learns_does_not_notice_the_average_and_what_predicts_is_the_average(
    tiny: Dataset, engine: Engine
) -> None:
    plain, averaged = learner(engine), learner(engine, averaging=0.9)
    for one, other in zip(plain.fit(tiny.train), averaged.fit(tiny.train), strict=True):
        assert (one.loss, one.accuracy) == (other.loss, other.accuracy)
    weights, averages = plain.weights(), averaged.weights()
    assert any(not np.array_equal(weights[name], averages[name]) for name in weights)
    norms = [name for name in weights if name.endswith("running_mean")]
    assert norms and all(not np.array_equal(weights[name], averages[name]) for name in norms)


def test_answers_from_image_and_mirror_image_are_the_mean_of_their_logits(tiny: Dataset, engine: Engine) -> None:
    plain, mirrored = learner(engine), learner(engine, mirrored=True)
    images = tiny.train.images
    with torch.inference_mode():
        plain.network.eval()
        both = [plain.network(torch.from_numpy(np.ascontiguousarray(each))) for each in (images, images[..., ::-1])]
    expected = ((both[0] + both[1]) / 2).softmax(1).numpy()
    np.testing.assert_allclose(mirrored.predict(images), expected, atol=1e-6)
    np.testing.assert_allclose(mirrored.predict(images[..., ::-1].copy()), expected, atol=1e-6)
    np.testing.assert_array_equal(mirrored.predict(images, mirrored=False), plain.predict(images))


def test_shifted_views_are_averaged_and_without_mirroring_the_shifts_stay(tiny: Dataset, engine: Engine) -> None:
    plain, shifted, both = learner(engine), learner(engine, shifted=2), learner(engine, shifted=2, mirrored=True)
    images = tiny.train.images
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
    views = [images, padded[:, :, :-4, :-4], padded[:, :, 4:, 4:]]
    with torch.inference_mode():
        plain.network.eval()
        logits = [plain.network(torch.from_numpy(np.ascontiguousarray(view))) for view in views]
    expected = (sum(logits) / 3).softmax(1).numpy()
    np.testing.assert_allclose(shifted.predict(images), expected, atol=1e-6)
    np.testing.assert_allclose(both.predict(images, mirrored=False), expected, atol=1e-6)
