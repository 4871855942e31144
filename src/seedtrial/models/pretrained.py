"""A network that has learnt other pictures before: its features under a layer that learns yours, or trained on.

N images, C channels, H x W pixels, F features, K classes.

Source: Donahue et al. 2014, DeCAF: a deep convolutional activation feature for generic visual recognition.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor, nn

from seedtrial.errors import SeedtrialError
from seedtrial.files import cache_folder, make_folder, sha256, write_atomic
from seedtrial.models.backbone import FEATURES, SHA256, TERMS, Backbone, pretrained_weights
from seedtrial.models.chain import Chain
from seedtrial.models.count import LayerRow, Summary
from seedtrial.models.dense import Share
from seedtrial.models.layers import Network
from seedtrial.models.model import Model, Only, OwnTraining
from seedtrial.models.once import ONLY, USUAL, OnceLearner, Weights
from seedtrial.seeds import Seeds
from seedtrial.spec import Count

LEAST_SIDE = 96  # pixels; the network knows nothing of smaller images
STRENGTHS = tuple(10.0**power for power in range(-4, 2))  # of the regularisation: C, its inverse
FOLDS = 3  # that choose the strength
BATCH = 32  # images at once through the backbone
DOWN = 32.0  # features are divided by it for the layer that is trained with them: their squares add up to thousands
LEAST_SPREAD = 0.05  # of the features' mean deviation
ABSENT = -30.0  # logit of a class that no training image has


class Pretrained(Model):
    """EfficientNet-Lite0 that has learnt ImageNet, frozen, with a layer on top that learns your classes.

    The layer is a logistic regression; cross-validation on the training images chooses its strength. Features of the
    same images are computed once and kept in the cache.

    >>> Pretrained(side=160).summary((3, 64, 64), 5).trained
    6405
    """

    kind: Literal["pretrained"] = "pretrained"
    side: Count = Field(LEAST_SIDE, ge=32, le=512, description="smaller images are enlarged to this side, pixels")
    mirrored: bool = Field(True, description="features are the mean of those of an image and of its mirror image")
    weights: str | None = Field(
        None, description="a .safetensors file with the backbone's weights; None: those of ImageNet"
    )

    title: ClassVar[str] = "pretrained network"
    usual: ClassVar[Mapping[str, object]] = USUAL
    only: ClassVar[Mapping[str, Only]] = ONLY
    own_threads: ClassVar[int | None] = 1
    terms: ClassVar[str] = TERMS

    def learner(self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds) -> OnceLearner:
        """The frozen network and the layer on top; the seed draws the folds that choose its strength."""
        return OnceLearner("pretrained", _Frozen(self), shape=shape, classes=classes, chance=seeds.numpy("weights"))

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
        return self.canonical() | {"weights": SHA256 if self.weights is None else sha256(Path(self.weights))}


class FineTuned(Model):
    """EfficientNet-Lite0 that has learnt ImageNet, trained further on your images with all its layers.

    First a logistic regression on the frozen features becomes the last layer, then all layers learn: the last one at
    the full rate, those below at a share of it. Plain gradient descent, as the share has no effect on Adam's steps.

    >>> FineTuned().summary((3, 64, 64), 5).trained > 3_000_000
    True
    """

    kind: Literal["finetuned"] = "finetuned"
    side: Count = Field(LEAST_SIDE, ge=32, le=512, description="smaller images are enlarged to this side, pixels")
    below: float = Field(0.01, gt=0, le=1, description="share of the rate at which the layers below the last one learn")
    dropout: Share = Field(0.2, description="before the last layer")
    weights: str | None = Field(
        None, description="a .safetensors file with the backbone's weights; None: those of ImageNet"
    )

    title: ClassVar[str] = "fine-tuned network"
    usual: ClassVar[Mapping[str, object]] = {
        "epochs": 15,
        "batch_size": 32,
        "optimiser": {"kind": "sgd", "rate": 0.03, "momentum": 0.9, "nesterov": True},
        "schedule": {"kind": "cosine", "warmup": 0.1},
        "label_smoothing": 0.1,
    }
    only: ClassVar[Mapping[str, Only]] = {
        "optimiser.kind": Only(("sgd",), "learns by plain gradient descent"),
        "data.scaling": Only(("unit",), "scales pixels as it was trained with"),
    }
    terms: ClassVar[str] = TERMS

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W), with the pretrained weights if there is a generator."""
        chain = Chain(shape)
        with torch.device("meta"):
            backbone = _Slower(max(self.side, min(shape[1:])), self.below)
        chain.add("backbone", backbone, shape=(FEATURES,))
        chain.dropout(self.dropout)
        chain.dense(classes)
        network = chain.network(generator)
        if generator is not None:
            slower, head = network.layers["backbone1"], network.layers["dense1"]
            assert isinstance(slower, _Slower) and isinstance(head, nn.Linear)
            weights = pretrained_weights(None if self.weights is None else Path(self.weights))
            slower.backbone.load(weights)
            seed = int(torch.randint(2**31, (), generator=generator))

            def begins(images: np.ndarray, labels: np.ndarray) -> None:
                frozen = _Frozen(Pretrained(side=self.side, mirrored=False))
                kernel, bias = frozen.head(weights, images, labels, classes, seed=seed)
                with torch.no_grad():
                    head.weight.copy_(torch.from_numpy(DOWN * kernel))
                    head.bias.copy_(torch.from_numpy(bias))

            network.begins = begins
        return network

    def identity(self) -> dict[str, Any]:
        """With the weights' checksum in place of their file's name."""
        return self.canonical() | {"weights": SHA256 if self.weights is None else sha256(Path(self.weights))}


