"""One contract for all architectures and all their options."""

import numpy as np
import pytest
import torch

from seedtrial.models import (
    ARCHITECTURES,
    FineTuned,
    Forest,
    Hog,
    Majority,
    ModelSpec,
    Neighbours,
    NumpyNet,
    Pretrained,
    ResNet,
)
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense, Linear
from seedtrial.models.layers import ACTIVATIONS
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.prepare import engine_for, prepare, usual

SMALL = (ConvBlock(filters=3), ConvBlock(filters=4))
NETWORKS: list[Linear | Hog | Dense | Conv | ResNet] = [
    Hog(),
    Hog(directions=4, cell=3, l2=0.1),
    Linear(),
    Linear(l2=0.1),
    Dense(widths=(7,)),
    Dense(widths=(7, 5, 3), dropout=0.5, l2=0.01),
    Dense(first=16, layers=3),
    *(Dense(widths=(7,), activation=activation) for activation in ACTIVATIONS),
    *(Dense(widths=(7, 5), batch_norm=where, dropout=0.2) for where in ("before", "after")),
    Conv(blocks=SMALL),
    Conv(blocks=SMALL, dense=()),
    Conv(blocks=(ConvBlock(filters=3, kernel=5, padding="valid", pool=None),)),
    Conv(blocks=(ConvBlock(filters=3, kernel=2), ConvBlock(filters=3, kernel=4))),
    Conv(blocks=(ConvBlock(filters=3, kernel=1, repeat=3, dropout=0.2, pool="average", pool_dropout=0.5),)),
    Conv(blocks=(ConvBlock(filters=3, pool_size=3),), dense=(9, 5), dense_dropout=0.3, l2=0.1, dense_l2=0.1),
    Conv(blocks=SMALL, activation="tanh", dense_activation="leaky_relu"),
    *(Conv(blocks=SMALL, batch_norm=where, activation="sigmoid") for where in ("before", "after")),
    ResNet(widths=(3, 4)),
    ResNet(widths=(3, 3, 5), blocks=2, stem=5, head="max", dropout=0.5),
    ResNet(widths=(4,), stem_pool=True),
]
ONCE: list[ModelSpec] = [Majority(), Neighbours(neighbours=3, keep=20), Forest(trees=5, leaves=4), Pretrained(side=32)]
SPECS: list[ModelSpec] = [*NETWORKS, *ONCE, FineTuned(side=32), NumpyNet(), NumpyNet(hidden=7, divide_by="train")]


def images(count: int, shape: tuple[int, int, int]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)


def test_every_architecture_is_among_the_specifications_tested() -> None:
    assert {type(spec) for spec in SPECS} == set(ARCHITECTURES.values())
    assert all(spec.kind == name for name, kind in ARCHITECTURES.items() for spec in SPECS if type(spec) is kind)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7)], ids=["grey", "colour"])
@pytest.mark.parametrize("spec", SPECS, ids=repr)
def test_every_architecture_maps_images_to_probabilities(
    spec: ModelSpec, shape: tuple[int, int, int], engine: Engine
) -> None:
    learner = prepare(spec, usual(spec), shape=shape, classes=4, engine=engine, seeds=Seeds(0))
    probs = learner.predict(images(5, shape))
    assert probs.shape == (5, 4) and probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)
    assert (probs >= 0).all()


# Before it has learnt, a fine-tuned network's weights are noise that says nothing; test_pretrained.py has its own test.
@pytest.mark.parametrize("spec", [s for s in SPECS if s not in ONCE and not isinstance(s, FineTuned)], ids=repr)
def test_every_architecture_goes_back_to_weights_that_it_gave(spec: ModelSpec, engine: Engine) -> None:
    first, second = (
        prepare(spec, usual(spec), shape=(1, 8, 8), classes=4, engine=engine, seeds=Seeds(seed)) for seed in (0, 1)
    )
    kept, pixels = first.weights(), images(5, (1, 8, 8))
    assert all(isinstance(array, np.ndarray) for array in kept.values())
    assert not np.array_equal(second.predict(pixels), first.predict(pixels))
    second.restore(kept)
    assert np.array_equal(second.predict(pixels), first.predict(pixels))


@pytest.mark.parametrize("spec", SPECS, ids=repr)
def test_every_architecture_has_a_training_and_an_engine_by_default(spec: ModelSpec) -> None:
    engine = engine_for(spec, usual(spec), shape=(3, 12, 12), classes=3)
    assert engine.device in ("cpu", "cuda") and engine.threads >= 1


@pytest.mark.parametrize("spec", NETWORKS, ids=repr)
def test_the_summary_has_the_actual_shapes_and_parameters(spec: Linear | Dense | Conv) -> None:
    network = spec.build((3, 9, 7), 4, torch.Generator().manual_seed(0)).eval()
    x = network.scale(torch.from_numpy(images(1, (3, 9, 7))))
    layers = []
    for name, layer in network.layers.items():
        x = layer(x)
        held = [*layer.parameters(), *(buffer for buffer in layer.buffers() if buffer.ndim)]
        layers.append((name, tuple(x.shape[1:]), sum(tensor.numel() for tensor in held)))
    summary = spec.summary((3, 9, 7), 4)
    assert [(row.name, row.shape, row.parameters) for row in summary.layers] == layers
    assert summary.trained == sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("spec", NETWORKS, ids=repr)
def test_every_architecture_passes_gradients_to_all_its_parameters(spec: Linear | Dense | Conv) -> None:
    network = spec.build((1, 8, 8), 4, torch.Generator().manual_seed(0)).train()
    for layer in network.dropouts():
        layer.generator = torch.Generator().manual_seed(0)
    loss = network(torch.from_numpy(images(20, (1, 8, 8)))).square().sum() + network.penalty()
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("spec", NETWORKS, ids=repr)
def test_the_first_weights_come_from_the_generator_alone(spec: Linear | Dense | Conv) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = spec.build((1, 8, 8), 4, torch.Generator().manual_seed(0)).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    second = spec.build((1, 8, 8), 4, torch.Generator().manual_seed(0)).state_dict()
    other = spec.build((1, 8, 8), 4, torch.Generator().manual_seed(3)).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    kernels = [name for name in first if name.startswith(("layers.dense", "layers.conv")) and "weight" in name]
    assert kernels and not any(torch.equal(first[name], other[name]) for name in kernels)


@pytest.mark.parametrize("spec", NETWORKS, ids=repr)
def test_without_a_generator_there_are_shapes_but_no_memory(spec: Linear | Dense | Conv) -> None:
    network = spec.build((1, 8, 8), 4)
    assert all(parameter.device.type == "meta" for parameter in network.parameters())
