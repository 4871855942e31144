"""The loop learns, uses every image once per pass, and minimises what it says."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from torch.nn import functional

from seedtrial.data.dataset import Dataset
from seedtrial.data.parts import Split
from seedtrial.models import ModelSpec
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense, Linear
from seedtrial.models.learner import Epoch, Learner
from seedtrial.seeds import Seeds
from seedtrial.training import loop
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.prepare import prepare
from seedtrial.training.schedule import LinearDecay, OneCycle
from seedtrial.training.spec import TrainSpec

DENSE = Dense(widths=(16,))
CONV = Conv(blocks=(ConvBlock(filters=4), ConvBlock(filters=8)), dense=(16,), batch_norm="before")
STILL = SGD(rate=1e-30)  # steps too small to change a float32


def learner(model: ModelSpec, engine: Engine, seed: int = 0, **training: object) -> Learner:
    spec = TrainSpec(**({"epochs": 1, "batch_size": 16, "precision": "fp32"} | training))
    return prepare(model, spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(seed))


def fit(learner: Learner, train: Split) -> list[Epoch]:
    return list(learner.fit(train))


def logits(learner: Learner, split: Split) -> torch.Tensor:
    return torch.from_numpy(learner.predict(split.images)).log()


def batches_seen(learner: Learner, train: Split) -> list[bytes]:
    """The pixels of every batch that training puts through the network."""
    seen: list[bytes] = []
    learner.network.register_forward_pre_hook(lambda _, args: seen.append(args[0].numpy().tobytes()))
    fit(learner, train)
    return seen


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("model", [Linear(), DENSE, CONV], ids=["linear", "dense", "conv"])
def test_the_tiny_images_are_learnt(model: ModelSpec, precision: str, tiny: Dataset) -> None:
    net = learner(model, choose_engine("cpu", precision), epochs=40, optimiser=Adam(rate=0.01))
    epochs = fit(net, tiny.train)
    assert epochs[-1].accuracy > 0.95 > epochs[0].accuracy
    assert epochs[-1].loss < 0.3 * epochs[0].loss
    assert (net.predict(tiny.validation.images).argmax(1) == tiny.validation.labels).mean() > 0.8


def test_standardised_images_are_learnt_too(tiny: Dataset, engine: Engine) -> None:
    spec = TrainSpec(epochs=20, batch_size=16, optimiser=Adam(rate=0.01))
    kwargs = {"shape": (1, 8, 8), "classes": 3, "engine": engine, "seeds": Seeds(0)}
    net = prepare(DENSE, spec, standardise_on=tiny.train.images, **kwargs)
    assert fit(net, tiny.train)[-1].accuracy > 0.95


def test_every_image_is_used_once_per_pass_and_the_last_batch_is_what_is_left(tiny: Dataset, engine: Engine) -> None:
    seen = batches_seen(learner(DENSE, engine, epochs=2, batch_size=20), tiny.train)
    assert [len(batch) // 64 for batch in seen] == [20, 20, 8] * 2
    for images in (b"".join(seen[:3]), b"".join(seen[3:])):
        drawn = sorted(images[start : start + 64] for start in range(0, 48 * 64, 64))
        assert drawn == sorted(image.tobytes() for image in tiny.train.images)


@pytest.mark.parametrize("size", [49, 2**70])
def test_a_batch_larger_than_the_data_is_the_data(size: int, tiny: Dataset, engine: Engine) -> None:
    net = learner(DENSE, engine, batch_size=size)
    (epoch,) = fit(net, tiny.train)
    assert net.steps == 1
    assert np.isfinite(epoch.loss)


@pytest.mark.parametrize("model", [Dense(widths=(4,), batch_norm="after"), CONV], ids=["dense", "conv"])
def test_a_last_batch_of_one_image_trains_with_batch_norm(model: ModelSpec, tiny: Dataset, engine: Engine) -> None:
    (epoch,) = fit(learner(model, engine, batch_size=47), tiny.train)
    assert np.isfinite(epoch.loss)


def test_the_loss_of_a_pass_is_the_mean_over_its_images(tiny: Dataset, engine: Engine) -> None:
    net = learner(DENSE, engine, batch_size=20, optimiser=STILL)
    expected = functional.nll_loss(logits(net, tiny.train), torch.from_numpy(tiny.train.labels))
    (epoch,) = fit(net, tiny.train)
    assert epoch.loss == pytest.approx(float(expected), rel=1e-5)
    assert epoch.accuracy == (net.predict(tiny.train.images).argmax(1) == tiny.train.labels).mean()


@pytest.mark.parametrize("model", [Dense(widths=(16,), l2=0.01), Conv(blocks=CONV.blocks, l2=0.01, dense_l2=0.02)])
def test_l2_adds_the_penalty_to_the_loss_and_nothing_else(model: ModelSpec, tiny: Dataset, engine: Engine) -> None:
    plain = model.model_copy(update={name: 0.0 for name in ("l2", "dense_l2") if name in type(model).model_fields})
    net = learner(model, engine, batch_size=48, optimiser=STILL)
    by_hand = 0.0
    for name, weight in net.weights().items():
        if name.endswith("weight"):
            factor = getattr(model, "dense_l2", 0.01) if "dense" in name else 0.01
            by_hand += factor * float((weight.astype(float) ** 2).sum())
    (with_l2,) = fit(net, tiny.train)
    (without,) = fit(learner(plain, engine, batch_size=48, optimiser=STILL), tiny.train)
    assert with_l2.penalty == pytest.approx(by_hand, rel=1e-5)
    assert with_l2.loss - without.loss == pytest.approx(by_hand, rel=1e-4)
    assert without.penalty == 0


def test_one_step_of_sgd_with_l2_is_the_one_computed_by_hand(tiny: Dataset, engine: Engine) -> None:
    net = learner(Linear(l2=0.05), engine, batch_size=48, optimiser=SGD(rate=0.5))
    kernel = torch.from_numpy(net.weights()["layers.dense1.weight"]).double().requires_grad_()
    bias = torch.from_numpy(net.weights()["layers.dense1.bias"]).double().requires_grad_()
    pixels = torch.from_numpy(tiny.train.images).double().flatten(1) / 255
    probs = (pixels @ kernel.T + bias).softmax(1)
    loss = -probs[range(48), tiny.train.labels].log().mean() + 0.05 * (kernel**2).sum()
    loss.backward()
    (epoch,) = fit(net, tiny.train)
    assert epoch.loss == pytest.approx(loss.item(), rel=1e-5)
    after = {name: torch.from_numpy(weight) for name, weight in net.weights().items()}
    assert torch.allclose(after["layers.dense1.weight"].double(), (kernel - 0.5 * kernel.grad).detach(), atol=1e-6)
    assert torch.allclose(after["layers.dense1.bias"].double(), (bias - 0.5 * bias.grad).detach(), atol=1e-6)


def test_label_smoothing_is_torchs(tiny: Dataset, engine: Engine) -> None:
    net = learner(DENSE, engine, optimiser=STILL, label_smoothing=0.2)
    labels = torch.from_numpy(tiny.train.labels)
    expected = functional.cross_entropy(logits(net, tiny.train), labels, label_smoothing=0.2)
    assert fit(net, tiny.train)[0].loss == pytest.approx(float(expected), rel=1e-5)


def test_the_rate_follows_the_schedule_step_by_step(tiny: Dataset, engine: Engine) -> None:
    net = learner(DENSE, engine, epochs=4, optimiser=SGD(rate=0.5), schedule=LinearDecay())
    assert [epoch.rate for epoch in fit(net, tiny.train)] == pytest.approx([0.5 * (12 - n) / 12 for n in (2, 5, 8, 11)])
    shared = learner(DENSE, engine, epochs=4, optimiser=SGD(rate=0.5), schedule=OneCycle())
    assert fit(shared, tiny.train)[-1].rate == pytest.approx(0.5 * OneCycle().at(11 / 12))


def test_passes_are_numbered_and_measured(tiny: Dataset, engine: Engine) -> None:
    epochs = fit(learner(DENSE, engine, epochs=3), tiny.train)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3]
    assert all(epoch.images_per_second == pytest.approx(48 / epoch.seconds) for epoch in epochs)


def test_who_iterates_may_stop(tiny: Dataset, engine: Engine) -> None:
    short, long = (learner(DENSE, engine, epochs=epochs) for epochs in (1, 100))
    fit(short, tiny.train)
    fitting = long.fit(tiny.train)
    next(fitting)
    fitting.close()
    assert all(np.array_equal(short.weights()[name], weight) for name, weight in long.weights().items())


def test_predicting_between_passes_does_not_change_training(tiny: Dataset, engine: Engine) -> None:
    model = CONV.model_copy(update={"dense_dropout": 0.5})
    quiet, watched = (learner(model, engine, epochs=3) for _ in range(2))
    fit(quiet, tiny.train)
    for _ in watched.fit(tiny.train):
        watched.predict(tiny.validation.images)
    assert all(np.array_equal(quiet.weights()[name], weight) for name, weight in watched.weights().items())


@pytest.mark.parametrize("model", [DENSE, CONV], ids=["dense", "conv"])
def test_predictions_do_not_depend_on_the_batch(
    model: ModelSpec, tiny: Dataset, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = learner(model, engine, epochs=2)
    fit(net, tiny.train)
    together = net.predict(tiny.train.images)
    monkeypatch.setattr(loop, "PREDICT_BATCH", 7)
    np.testing.assert_allclose(net.predict(tiny.train.images), together, rtol=1e-4, atol=1e-7)
    alone = np.concatenate([net.predict(image[None]) for image in tiny.train.images])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-7)


def test_weights_are_a_copy_that_training_can_be_taken_back_to(tiny: Dataset, engine: Engine) -> None:
    net = learner(CONV, engine, epochs=3)
    fitting = net.fit(tiny.train)
    next(fitting)
    kept, before = net.weights(), net.predict(tiny.validation.images)
    next(fitting)
    assert not np.array_equal(net.predict(tiny.validation.images), before)
    net.restore(kept)
    np.testing.assert_array_equal(net.predict(tiny.validation.images), before)


def test_weights_go_through_safetensors_into_another_learner(tiny: Dataset, engine: Engine) -> None:
    net, other = learner(CONV, engine), learner(CONV, engine, seed=9)
    fit(net, tiny.train)
    other.restore(load(save(net.weights())))
    np.testing.assert_array_equal(other.predict(tiny.train.images), net.predict(tiny.train.images))


def test_changing_the_dropout_rate_leaves_first_weights_and_batch_order_as_they_were(
    tiny: Dataset, engine: Engine
) -> None:
    nets = [learner(Dense(widths=(16, 8), dropout=rate), engine, epochs=2) for rate in (0.0, 0.2, 0.7)]
    starts = [[weight.clone() for weight in net.network.parameters()] for net in nets]
    assert all(torch.equal(a, b) for start in starts[1:] for a, b in zip(starts[0], start, strict=True))
    orders = [batches_seen(net, tiny.train) for net in nets]
    assert orders[0] == orders[1] == orders[2]
