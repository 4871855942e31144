"""Architectures: specifications of networks. A new one is a file here and a line in ARCHITECTURES."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator

from lookbook.errors import unknown
from lookbook.models.convnet import Conv
from lookbook.models.dense import Dense, Linear
from lookbook.models.resnet import ResNet
from lookbook.models.scratch import Scratch
from lookbook.spec import by_name

__all__ = [
    "ARCHITECTURES", "AnyModel", "Conv", "Dense", "Linear", "ModelSpec", "ResNet", "Scratch", "architecture_named",
]  # fmt: skip

ModelSpec = Linear | Dense | Conv | ResNet | Scratch

ARCHITECTURES: dict[str, type[ModelSpec]] = {
    "linear": Linear,
    "dense": Dense,
    "conv": Conv,
    "resnet": ResNet,
    "scratch": Scratch,
}

AnyModel = Annotated[Annotated[ModelSpec, Discriminator("kind")], BeforeValidator(by_name)]


def architecture_named(name: str) -> type[ModelSpec]:
    """The specification of that name. Raises LookbookError, with the nearest name, when there is none."""
    if name not in ARCHITECTURES:
        raise unknown("architecture", name, ARCHITECTURES)
    return ARCHITECTURES[name]
