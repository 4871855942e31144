"""Learners: a model, how to train it and on what, joined. The model says itself what its kind needs."""

from dataclasses import replace

import numpy as np
import torch

from seedtrial.errors import SeedtrialError
from seedtrial.models.learner import Learner
from seedtrial.models.model import Model
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.spec import TrainSpec


def prepare(
    model: Model,
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

    Raises SeedtrialError when the model cannot be trained so.

    >>> from seedtrial.models import Linear
    >>> engine = choose_engine("cpu", "fp32")
    >>> learner = prepare(Linear(), TrainSpec(), shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    >>> learner.predict(np.zeros((2, 1, 8, 8), np.uint8)).shape
    (2, 3)
    """
    wrong = problem(model, training, standardised=standardise_on is not None)
    if wrong:
        raise SeedtrialError(wrong)
    own = model.learner(training, shape=shape, classes=classes, seeds=seeds)
    if own is not None:
        return own
    network = model.build(shape, classes, seeds.torch("weights"))
    if standardise_on is not None:
        network.scale.standardise(torch.from_numpy(standardise_on))
    return TorchLearner(network, training, engine, seeds)


def problem(model: Model, training: TrainSpec, *, standardised: bool = False) -> str | None:
    """Which setting the model does not honour, in a sentence; None if it honours all.

    standardised: whether data.scaling is "standard"

    >>> from seedtrial.models import Dense, NumpyNet
    >>> problem(Dense(), TrainSpec())
    >>> problem(NumpyNet(), TrainSpec())
    'A NumPy network learns by plain gradient descent, so training.optimiser.kind should be sgd, not adam.'
    """
    for path, only in model.only.items():
        in_data = path == "data.scaling"
        given = ("standard" if standardised else "unit") if in_data else _value(training, path)
        if given not in only.values:
            values = " or ".join("null" if value is None else str(value) for value in only.values)
            name = path if in_data else f"training.{path}"
            shown = "" if path == "augment" else f", not {given}"  # a whole augmentation is too long to repeat
            return f"A {model.title} {only.reason}, so {name} should be {values}{shown}."
    return None


def _value(training: TrainSpec, path: str) -> object:
    value: object = training
    for name in path.split("."):
        value = getattr(value, name)
    return value


def usual(model: Model) -> TrainSpec:
    """How a model is trained when nothing else is said.

    >>> from seedtrial.models import Dense, NumpyNet
    >>> usual(Dense()).batch_size, usual(NumpyNet()).batch_size
    (128, 32)
    """
    return TrainSpec.model_validate(dict(model.usual))


def engine_for(
    model: Model,
    training: TrainSpec,
    device: str = "auto",
    *,
    shape: tuple[int, int, int],
    classes: int,
) -> Engine:
    """What a model runs on: the best there is, or what was asked for; one with its own learner runs on the CPU.

    shape: of an image, (C, H, W)

    Precision "auto" is float32 where bf16 would gain nothing: for dense networks with little to compute per step.

    Raises SeedtrialError when cuda is asked for and there is none.

    >>> from seedtrial.models import Dense
    >>> engine = engine_for(Dense(), TrainSpec(precision="fp32"), "cpu", shape=(1, 28, 28), classes=10)
    >>> engine.precision, engine.threads
    ('fp32', 1)
    """
    engine = choose_engine(device, training.precision, threads=training.threads or 1)
    if model.own_threads is not None:
        return Engine(device="cpu", precision="fp32", threads=model.own_threads)
    if training.precision != "auto" or engine.device != "cpu" or not model.bf16_from:
        return engine
    work = training.batch_size * model.summary(shape, classes).multiply_adds
    return replace(engine, precision="fp32") if work < model.bf16_from else engine
