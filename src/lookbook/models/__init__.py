"""Architectures: specifications that build networks. A new one is a file here and a line in ARCHITECTURES."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator

from lookbook.models.convnet import Conv
from lookbook.models.dense import Dense, Linear
from lookbook.spec import by_name

__all__ = ["ARCHITECTURES", "AnyModel", "Conv", "Dense", "Linear", "ModelSpec"]

ARCHITECTURES = {"linear": Linear, "dense": Dense, "conv": Conv}

ModelSpec = Linear | Dense | Conv


AnyModel = Annotated[Annotated[ModelSpec, Discriminator("kind")], BeforeValidator(by_name)]