class _Slower(nn.Module):
    """A backbone whose gradients are made smaller, so that it learns more slowly than what stands on it."""

    begins_stage = True

    def __init__(self, side: int, below: float) -> None:
        super().__init__()
        self.backbone, self.below = Backbone(side), below

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.backbone(x) / DOWN
        # The value is that of the features, the gradient a share of it.
        return features * self.below + features.detach() * (1 - self.below) if self.training else features

    def multiply_adds(self, out: tuple[int, ...]) -> int:
        return self.backbone.multiply_adds(out)


class _Frozen:
    """Features, then a logistic regression."""

    def __init__(self, spec: Pretrained) -> None:
        self.spec = spec

    def learn(self, images: np.ndarray, labels: np.ndarray, classes: int, chance: np.random.Generator) -> Weights:
        file = None if self.spec.weights is None else Path(self.spec.weights)
        weights = pretrained_weights(file)
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


def logistic_regression(
    features: np.ndarray, labels: np.ndarray, classes: int, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (K, F) and biases (K,) float32 of a multinomial logistic regression with an L2 penalty.

    features: (N, F) float32; they are standardised within, and the answer takes them as they are
    labels:   (N,) int64, in [0, K)

    The penalty's strength is the one with the least loss in cross-validation. A class without images is never answered.

    >>> features, labels = np.array([[0.0], [0.1], [1.0], [1.1]] * 3, np.float32), np.array([0, 0, 1, 1] * 3)
    >>> kernel, bias = logistic_regression(features, labels, 2, seed=0)
    >>> (features @ kernel.T + bias).argmax(1).tolist()[:4]
    [0, 0, 1, 1]
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    mean, deviation = features.mean(0), features.std(0)
    # A feature that hardly ever moves would otherwise turn rounding into evidence.
    deviation = np.maximum(deviation, LEAST_SPREAD * deviation.mean() + 1e-6)
    x = (features - mean) / deviation / np.sqrt(features.shape[1])  # so that the same strengths suit any number

    def model(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength * len(x), max_iter=500)

    folds = min(FOLDS, int(np.bincount(labels)[np.unique(labels)].min()))
    best = 1.0
    if folds > 1:
        split = StratifiedKFold(folds, shuffle=True, random_state=seed)
        losses = {c: -cross_val_score(model(c), x, labels, cv=split, scoring="neg_log_loss").mean() for c in STRENGTHS}
        best = min(losses, key=lambda strength: losses[strength])
    fitted = model(best).fit(x, labels)
    scale = deviation * np.sqrt(features.shape[1])
    kernel, bias = fitted.coef_ / scale, fitted.intercept_ - (fitted.coef_ / scale) @ mean
    if len(fitted.classes_) == 2:  # scikit-learn keeps one row; two with half of it each are the same
        kernel, bias = np.concatenate([-kernel, kernel]) / 2, np.concatenate([-bias, bias]) / 2
    whole, biases = np.zeros((classes, features.shape[1]), np.float32), np.full(classes, ABSENT, np.float32)
    whole[fitted.classes_], biases[fitted.classes_] = kernel, bias
    return whole, biases
