"""One small model of each architecture, and how to train it within a second."""

from seedtrial.models import (
    Conv,
    Dense,
    FineTuned,
    Forest,
    Hog,
    Linear,
    Majority,
    ModelSpec,
    Neighbours,
    NumpyNet,
    Pretrained,
    ResNet,
)
from seedtrial.models.convnet import ConvBlock
from seedtrial.training.prepare import usual
from seedtrial.training.spec import TrainSpec

MODELS: dict[str, ModelSpec] = {
    "majority": Majority(),
    "neighbours": Neighbours(neighbours=3),
    "forest": Forest(trees=5, leaves=4),
    "pretrained": Pretrained(side=32),
    "finetuned": FineTuned(side=32),
    "hog": Hog(directions=4),
    "linear": Linear(),
    "dense": Dense(widths=(70, 4), dropout=0.5),
    "conv": Conv(blocks=(ConvBlock(filters=20), ConvBlock(filters=3, pool="average")), dense=(8,)),
    "resnet": ResNet(widths=(3, 4)),
    "scratch": NumpyNet(hidden=6),
}


def one_pass(model: ModelSpec) -> TrainSpec:
    """Its usual training, once over the images."""
    training = usual(model)
    if isinstance(model, Majority | Neighbours | Forest | Pretrained):
        return training
    return training.model_copy(update={"epochs": 1, "batch_size": 16, "precision": "fp32"})
