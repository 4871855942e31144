"""A network that has learnt other pictures before, trained further on yours with all its layers.

N images, C channels, H x W pixels, F features, K classes.

Source: Yosinski et al. 2014, How transferable are features in deep neural networks?
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from seedtrial.models.backbone import FEATURES, LEAST_SIDE, TERMS, Backbone, checksum, pretrained_weights
from seedtrial.models.chain import Chain
from seedtrial.models.dense import DropoutShare
from seedtrial.models.layers import Network
from seedtrial.models.model import Model, Only
from seedtrial.models.pretrained import Frozen, Pretrained
from seedtrial.spec import Count, Unit

DOWN = 32.0  # features are divided by it for the layer that is trained with them: their squares add up to thousands


class FineTuned(Model):
    """EfficientNet-Lite0 pretrained on ImageNet, fine-tuned on your images with all its layers.

    First a logistic regression on the frozen features becomes the last layer, then all layers learn: the last one at
    the full rate, those below at a share of it. Plain gradient descent, as the share has no effect on Adam's steps.

    >>> FineTuned().summary((3, 64, 64), 5).trained > 3_000_000
    True
    """

    kind: Literal["finetuned"] = "finetuned"
    side: Annotated[Count, Unit("pixels")] = Field(
        LEAST_SIDE, ge=32, le=512, examples=[160], description="smaller images are enlarged to this side, pixels"
    )
    below: Annotated[float, Unit("share")] = Field(
        0.01,
        gt=0,
        le=1,
        examples=[0.1],
        description="learning rate of the lower layers, as a share of the rate",
    )
    dropout: DropoutShare = Field(0.2, description="before the last layer")
    weights: str | None = Field(
        None,
        examples=["backbone.safetensors"],
        description="a .safetensors file with the backbone's weights; None: those of ImageNet",
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
        """A network for images of this shape (C, H, W). The pretrained weights come before its first step, not here:
        a trained one is opened without them.
        """
        chain = Chain(shape)
        with torch.device("meta"):
            backbone = Slower(max(self.side, min(shape[1:])), self.below)
        chain.add("backbone", backbone, shape=(FEATURES,))
        chain.dropout(self.dropout)
        chain.dense(classes)
        network = chain.network(generator)
        if generator is not None:
            seed = int(torch.randint(2**31, (), generator=generator))
            network.begins = partial(self._begin, network, classes, seed)
        return network

    def _begin(self, network: Network, classes: int, seed: int, images: np.ndarray, labels: np.ndarray) -> None:
        """Load the backbone, and make the last layer that of the frozen network."""
        slower, head = network.layers["backbone1"], network.layers["dense1"]
        assert isinstance(slower, Slower) and isinstance(head, nn.Linear)
        weights = pretrained_weights(self.weights)
        slower.backbone.load(weights)
        frozen = Frozen(Pretrained(side=self.side, mirrored=False))
        kernel, bias = frozen.head(weights, images, labels, classes, seed=seed)
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(DOWN * kernel))
            head.bias.copy_(torch.from_numpy(bias))

    def identity(self) -> dict[str, Any]:
        """With the weights' checksum in place of their file's name."""
        return self.canonical() | {"weights": checksum(self.weights)}


class Slower(nn.Module):
    """A backbone whose gradients are made smaller, so that it learns more slowly than what stands on it.

    >>> Slower(side=32, below=0.01).eval()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 1280])
    """

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
