"""Batches of mixed images: each is partly another image of the batch, and its label is shared in the same way.

N images of a batch, C channels, H x W pixels.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import BeforeValidator, Discriminator, Field
from torch import Tensor

from seedtrial.spec import Spec, Unit, by_name

ALPHA = "1: every share is equally likely; smaller: mostly one of the two images"


@dataclass(frozen=True)
class Mixed:
    """What the images of a batch have become.

    images:  (N, C, H, W)
    partner: (N,) int64, the row of the other image in each
    share:   of the image itself, in [0, 1], and of its label in the loss
    """

    images: Tensor
    partner: Tensor
    share: float

    def main(self, labels: Tensor) -> Tensor:
        """The label (N,) that has the larger share of each image.

        >>> Mixed(torch.zeros(2, 1, 1, 1), torch.tensor([1, 0]), share=0.3).main(torch.tensor([5, 7])).tolist()
        [7, 5]
        """
        return labels if self.share >= 0.5 else labels[self.partner]


class Mixup(Spec):
    """Images are weighted means of two.

    Source: Zhang et al. 2018, mixup: beyond empirical risk minimization.

    >>> Mixup().alpha
    0.2
    """

    kind: Literal["mixup"] = "mixup"
    alpha: Annotated[float, Unit("of a Beta distribution")] = Field(
        0.2, gt=0, le=100, examples=[0.4], description=ALPHA
    )

    def mix(self, images: Tensor, generator: torch.Generator) -> Mixed:
        """The images (N, C, H, W) as float32 means of two, with one share for the batch, as in the source."""
        partner, (share, _, _) = _drawn(images, self.alpha, generator)
        own = images.float()
        return Mixed(share * own + (1 - share) * own[partner], partner, share)


class CutMix(Spec):
    """A rectangle of each image is that of another image.

    Source: Yun et al. 2019, CutMix: regularization strategy to train strong classifiers with localizable features.

    >>> CutMix().alpha
    1.0
    """

    kind: Literal["cutmix"] = "cutmix"
    alpha: Annotated[float, Unit("of a Beta distribution")] = Field(
        1.0, gt=0, le=100, examples=[0.5], description=ALPHA
    )

    def mix(self, images: Tensor, generator: torch.Generator) -> Mixed:
        """The images (N, C, H, W) with one rectangle for the batch; the share is that of the pixels that stay."""
        partner, (share, row, column) = _drawn(images, self.alpha, generator)
        height, width = images.shape[2:]
        # Of the image's proportions, around any of its pixels, and cut off at the edge.
        tall, wide = height * (1 - share) ** 0.5, width * (1 - share) ** 0.5
        top, bottom = (min(height, max(0, round(row * height + side * tall / 2))) for side in (-1, 1))
        left, right = (min(width, max(0, round(column * width + side * wide / 2))) for side in (-1, 1))
        mixed = images.clone()
        mixed[:, :, top:bottom, left:right] = images[partner, :, top:bottom, left:right]
        return Mixed(mixed, partner, 1 - (bottom - top) * (right - left) / (height * width))


Mix = Annotated[Annotated[Mixup | CutMix, Discriminator("kind")], BeforeValidator(by_name)]


def _drawn(images: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, list[float]]:
    """Partners (N,), and a share from Beta(alpha, alpha) with a place, both in [0, 1], as rows and columns."""
    from scipy.special import betaincinv  # only here, as it takes a while to import

    partner = torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)
    uniform = torch.rand(3, dtype=torch.float64, generator=generator, device=generator.device).tolist()
    # torch's own Beta takes no generator. The inverse of its distribution function makes one number of one.
    return partner, [float(betaincinv(alpha, alpha, uniform[0])), *uniform[1:]]
