"""Learners that need one pass: they look at all training images at once, and no loss falls from epoch to epoch.

N images, C channels, H x W pixels, D = C * H * W, K classes. A method that learns so is a file beside this one, whose
Spec's `learner` gives a `OnceLearner`; `majority.py` is the shortest example.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import torch
from torch import nn

from seedtrial.data.parts import Split
from seedtrial.models.inside import FirstLayer, Inside, Stage
from seedtrial.models.learner import Epoch, Weights
from seedtrial.models.model import Only

PREDICT_NUMBERS = 20_000_000  # in the largest array while predicting, 80 MB
SCORED = 2000  # training images that the epoch's loss and accuracy are of; all of them may take longer than learning
SURE = 1e-6  # the least probability, so that one wrong answer does not make the loss infinite

PASS = "learns in one pass"
ONLY: Mapping[str, Only] = {
    "epochs": Only((1,), PASS),
    "batch_size": Only((1,), PASS),
    "optimiser.kind": Only(("adam",), PASS),
    "optimiser.rate": Only((0.001,), PASS),
    "optimiser.beta1": Only((0.9,), PASS),
    "optimiser.beta2": Only((0.999,), PASS),
    "optimiser.epsilon": Only((1e-7,), PASS),
    "schedule.kind": Only(("constant",), PASS),
    "label_smoothing": Only((0,), PASS),
    **{
        name: Only((None,), PASS)
        for name in ("averaging", "balance", "mix", "sam", "mirrored", "shifted", "skip", "compiled", "stopping")
    },
    "augment": Only((None,), "learns from the images as they are"),
    "precision": Only(("auto", "fp32"), "computes in float32"),
    "data.scaling": Only(("unit",), "takes pixels as they are"),
}
USUAL: Mapping[str, object] = {"epochs": 1, "batch_size": 1}


class Method(Protocol):
    """How something learns in one pass, and what it predicts by.

    >>> from seedtrial.models import Forest
    >>> Forest(trees=3).summary((1, 8, 8), 3).parameters >= 0
    True
    """

    def learn(self, images: np.ndarray, labels: np.ndarray, classes: int, chance: np.random.Generator) -> Weights:
        """All that is kept of the training images, (N, C, H, W) uint8 with labels (N,) int64."""
        ...

    def module(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> nn.Module:
        """What predicts: (N, C, H, W) uint8 -> (N, K) float32 logits."""
        ...

    def predict(self, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
        """Probabilities (N, K) float32 for images (N, C, H, W) uint8; `by_module` does for most."""
        ...

    def look(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, bool]:
        """What it goes by, as images (F, C, H, W) float32, and whether these are filters that slide."""
        ...


class OnceLearner:
    """A method with what it has learnt. It keeps the `Learner` protocol; its only epoch is the whole training.

    shape:  of an image, (C, H, W)
    chance: draws whatever the method draws

    >>> from seedtrial.models import Majority
    >>> from seedtrial.seeds import Seeds
    >>> from seedtrial.training.prepare import usual
    >>> learner = Majority().learner(usual(Majority()), shape=(1, 2, 2), classes=2, seeds=Seeds(0))
    >>> train = Split("train", np.zeros((4, 1, 2, 2), np.uint8), np.array([0, 1, 1, 1]))
    >>> [epoch.accuracy for epoch in learner.fit(train)]
    [0.75]
    """

    def __init__(
        self, name: str, method: Method, *, shape: tuple[int, ...], classes: int, chance: np.random.Generator
    ) -> None:
        self.name, self.method, self.shape, self.classes, self.chance = name, method, shape, classes, chance
        self.learnt: Weights = {}
        self.step = self.steps = 0

    def fit(self, train: Split, *, after: Mapping[str, np.ndarray] | None = None) -> Iterator[Epoch]:
        """Learn, yielding once. after: a checkpoint of what has learnt already; then there is nothing left to do."""
        if after is not None:
            self.restore(after)
            return
        started = time.perf_counter()
        self.steps = 1
        self.learnt = self.method.learn(train.images, train.labels, self.classes, self.chance)
        seconds = time.perf_counter() - started
        rows = np.linspace(0, len(train) - 1, min(len(train), SCORED)).astype(int)  # evenly, as files are in any order
        probs, labels = self.predict(train.images[rows]), train.labels[rows]
        yield Epoch(
            epoch=1,
            loss=float(-np.log(np.maximum(probs[np.arange(len(rows)), labels], SURE)).mean()),
            penalty=0.0,
            accuracy=float((probs.argmax(1) == labels).mean()),
            seconds=seconds,
            images_per_second=len(train) / seconds,
            rate=0.0,
        )

    def checkpoint(self) -> Weights:
        """A copy of all that was learnt, for there is only one pass."""
        return self.weights()

    def predict(self, images: np.ndarray, *, mirrored: bool | None = None) -> np.ndarray:
        """Probabilities (N, K) float32, rows summing to 1, for images (N, C, H, W) uint8; never of mirrored images.

        Before it has learnt, all classes are equally probable.
        """
        if not self.learnt:
            return np.full((len(images), self.classes), 1 / self.classes, np.float32)
        return self.method.predict(self.learnt, images)

    def inside(self, images: np.ndarray) -> Inside:
        """What it goes by as images, and the logits for images (N, C, H, W) uint8."""
        logits = np.log(np.maximum(self.predict(images), SURE))
        weights, slides = self.method.look(self.learnt, self.shape)
        return Inside(FirstLayer(self.name, weights, slides=slides), (Stage((self.name,), logits),))

    def module(self) -> nn.Module:
        """It as a plain torch module, (N, C, H, W) uint8 -> (N, K) float32 logits."""
        return self.method.module(self.learnt, self.shape).eval()

    def weights(self) -> Weights:
        """A copy of all that was learnt."""
        return {name: array.copy() for name, array in self.learnt.items()}

    def restore(self, weights: Mapping[str, np.ndarray]) -> None:
        """Go back to weights that this kind of learner gave."""
        self.learnt = {name: np.array(array) for name, array in weights.items()}


@torch.inference_mode()
def by_module(module: nn.Module, images: np.ndarray, *, numbers: int) -> np.ndarray:
    """Probabilities (N, K) of a module for images (N, C, H, W) uint8.

    numbers: that the largest array holds per image on the way

    >>> by_module(nn.Flatten(), np.zeros((3, 1, 1, 2), np.float32), numbers=2).tolist()
    [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    """
    batches = torch.from_numpy(np.ascontiguousarray(images)).split(max(1, PREDICT_NUMBERS // numbers))
    return torch.cat([module(batch).softmax(1) for batch in batches]).numpy()


def mean_images(images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The mean image of each class, (K, C, H, W) float32 in [0, 1]; black for a class without images.

    >>> mean_images(np.full((2, 1, 1, 1), 255, np.uint8), np.array([0, 0]), 2).ravel().tolist()
    [1.0, 0.0]
    """
    means = np.zeros((classes, *images.shape[1:]), np.float32)
    for label in np.unique(labels):
        means[label] = images[labels == label].mean(0, dtype=np.float64) / 255
    return means
