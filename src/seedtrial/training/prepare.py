"""Learners: a model, how to train it and on what, joined. What depends on the kind of model is decided here."""

from dataclasses import replace

import numpy as np
import torch

from seedtrial.errors import SeedtrialError
from seedtrial.models import Dense, Linear, ModelSpec, NumpyNet
from seedtrial.models.count import summary
from seedtrial.models.learner import Learner
from seedtrial.models.numpy_net import THREADS, NumpyNetLearner
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine, choose
from seedtrial.training.loop import TorchLearner
from seedtrial.training.optimiser import SGD
from seedtrial.training.spec import TrainSpec

WORTH_BF16 = 4_000_000  # multiply-adds of a dense network's step, forward; below, casting costs more than bf16 saves


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

    Raises SeedtrialError when the model cannot be trained so.
    """
    wrong = problem(model, training, standardised=standardise_on is not None)
    if wrong:
        raise SeedtrialError(wrong)
    if isinstance(model, NumpyNet):
        return NumpyNetLearner(
            model,
            shape=shape,
            classes=classes,
            epochs=training.epochs,
            batch_size=training.batch_size,
            rate=training.optimiser.rate,
            seeds=seeds,
        )
    network = model.build(shape, classes, seeds.torch("weights"))
    if standardise_on is not None:
        network.scale.standardise(torch.from_numpy(standardise_on))
    return TorchLearner(network, training, engine, seeds)


def problem(model: ModelSpec, training: TrainSpec, *, standardised: bool = False) -> str | None:
    """What the model cannot be trained with, if anything; a network from scratch knows plain gradient descent only.

    standardised: whether the data's own scaling does that already
    """
    if not isinstance(model, NumpyNet):
        return None
    if standardised:
        return "A network from scratch standardises every pixel itself, so data.scaling should be unit, not standard."
    optimiser = training.optimiser
    if not isinstance(optimiser, SGD):
        return _only("training.optimiser.kind", "sgd", optimiser.kind)
    for name in ("momentum", "weight_decay"):
        if getattr(optimiser, name):
            return _only(f"training.optimiser.{name}", 0, getattr(optimiser, name))
    if training.schedule.kind != "constant":
        return _only("training.schedule.kind", "constant", training.schedule.kind)
    if training.label_smoothing:
        return _only("training.label_smoothing", 0, training.label_smoothing)
    for name in ("averaging", "mirrored", "skip", "compiled"):
        if getattr(training, name) is not None:
            return _only(f"training.{name}", "null", getattr(training, name))
    if training.augment is not None:
        return "A network from scratch learns from the images as they are, so training.augment should be null."
    if training.precision == "bf16":
        return "A network from scratch computes in float32, so training.precision should be auto or fp32, not bf16."
    return None


def _only(setting: str, right: object, given: object) -> str:
    return f"A network from scratch learns by plain gradient descent, so {setting} should be {right}, not {given}."


def usual(model: ModelSpec) -> TrainSpec:
    """How a model is trained when nothing else is said; a network from scratch as its report trains it."""
    return TrainSpec(batch_size=32, optimiser=SGD(rate=0.03)) if isinstance(model, NumpyNet) else TrainSpec()


def engine_for(
    model: ModelSpec,
    training: TrainSpec,
    device: str = "auto",
    *,
    shape: tuple[int, int, int],
    classes: int,
) -> Engine:
    """What a model runs on: the best there is, or what was asked for; a network from scratch, one thread of the CPU.

    shape: of an image, (C, H, W)

    Precision "auto" is float32 where bf16 would gain nothing: for dense networks with little to compute per step.

    Raises SeedtrialError when cuda is asked for and there is none.
    """
    engine = choose(device, training.precision)
    if isinstance(model, NumpyNet):
        return Engine(device="cpu", precision="fp32", threads=THREADS)
    if training.precision != "auto" or engine.device != "cpu":
        return engine
    if not isinstance(model, Linear | Dense):  # bf16 was as fast or faster for every convolution that was tried
        return engine
    work = training.batch_size * summary(model, shape, classes).multiply_adds
    return replace(engine, precision="fp32") if work < WORTH_BF16 else engine
