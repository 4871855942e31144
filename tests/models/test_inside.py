"""What is inside a network is what it computes with, and looking changes nothing."""

import numpy as np
import pytest
import torch

from seedtrial.models import Conv, Dense, Linear, ModelSpec, NumpyNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.models.inside import first_layer, outputs, stages
from seedtrial.models.numpy_net import NumpyNetLearner
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.prepare import prepare, usual

SHAPE = (1, 8, 8)
BLOCK = ConvBlock(filters=3, dropout=0.2, pool_dropout=0.5)
NETWORKS: list[ModelSpec] = [
    Linear(),
    Dense(widths=(7, 5), dropout=0.5, batch_norm="after"),
    Conv(blocks=(BLOCK, ConvBlock(filters=4, kernel=2, pool="average")), dense=(9,), batch_norm="before"),
    Conv(blocks=(ConvBlock(filters=3, kernel=5, padding="valid", pool=None),), dense=()),
]


def images(count: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *SHAPE), dtype=np.uint8)


def softmax(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).softmax(1).numpy()


def learner(model: ModelSpec, engine: Engine) -> TorchLearner | NumpyNetLearner:
    net = prepare(model, usual(model), shape=SHAPE, classes=4, engine=engine, seeds=Seeds(0))
    assert isinstance(net, TorchLearner | NumpyNetLearner)
    return net


@pytest.mark.parametrize("model", NETWORKS, ids=repr)
def test_the_last_stage_gives_exactly_what_the_learner_predicts(model: ModelSpec, engine: Engine) -> None:
    net = learner(model, engine)
    assert isinstance(net, TorchLearner)
    inside = stages(net.network, images())
    assert np.array_equal(softmax(inside[-1].values), net.predict(images()))


def test_the_last_stage_from_scratch_gives_exactly_what_the_learner_predicts(engine: Engine) -> None:
    net = learner(NumpyNet(hidden=6), engine)
    assert isinstance(net, NumpyNetLearner)
    hidden, logits = net.inside(images()).stages
    assert hidden.shape == (6,) and 0 < hidden.values.min() and hidden.values.max() < 1
    np.testing.assert_allclose(softmax(logits.values), net.predict(images()), rtol=1e-5)


@pytest.mark.parametrize("model", NETWORKS, ids=repr)
def test_every_layer_gives_its_output_in_its_shape(model: ModelSpec, engine: Engine) -> None:
    net = learner(model, engine)
    assert isinstance(net, TorchLearner)
    inside = outputs(net.network, images(2))
    assert {name: array.shape for name, array in inside.items()} == {
        name: (2, *shape) for name, shape in net.network.shapes.items()
    }
    assert all(array.dtype == np.float32 and array.flags.c_contiguous for array in inside.values())


def test_a_stage_is_a_layer_with_what_belongs_to_it_and_without_dropout(engine: Engine) -> None:
    net = learner(NETWORKS[2], engine)
    assert isinstance(net, TorchLearner)
    inside = stages(net.network, images(1))
    assert [stage.layers for stage in inside] == [
        ("conv1", "batch_norm1", "relu1"),
        ("max_pool1",),
        ("pad1", "conv2", "batch_norm2", "relu2"),
        ("average_pool1",),
        ("flatten1", "dense1", "relu3"),
        ("dense2",),
    ]
    assert [stage.shape for stage in inside] == [(3, 8, 8), (3, 4, 4), (4, 4, 4), (4, 2, 2), (9,), (4,)]


def test_looking_leaves_the_network_as_it_was(engine: Engine) -> None:
    net = learner(NETWORKS[2], engine)
    assert isinstance(net, TorchLearner)
    net.network.train()
    before = net.weights()
    stages(net.network, images())
    assert net.network.training and not any(layer._forward_hooks for layer in net.network.layers.values())
    assert all(np.array_equal(array, before[name]) for name, array in net.weights().items())


def test_the_first_layer_of_a_convolutional_network_is_its_filters(engine: Engine) -> None:
    net = learner(NETWORKS[2], engine)
    assert isinstance(net, TorchLearner)
    inside = first_layer(net.network, SHAPE)
    assert (inside.name, inside.slides, inside.weights.shape) == ("conv1", True, (3, 1, 3, 3))
    assert np.array_equal(inside.weights, net.weights()["layers.conv1.weight"])


def test_a_units_weights_have_the_images_shape(engine: Engine) -> None:
    net = learner(Linear(), engine)
    assert isinstance(net, TorchLearner)
    inside = first_layer(net.network, SHAPE)
    assert (inside.name, inside.slides, inside.weights.shape) == ("dense1", False, (4, *SHAPE))
    x = images() / 255
    logits = np.einsum("nchw,fchw->nf", x, inside.weights)  # the biases begin at 0
    np.testing.assert_allclose(logits, stages(net.network, images())[-1].values, rtol=1e-4, atol=1e-5)


def test_a_units_weights_from_scratch_have_the_images_shape(engine: Engine) -> None:
    net = learner(NumpyNet(hidden=6), engine)
    assert isinstance(net, NumpyNetLearner)
    inside = net.inside(images()).first
    assert (inside.slides, inside.weights.shape) == (False, (6, *SHAPE))
    assert np.array_equal(inside.weights[2].ravel(), net.learnt["hidden.kernel"][:, 2])
