"""Histograms of oriented gradients under a linear classifier: what people used before convolutional networks.

N images, C channels, H x W pixels, B directions, h x w cells.
"""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pad

from seedtrial.errors import SeedtrialError
from seedtrial.models.chain import Chain
from seedtrial.models.layers import Network
from seedtrial.models.model import Model
from seedtrial.spec import Count, Unit

EPSILON = 1e-5
MOST = 0.2  # of a normalised number: light from one side must not outweigh everything else


class Hog(Model):
    """Histograms of oriented gradients with one linear layer.

    The layer is trained by cross-entropy, where the original uses a support vector machine.

    Source: Dalal and Triggs 2005, Histograms of oriented gradients for human detection.

    >>> Hog().summary((1, 28, 28), 10).parameters
    12970
    """

    kind: Literal["hog"] = "hog"
    directions: Annotated[Count, Unit("directions")] = Field(
        9, le=36, examples=[12], description="orientation bins over 180 degrees"
    )
    cell: Annotated[Count | None, Unit("pixels")] = Field(
        None, le=64, examples=[8], description="side of a cell, pixels; None: a seventh of the image's side"
    )
    l2: float = Field(0.0, ge=0, examples=[1e-4], description="adds l2 * sum(kernel^2) to the loss")

    title: ClassVar[str] = "HOG with a linear layer"
    usual: ClassVar[Mapping[str, object]] = {
        "epochs": 20,
        "optimiser": {"kind": "adam", "rate": 0.01},
        "schedule": {"kind": "cosine"},
    }
    bf16_from: ClassVar[int] = 4_000_000_000_000  # its gradients are small differences of pixels: float32

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W); without a generator it has shapes but no weights."""
        height, width = shape[1:]
        cell = self.cell or max(2, round(min(height, width) / 7))
        cells = (height // cell, width // cell)
        if min(cells) < 2:
            raise SeedtrialError(f"Cells of {cell} pixels leave no block of 2 x 2 cells on {height}x{width} pixels.")
        chain = Chain(shape)
        features = (cells[0] - 1) * (cells[1] - 1) * 4 * self.directions
        with torch.device("meta"):
            histograms = Histograms(self.directions, cell)
        chain.add("hog", histograms, shape=(features,))
        chain.dense(classes, l2=self.l2)
        return chain.network(generator)


class Histograms(nn.Module):
    """(N, C, H, W) -> (N, features): gradients by direction, summed over cells, normalised over blocks of 2 x 2 cells.

    >>> Histograms(9, 4)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 1296])
    """

    begins_stage = True

    def __init__(self, directions: int, cell: int) -> None:
        super().__init__()
        self.directions, self.cell = directions, cell

        self.turns = [math.pi * k / directions for k in range(directions)]

    def filters(self) -> np.ndarray:
        """What it looks for, as filters (B, 1, 3, 3): a step of brightness in each direction."""
        steps = np.zeros((self.directions, 1, 3, 3), np.float32)
        for step, turn in zip(steps[:, 0], self.turns, strict=True):
            step[1] += math.cos(turn) * np.array([-1, 0, 1], np.float32)
            step[:, 1] += math.sin(turn) * np.array([-1, 0, 1], np.float32)
        return steps

    def forward(self, x: Tensor) -> Tensor:
        across, down = _differences(x)  # (N, 1, H, W)
        size = (across.square() + down.square() + 1e-12).sqrt()
        # The direction whose line is nearest. A dot product per direction instead of an angle: half a turn is the same
        # line, and programs that read the exported network need no arcus tangent.
        along = torch.cat([(across * math.cos(turn) + down * math.sin(turn)).abs() for turn in self.turns], 1)
        nearest = (along == along.amax(1, keepdim=True)).to(x.dtype)  # (N, B, H, W)
        cells = avg_pool2d(nearest * size, self.cell)  # (N, B, h, w)
        block = torch.cat([cells[..., :-1, :-1], cells[..., :-1, 1:], cells[..., 1:, :-1], cells[..., 1:, 1:]], 1)
        block = block / (block.square().sum(1, keepdim=True) + EPSILON).sqrt()
        block = block.clamp(max=MOST)
        block = block / (block.square().sum(1, keepdim=True) + EPSILON).sqrt()
        return block.flatten(1)

    def multiply_adds(self, out: tuple[int, ...]) -> int:
        """Of one image; two per pixel and direction.

        out: shape of the output for one image, (features,)
        """
        return 2 * out[0] * self.cell**2 // 4


def _differences(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences (N, 1, H, W) across and down, of the channel in which they are largest at that pixel."""
    wide, tall = pad(x, (1, 1, 0, 0), mode="replicate"), pad(x, (0, 0, 1, 1), mode="replicate")
    across, down = wide[..., 2:] - wide[..., :-2], tall[..., 2:, :] - tall[..., :-2, :]
    if x.shape[1] == 1:
        return across, down
    strength = across.square() + down.square()
    best = (strength == strength.amax(1, keepdim=True)).to(x.dtype)
    best = best / best.sum(1, keepdim=True)  # channels that are equally strong share
    return (across * best).sum(1, keepdim=True), (down * best).sum(1, keepdim=True)
