"""Architectures: specifications of networks. A new one is a file here and a line in ARCHITECTURES."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator

from lookbook.models.convnet import Conv
from lookbook.models.dense import Dense, Linear
from lookbook.models.resnet import ResNet
from lookbook.models.scratch import Scratch
from lookbook.spec import by_name

__all__ = ["ARCHITECTURES", "AnyModel", "Conv", "Dense", "Linear", "ModelSpec", "ResNet", "Scratch"]

ARCHITECTURES = {"linear": Linear, "dense": Dense, "conv": Conv, "resnet": ResNet, "scratch": Scratch}

ModelSpec = Linear | Dense | Conv | ResNet | Scratch


AnyModel = Annotated[Annotated[ModelSpec, Discriminator("kind")], BeforeValidator(by_name)]
