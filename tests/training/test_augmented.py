"""Training on augmented images learns, repeats itself, and leaves all other chance as it was."""

import numpy as np
import pytest
import torch

from seedtrial.data.augment import Augment
from seedtrial.data.dataset import Dataset
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense
from seedtrial.models.learner import Epoch
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.optimiser import Adam
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

MOVED = Augment(rotation=10, shift=0.05, shear=5, zoom=0.1)  # the class of a tiny image is where its block lies
DENSE = Dense(widths=(16,), dropout=0.3)
CONV = Conv(blocks=(ConvBlock(filters=4), ConvBlock(filters=8)), dense=(16,))


def learner(engine: Engine, augment: Augment | None, model: Dense | Conv = DENSE, epochs: int = 2) -> TorchLearner:
    spec = TrainSpec(epochs=epochs, batch_size=16, optimiser=Adam(rate=0.01), augment=augment)
    learner = prepare(model, spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    assert isinstance(learner, TorchLearner)
    return learner


def fit(net: TorchLearner, dataset: Dataset) -> list[Epoch]:
    return list(net.fit(dataset.train))


def images_seen(net: TorchLearner, dataset: Dataset) -> torch.Tensor:
    """All images that training puts through the network, in order."""
    seen: list[torch.Tensor] = []
    net.network.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
    fit(net, dataset)
    return torch.cat(seen)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("model", [Dense(widths=(16,)), CONV], ids=["dense", "conv"])
def test_moved_images_are_learnt(model: Dense | Conv, precision: str, tiny: Dataset) -> None:
    net = learner(choose_engine("cpu", precision), MOVED, model, epochs=40)
    epochs = fit(net, tiny)
    assert epochs[-1].accuracy > 0.9 > epochs[0].accuracy
    assert (net.predict(tiny.validation.images).argmax(1) == tiny.validation.labels).mean() > 0.8


def test_augmentation_that_moves_nothing_gives_the_weights_that_none_gives(tiny: Dataset, engine: Engine) -> None:
    without, still = learner(engine, None), learner(engine, Augment())
    assert [epoch.loss for epoch in fit(without, tiny)] == [epoch.loss for epoch in fit(still, tiny)]
    assert all(np.array_equal(without.weights()[name], weight) for name, weight in still.weights().items())


def test_augmentation_leaves_first_weights_and_batches_as_they_were(tiny: Dataset, engine: Engine) -> None:
    without, flipped = learner(engine, None), learner(engine, Augment(flip=True))
    assert all(np.array_equal(without.weights()[name], weight) for name, weight in flipped.weights().items())
    plain, seen = images_seen(without, tiny), images_seen(flipped, tiny)
    mirrored = (seen == plain.flip(3)).flatten(1).all(1)
    assert ((seen == plain).flatten(1).all(1) | mirrored).all()
    assert 20 < mirrored.sum() < 76  # of 96; 48 are expected


def test_an_image_is_moved_differently_in_every_pass_and_the_data_stays(tiny: Dataset, engine: Engine) -> None:
    before = tiny.train.images.copy()
    seen = images_seen(learner(engine, MOVED), tiny)
    assert len({image.numpy().tobytes() for image in seen}) == 2 * 48
    assert np.array_equal(tiny.train.images, before)


def test_the_same_seed_gives_bit_identical_weights(tiny: Dataset, engine: Engine) -> None:
    first, again = learner(engine, MOVED, CONV), learner(engine, MOVED, CONV)
    fit(first, tiny)
    torch.rand(10)
    fit(again, tiny)
    assert all(np.array_equal(first.weights()[name], weight) for name, weight in again.weights().items())


def test_predictions_are_of_the_images_as_they_are(tiny: Dataset, engine: Engine) -> None:
    net, plain = learner(engine, Augment(flip=True)), learner(engine, None)
    plain.restore(net.weights())
    assert np.array_equal(net.predict(tiny.validation.images), plain.predict(tiny.validation.images))
