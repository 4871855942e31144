"""Learners: a model, how to train it and on what, joined."""

import numpy as np
import torch

from lookbook.models import ModelSpec
from lookbook.models.learner import Learner
from lookbook.seeds import Seeds
from lookbook.training.device import Engine
from lookbook.training.loop import TorchLearner
from lookbook.training.spec import TrainSpec


def prepare(
    model: ModelSpec,
    training: TrainSpec,
    *,
    shape: tuple[int, int, int],
    classes: int,
    engine: Engine,
    seeds: Seeds,
    standardise_on: np.ndarray | None = None,
) -> Learner:
    """A learner with its first weights drawn.

    shape:          of an image, (C, H, W)
    standardise_on: training images (N, C, H, W) uint8 to take mean and deviation from; None: pixels / 255
    """
    network = model.build(shape, classes, seeds.torch("weights"))
    if standardise_on is not None:
        network.scale.standardise(torch.from_numpy(standardise_on))
    return TorchLearner(network, training, engine, seeds)
