"""Where one class is rare, weights in the loss or a balanced pass let a network find it; other settings stay exact."""

import numpy as np
import pytest
import torch
from torch import nn

from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.metrics import balanced_accuracy
from seedtrial.evaluation.predictions import Predictions
from seedtrial.models import Conv, Dense, Forest, ModelSpec, NumpyNet, OwnModule
from seedtrial.models.convnet import ConvBlock
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.loss import Loss, class_weights
from seedtrial.training.optimiser import Adam
from seedtrial.training.prepare import prepare, problem
from seedtrial.training.spec import TrainSpec


def own(shape: tuple[int, ...], classes: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, classes))


MODELS: list[ModelSpec] = [
    Dense(widths=(8,)),
    Conv(blocks=(ConvBlock(filters=4),), dense=(8,)),
    OwnModule(name="own", version="1", build_module=own),
]


def rare(count: int, seed: int) -> Split:
    """97 % grey images, 3 % that are a little brighter in a corner, under much noise."""
    chance = np.random.default_rng(seed)
    labels = (np.arange(count) % 100 < 3).astype(np.int64)
    images = chance.normal(110, 40, (count, 1, 8, 8))
    images[labels == 1, :, :4, :4] += 24
    return Split("train", images.clip(0, 255).astype(np.uint8), labels)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title)
def test_both_kinds_find_the_rare_class_far_more_often_than_none(model: ModelSpec, engine: Engine) -> None:
    train, test = rare(1000, 1), rare(1000, 2)

    def balanced(how: str | None) -> float:
        spec = TrainSpec(epochs=10, batch_size=50, optimiser=Adam(rate=0.002), balance=how)
        kwargs = {"shape": (1, 8, 8), "classes": 2, "engine": engine, "seeds": Seeds(0)}
        net = prepare(model, spec, standardise_on=train.images, **kwargs)
        list(net.fit(train))
        return balanced_accuracy(Predictions(test.labels, net.predict(test.images)))

    none = balanced("none")
    assert balanced("weights") > none + 0.1
    assert balanced("sampling") > none + 0.1


def test_weights_are_inverse_to_the_size_of_a_class_and_have_mean_one_over_the_images() -> None:
    labels = torch.tensor([0] * 6 + [2] * 2)
    weights = class_weights(labels)
    assert weights.tolist() == pytest.approx([8 / 12, 0, 2])
    assert weights[labels].mean() == pytest.approx(1)


def test_the_weighted_loss_is_the_weight_times_the_loss_of_smoothed_labels() -> None:
    labels, logits = torch.tensor([0, 0, 0, 1]), torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    plain = Loss(TrainSpec(label_smoothing=0.1), labels)(logits, labels)
    weighted = Loss(TrainSpec(label_smoothing=0.1, balance="weights"), labels)(logits, labels)
    assert torch.allclose(weighted, plain * torch.tensor([2 / 3, 2 / 3, 2 / 3, 2]))


def test_none_is_no_setting_at_all() -> None:
    assert TrainSpec(balance="none").canonical() == TrainSpec().canonical()


def test_models_that_do_not_weigh_images_say_so() -> None:
    assert problem(NumpyNet(), TrainSpec(optimiser="sgd", balance="weights")) == (
        "A NumPy network learns by plain gradient descent, so training.balance should be null, not weights."
    )
    training = TrainSpec(epochs=1, batch_size=1, balance="sampling")
    assert "learns in one pass, so training.balance should be null" in str(problem(Forest(), training))


def test_a_balanced_pass_and_skipping_are_refused_together() -> None:
    with pytest.raises(SeedtrialError, match="balance is sampling, which chooses the images of a pass"):
        TrainSpec(balance="sampling", skip={})
