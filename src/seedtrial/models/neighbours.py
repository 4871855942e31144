"""Nearest neighbours: the training images that are most alike say what a picture is.

N images, D pixels, T training images that are kept, K classes.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from seedtrial.models.count import LayerRow, Summary
from seedtrial.models.learner import Weights
from seedtrial.models.model import Model, Only, OwnTraining
from seedtrial.models.once import ONLY, USUAL, OnceLearner, by_module, mean_images
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Unit


class Neighbours(Model):
    """k nearest neighbours: the most similar training images vote, by the distance of their pixels.

    Source: Fix and Hodges 1951, Discriminatory analysis: nonparametric discrimination.

    >>> Neighbours(neighbours=3).neighbours
    3
    """

    kind: Literal["neighbours"] = "neighbours"
    neighbours: Annotated[Count, Unit("images")] = Field(
        5, le=1000, examples=[11], description="training images that vote"
    )
    keep: Annotated[Count, Unit("images")] = Field(
        20_000, examples=[5000], description="training images that are kept, drawn at random; more make it slower"
    )

    title: ClassVar[str] = "nearest neighbours"
    usual: ClassVar[Mapping[str, object]] = USUAL
    only: ClassVar[Mapping[str, Only]] = ONLY
    own_threads: ClassVar[int | None] = 1

    def learner(self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds) -> OnceLearner:
        """It keeps images; the seed draws which."""
        return OnceLearner("neighbours", _Nearest(self), shape=shape, classes=classes, chance=seeds.numpy("weights"))

    def summary(self, shape: tuple[int, ...], classes: int) -> Summary:
        """Every kept pixel is compared; what it keeps is counted as no parameter."""
        adds = self.keep * int(np.prod(shape))
        return Summary((LayerRow("neighbours", "distances", (classes,), 0, adds),), 0, 0, adds)


class _Nearest:
    def __init__(self, spec: Neighbours) -> None:
        self.spec = spec

    def learn(self, images: np.ndarray, labels: np.ndarray, classes: int, chance: np.random.Generator) -> Weights:
        rows = np.sort(chance.permutation(len(images))[: self.spec.keep])
        return {
            "images": images[rows].reshape(len(rows), -1),
            "labels": labels[rows].astype(np.int32),
            "means": mean_images(images, labels, classes),
        }

    def module(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> nn.Module:
        images, labels = torch.from_numpy(weights["images"]), torch.from_numpy(weights["labels"])
        return _Votes(images, labels, len(weights["means"]), min(self.spec.neighbours, len(images)))

    def predict(self, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
        return by_module(self.module(weights, images.shape[1:]).eval(), images, numbers=max(weights["images"].shape))

    def look(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, bool]:
        return weights["means"], False


class _Votes(nn.Module):
    kept: Tensor
    votes: Tensor

    def __init__(self, kept: Tensor, labels: Tensor, classes: int, neighbours: int) -> None:
        super().__init__()
        self.neighbours = neighbours
        self.register_buffer("kept", kept.float() / 255)  # (T, D)
        self.register_buffer("votes", nn.functional.one_hot(labels.long(), classes).float())  # (T, K)

    def forward(self, images: Tensor) -> Tensor:
        x = images.flatten(1).float() / 255
        # The image's own square is the same for all kept images, so it does not change which are nearest.
        distances = self.kept.square().sum(1) - 2 * (x @ self.kept.T)  # (N, T)
        nearest = distances.topk(self.neighbours, dim=1, largest=False).indices  # (N, neighbours)
        counts = self.votes[nearest].sum(1)  # (N, K)
        smooth = 1 / counts.shape[1]  # one vote spread over all classes: no class is impossible
        return ((counts + smooth) / (self.neighbours + 1)).log()
