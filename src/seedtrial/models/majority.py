"""Always the largest class: what every accuracy has to be compared with."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from seedtrial.models.count import LayerRow, Summary
from seedtrial.models.learner import Weights
from seedtrial.models.model import Model, Only, OwnTraining
from seedtrial.models.once import ONLY, SURE, USUAL, OnceLearner, by_module
from seedtrial.seeds import Seeds


class Majority(Model):
    """Always answers the largest class of the training images; its probabilities are the shares of the classes.

    >>> Majority().summary((1, 28, 28), 10).multiply_adds
    0
    """

    kind: Literal["majority"] = "majority"

    title: ClassVar[str] = "majority class"
    usual: ClassVar[Mapping[str, object]] = USUAL
    only: ClassVar[Mapping[str, Only]] = ONLY
    own_threads: ClassVar[int | None] = 1

    def learner(self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds) -> OnceLearner:
        """It counts."""
        return OnceLearner("majority", _Shares(), shape=shape, classes=classes, chance=seeds.numpy("weights"))

    def summary(self, shape: tuple[int, ...], classes: int) -> Summary:
        """One number per class."""
        return Summary((LayerRow("majority", "shares", (classes,), classes, 0),), classes, classes, 0)


class _Shares:
    def learn(self, images: np.ndarray, labels: np.ndarray, classes: int, chance: np.random.Generator) -> Weights:
        counts = np.bincount(labels, minlength=classes)
        return {"shares": np.maximum(counts / len(labels), SURE).astype(np.float32)}

    def module(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> nn.Module:
        return _Constant(torch.from_numpy(weights["shares"]).log())

    def predict(self, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
        return by_module(self.module(weights, images.shape[1:]).eval(), images, numbers=len(weights["shares"]))

    def look(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, bool]:
        return np.zeros((1, *shape), np.float32), False  # it does not look


class _Constant(nn.Module):
    logits: Tensor

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.register_buffer("logits", logits)

    def forward(self, images: Tensor) -> Any:
        nothing = images.flatten(1)[:, :1].float() * 0  # (N, 1); ties the answer to the number of images
        return nothing + self.logits
