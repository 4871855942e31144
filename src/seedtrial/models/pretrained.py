"""A frozen network that has learnt other pictures before, under a layer that learns yours.

N images, C channels, H x W pixels, F features, K classes.

Source: Donahue et al. 2014, DeCAF: a deep convolutional activation feature for generic visual recognition.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor, nn

from seedtrial.errors import SeedtrialError
from seedtrial.files import cache_folder, make_folder, write_atomic
from seedtrial.models.backbone import FEATURES, LEAST_SIDE, TERMS, Backbone, checksum, pretrained_weights
from seedtrial.models.count import LayerRow, Summary
from seedtrial.models.learner import Weights
from seedtrial.models.logistic import logistic_regression
from seedtrial.models.model import Model, Only, OwnTraining
from seedtrial.models.once import ONLY, USUAL, OnceLearner
from seedtrial.seeds import Seeds
from seedtrial.spec import Count, Unit

BATCH = 32  # images at once through the backbone


class Pretrained(Model):
    """EfficientNet-Lite0 pretrained on ImageNet, frozen, with a layer on top that learns your classes.

    The layer is a logistic regression; cross-validation on the training images chooses its strength. Features of the
    same images are computed once and kept in the cache.

    >>> Pretrained(side=160).summary((3, 64, 64), 5).trained
    6405
    """

    kind: Literal["pretrained"] = "pretrained"
    side: Annotated[Count, Unit("pixels")] = Field(
        LEAST_SIDE, ge=32, le=512, examples=[160], description="smaller images are enlarged to this side, pixels"
    )
    mirrored: bool = Field(True, description="features are the mean of those of an image and of its mirror image")
    weights: str | None = Field(
        None,
        examples=["backbone.safetensors"],
        description="a .safetensors file with the backbone's weights; None: those of ImageNet",
    )

    title: ClassVar[str] = "pretrained network"
    usual: ClassVar[Mapping[str, object]] = USUAL
    only: ClassVar[Mapping[str, Only]] = ONLY
    own_threads: ClassVar[int | None] = 1
    terms: ClassVar[str] = TERMS

    def learner(self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds) -> OnceLearner:
        """The frozen network and the layer on top; the seed draws the folds that choose its strength."""
        return OnceLearner("pretrained", Frozen(self), shape=shape, classes=classes, chance=seeds.numpy("weights"))

    def summary(self, shape: tuple[int, ...], classes: int) -> Summary:
        """The backbone, which stays as it is, and the layer that learns."""
        side = max(self.side, min(shape[1:]))
        with torch.device("meta"):
            backbone = Backbone(side)
        frozen = sum(parameter.numel() for parameter in backbone.parameters())
        head, adds = (FEATURES + 1) * classes, backbone.multiply_adds((FEATURES,))
        rows = (
            LayerRow("backbone", "EfficientNet-Lite0", (FEATURES,), frozen, adds),
            LayerRow("head", "Linear", (classes,), head, FEATURES * classes),
        )
        return Summary(rows, frozen + head, head, adds + FEATURES * classes)

    def identity(self) -> dict[str, Any]:
        """With the weights' checksum in place of their file's name."""
        return self.canonical() | {"weights": checksum(self.weights)}


class Frozen:
    """How `Pretrained` learns: features, then a logistic regression on them."""

    def __init__(self, spec: Pretrained) -> None:
        self.spec = spec

    def learn(self, images: np.ndarray, labels: np.ndarray, classes: int, chance: np.random.Generator) -> Weights:
        weights = pretrained_weights(self.spec.weights)
        kernel, bias = self.head(weights, images, labels, classes, seed=int(chance.integers(2**31)))
        backbone = {f"backbone.{name}": array for name, array in weights.items()}
        return backbone | {"head.weight": kernel, "head.bias": bias}

    def head(
        self, weights: Mapping[str, np.ndarray], images: np.ndarray, labels: np.ndarray, classes: int, *, seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Weights and biases of the layer on top. weights: the backbone's"""
        features = self._features({f"backbone.{name}": array for name, array in weights.items()}, images)
        return logistic_regression(features, labels, classes, seed=seed)

    def module(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> nn.Module:
        return _Headed(self._backbone(weights, shape), weights, mirrored=self.spec.mirrored)

    def predict(self, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
        logits = self._features(weights, images) @ weights["head.weight"].T + weights["head.bias"]
        return torch.from_numpy(logits.astype(np.float32)).softmax(1).numpy()

    def look(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, bool]:
        stem = weights["backbone.stem.weight"]
        return (stem if shape[0] == 3 else stem.mean(1, keepdims=True)).copy(), True

    def _backbone(self, weights: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> Backbone:
        own = {name.removeprefix("backbone."): a for name, a in weights.items() if name.startswith("backbone.")}
        backbone = Backbone(max(self.spec.side, min(shape[1:]))).load(own).eval()
        return backbone.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def _features(self, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
        """(N, F) float32; those of images that were seen before come from the cache."""
        key = hashlib.sha256(np.ascontiguousarray(images).data)
        key.update(f"{images.shape} {self.spec.side} {self.spec.mirrored}".encode())
        key.update(np.ascontiguousarray(weights["backbone.head.weight"]).data)
        kept = cache_folder("features") / f"{key.hexdigest()[:32]}.safetensors"
        if kept.is_file():
            with contextlib.suppress(OSError, SafetensorError):  # damaged: computed again
                return load(kept.read_bytes())["features"]
        backbone, parts = self._backbone(weights, images.shape[1:]), []
        for batch in torch.from_numpy(np.ascontiguousarray(images)).split(BATCH):
            x = batch.float() / 255
            parts.append((backbone(x) + backbone(x.flip(3))) / 2 if self.spec.mirrored else backbone(x))
        features = torch.cat(parts).numpy()
        if len(images) > BATCH:  # what takes longer than reading a file
            with contextlib.suppress(OSError, SeedtrialError):  # no room, or read-only: computed again next time
                make_folder(kept.parent)
                write_atomic(kept, save({"features": features}))
        return features


class _Headed(nn.Module):
    """(N, C, H, W) uint8 -> (N, K) float32 logits."""

    def __init__(self, backbone: Backbone, weights: Mapping[str, np.ndarray], *, mirrored: bool) -> None:
        super().__init__()
        self.backbone, self.mirrored = backbone, mirrored
        kernel = weights["head.weight"]
        self.head = nn.Linear(kernel.shape[1], kernel.shape[0])
        self.head.weight = nn.Parameter(torch.from_numpy(kernel.copy()))
        self.head.bias = nn.Parameter(torch.from_numpy(weights["head.bias"].copy()))

    def forward(self, images: Tensor) -> Tensor:
        x = images.float() / 255
        features = self.backbone(x)
        if self.mirrored:
            features = (features + self.backbone(x.flip(3))) / 2
        logits: Tensor = self.head(features)
        return logits
