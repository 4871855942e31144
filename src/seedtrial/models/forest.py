"""A random forest: many decision trees on pixels, each grown on another draw of the images.

N images, D pixels, T trees of at most M nodes, K classes.
"""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from seedtrial.models.count import LayerRow, Summary
from seedtrial.models.learner import Weights
from seedtrial.models.model import Model, Only, OwnTraining
from seedtrial.models.once import ONLY, SURE, USUAL, OnceLearner, by_module
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Unit

WORK = 19_000  # multiply-adds that take as long as sorting a pixel of an image for all forks of a tree


class Forest(Model):
    """A random forest on the pixels, grown by scikit-learn.

    Source: Breiman 2001, Random forests.

    >>> Forest(trees=10).leaves
    1000
    """

    kind: Literal["forest"] = "forest"
    trees: Annotated[Count, Unit("trees")] = Field(100, le=5000, examples=[300], description="decision trees")
    leaves: Annotated[Count, Unit("leaves")] = Field(
        1000, le=1_000_000, examples=[200], description="leaves of a tree, at most; more need more memory"
    )

    title: ClassVar[str] = "random forest"
    usual: ClassVar[Mapping[str, object]] = USUAL
    only: ClassVar[Mapping[str, Only]] = ONLY
    own_threads: ClassVar[int | None] = 1

    def learner(self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds) -> OnceLearner:
        """Trees whose images and pixels the seed draws."""
        return OnceLearner("forest", _Trees(self), shape=shape, classes=classes, chance=seeds.numpy("weights"))

    def summary(self, shape: tuple[int, ...], classes: int) -> Summary:
        """At most: a pixel, a threshold and two ways per fork, shares of the classes per leaf."""
        numbers = self.trees * (4 * (self.leaves - 1) + classes * self.leaves)
        return Summary((LayerRow("forest", "trees, at most", (classes,), numbers, 0),), numbers, numbers, 0)

    def work(self, shape: tuple[int, ...], classes: int) -> int:
        """Sorting the pixels that a fork looks at, which are the square root of all; measured on Fashion-MNIST."""
        return round(WORK * self.trees * math.sqrt(math.prod(shape)))


class _Trees:
    def __init__(self, spec: Forest) -> None:
        self.spec = spec

    def learn(self, images: np.ndarray, labels: np.ndarray, classes: int, chance: np.random.Generator) -> Weights:
        from sklearn.ensemble import RandomForestClassifier  # half a second that other models need not wait for

        forest = RandomForestClassifier(
            self.spec.trees,
            max_leaf_nodes=max(2, self.spec.leaves),
            n_jobs=1,
            random_state=int(chance.integers(2**31)),
        )
        forest.fit(images.reshape(len(images), -1), labels)
        most = max(tree.tree_.node_count for tree in forest.estimators_)
        shape = (self.spec.trees, most)
        pixel, threshold = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
        ways, shares = np.zeros((*shape, 2), np.int32), np.zeros((*shape, classes), np.float32)
        for number, tree in enumerate(forest.estimators_):
            nodes = tree.tree_
            here = np.arange(nodes.node_count)
            forks = nodes.children_left >= 0
            pixel[number, here[forks]] = nodes.feature[forks]
            threshold[number, here] = nodes.threshold  # halfway between two grey values, which float32 holds exactly
            ways[number, here, 0] = np.where(forks, nodes.children_left, here)  # a leaf leads to itself
            ways[number, here, 1] = np.where(forks, nodes.children_right, here)
            shares[number, here[:, None], forest.classes_] = nodes.value[:, 0] / nodes.value[:, 0].sum(1, keepdims=True)
        depth = max(tree.tree_.max_depth for tree in forest.estimators_)
        return {
            "pixel": pixel,
            "threshold": threshold,
            "ways": ways,
            "shares": shares,
            "depth": np.array(depth, np.int32),
            "importance": forest.feature_importances_.astype(np.float32),
        }

    def module(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> nn.Module:
        return _Walk(weights)

    def predict(self, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
        return by_module(
            self.module(weights, images.shape[1:]).eval(),
            images,
            numbers=weights["pixel"].shape[0] * weights["shares"].shape[2],
        )

    def look(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, bool]:
        return weights["importance"].reshape(1, *shape), False


class _Walk(nn.Module):
    """All images go down all trees at once, a level per step."""

    pixel: Tensor
    threshold: Tensor
    ways: Tensor
    shares: Tensor
    roots: Tensor

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        trees, nodes = weights["pixel"].shape
        self.depth = int(weights["depth"])
        # The nodes of all trees in one row; a node's children are places in that row.
        roots = torch.arange(trees) * nodes
        self.register_buffer("roots", roots)
        self.register_buffer("pixel", torch.from_numpy(weights["pixel"]).long().flatten())
        self.register_buffer("threshold", torch.from_numpy(weights["threshold"]).flatten())
        self.register_buffer("ways", (torch.from_numpy(weights["ways"]).long() + roots[:, None, None]).flatten())
        self.register_buffer("shares", torch.from_numpy(weights["shares"]).flatten(0, 1))  # (T * M, K)

    def forward(self, images: Tensor) -> Tensor:
        x = images.flatten(1).float()  # (N, D)
        node = self.roots + torch.zeros_like(x[:, :1], dtype=torch.int64)  # (N, T)
        for _ in range(self.depth):
            right = x.gather(1, self.pixel[node]) > self.threshold[node]
            node = self.ways[2 * node + right.long()]
        probs = self.shares[node].mean(1)  # (N, K)
        return probs.clamp(min=SURE).log()
