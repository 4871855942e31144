"""A sharpness-aware step takes the gradient uphill and moves the weights from where they were."""

import numpy as np
import pytest
import torch
from torch import nn

from seedtrial.data.dataset import Dataset
from seedtrial.errors import SeedtrialError
from seedtrial.models import Conv, Dense, ModelSpec
from seedtrial.models.convnet import ConvBlock
from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.fast.norm import BatchNorm
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.prepare import prepare
from seedtrial.training.sharpness import Uphill
from seedtrial.training.spec import TrainSpec


class Point(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.tensor([3.0, 4.0]))

    def slope(self) -> None:
        """The gradient of (x^2 + y^2) / 2, which is the point itself."""
        (self.at.square().sum() / 2).backward()


def test_a_step_down_a_bowl_is_the_one_computed_by_hand() -> None:
    point = Point()
    optimiser, uphill = SGD(rate=0.1).build(point.parameters()), Uphill(point, 0.5, ())
    point.slope()
    with uphill.top():
        assert point.at.tolist() == pytest.approx([3.3, 4.4])  # 0.5 along (3, 4) / 5
        point.slope()
    assert point.at.tolist() == [3.0, 4.0]
    optimiser.step(rate=0.1)
    assert point.at.tolist() == pytest.approx([3 - 0.33, 4 - 0.44])


def test_both_looks_at_a_batch_draw_the_same_dropout_and_average_once() -> None:
    chance = torch.Generator().manual_seed(0)
    layers = [Dropout(0.5), BatchNorm(4), nn.BatchNorm1d(4)]
    layers[0].generator = chance
    network = nn.Sequential(*layers).train()
    seen: list[torch.Tensor] = []
    layers[1].register_forward_pre_hook(lambda _, args: seen.append(args[0].detach().clone()))
    uphill, batch = Uphill(network, 0.1, (chance,)), torch.rand(8, 4) + 1
    uphill.begin()
    network(batch).square().sum().backward()
    once = [layer.running_mean.clone() for layer in layers[1:]]
    with uphill.top():
        network(batch).square().sum().backward()
    assert torch.equal(seen[0], seen[1])
    assert all(torch.equal(layer.running_mean, mean) for layer, mean in zip(layers[1:], once, strict=True))
    network(batch)
    assert not torch.equal(seen[2], seen[1])
    assert not any(torch.equal(layer.running_mean, mean) for layer, mean in zip(layers[1:], once, strict=True))


@pytest.mark.parametrize(
    "model", [Dense(widths=(16,), l2=1e-4, dropout=0.1), Conv(blocks=(ConvBlock(filters=8),), batch_norm="before")]
)
def test_it_learns_and_a_tiny_radius_is_no_radius(model: ModelSpec, tiny: Dataset, engine: Engine) -> None:
    def trained(radius: float | None) -> tuple[list[float], np.ndarray]:
        spec = TrainSpec(epochs=15, batch_size=16, optimiser=Adam(rate=0.01), sam=radius)
        net = prepare(model, spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
        return [epoch.loss for epoch in net.fit(tiny.train)], net.predict(tiny.validation.images)

    losses, probs = trained(0.05)
    assert (probs.argmax(1) == tiny.validation.labels).mean() > 0.8
    plain, still = trained(None)[0], trained(1e-9)[0]
    assert still[0] == pytest.approx(plain[0], rel=1e-3)
    assert losses[-1] != pytest.approx(plain[-1], rel=1e-2)


def test_compiled_steps_are_refused() -> None:
    with pytest.raises(SeedtrialError, match="sam looks at each batch twice"):
        TrainSpec(sam=0.05, compiled=True)


def test_plain_means_of_torchs_batch_norm_see_each_batch_once_and_an_error_leaves_the_weights() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, momentum=None))
    uphill = Uphill(network, 0.5, ())
    network(torch.rand(4, 2)).square().sum().backward()
    mean, weight = network[1].running_mean.clone(), network[0].weight.detach().clone()
    with pytest.raises(KeyboardInterrupt), uphill.top():
        network(torch.rand(4, 2))
        raise KeyboardInterrupt
    assert network[1].num_batches_tracked == 1 and torch.equal(network[1].running_mean, mean)
    assert torch.equal(network[0].weight, weight)
