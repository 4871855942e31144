"""Architectures: specifications of networks. A new one is a file here and a line in ARCHITECTURES."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator

from seedtrial.errors import unknown
from seedtrial.models.convnet import Conv
from seedtrial.models.dense import Dense, Linear
from seedtrial.models.finetuned import FineTuned
from seedtrial.models.forest import Forest
from seedtrial.models.hog import Hog
from seedtrial.models.majority import Majority
from seedtrial.models.neighbours import Neighbours
from seedtrial.models.numpy_net import NumpyNet
from seedtrial.models.own import OwnModule
from seedtrial.models.pretrained import Pretrained
from seedtrial.models.resnet import ResNet
from seedtrial.spec import by_name

__all__ = [
    "ARCHITECTURES", "AnyModel", "Conv", "Dense", "FineTuned", "Forest", "Hog", "Linear", "Majority", "ModelSpec",
    "Neighbours", "NumpyNet", "OwnModule", "Pretrained", "ResNet", "architecture_named",
]  # fmt: skip

Architecture = Majority | Neighbours | Forest | Linear | Hog | Dense | Conv | ResNet | NumpyNet | Pretrained | FineTuned
ModelSpec = Architecture | OwnModule

ARCHITECTURES: dict[str, type[Architecture]] = {
    "majority": Majority,
    "neighbours": Neighbours,
    "forest": Forest,
    "hog": Hog,
    "linear": Linear,
    "dense": Dense,
    "conv": Conv,
    "resnet": ResNet,
    "pretrained": Pretrained,
    "finetuned": FineTuned,
    "scratch": NumpyNet,
}

AnyModel = Annotated[Annotated[ModelSpec, Discriminator("kind")], BeforeValidator(by_name)]


def architecture_named(name: str) -> type[Architecture]:
    """The specification of that name. Raises SeedtrialError, with the nearest name, when there is none.

    >>> architecture_named("conv").__name__
    'Conv'
    """
    if name not in ARCHITECTURES:
        raise unknown("architecture", name, ARCHITECTURES)
    return ARCHITECTURES[name]
