"""Passes that leave easy images out: what a network has long known teaches it little and costs as much as the rest.

An image is easy if its loss, when it was last used, was below the mean of all last losses. Which easy images are
left out is drawn anew for every pass, so each is used again now and then, and its loss is brought up to date by that.
The losses are those of training itself, so nothing is computed for it.

Source: after Qin et al. 2024, InfoBatch: lossless training speed up by unbiased dynamic data pruning. There the easy
images that stay weigh 1 / (1 - share) times as much; here all weigh the same, which did better in nine passes.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from seedtrial.spec import Count, Spec, Unit

EASY = 0.9  # of Fashion-MNIST's images after the first pass, by a residual network; for guesses of the time only


class Skip(Spec):
    """Leave easy images out of passes between the first and the last ones.

    >>> [Skip(first=1, last=0.5).uses_all(epoch, epochs=4) for epoch in (1, 2, 3, 4)]
    [True, False, True, True]
    """

    share: Annotated[float, Unit("share")] = Field(
        0.7, gt=0, lt=1, examples=[0.5], description="share of the easy images that a pass leaves out"
    )
    first: Annotated[Count, Unit("passes")] = Field(1, description="passes over all images at the beginning")
    last: Annotated[float, Unit("share")] = Field(
        0.15, ge=0, le=1, examples=[0.1], description="share of the passes, at the end, that use all images again"
    )

    def whole(self, epochs: int) -> float:
        """Roughly how many passes over all images so many epochs cost."""
        all_of_them = sum(self.uses_all(epoch, epochs) for epoch in range(1, epochs + 1))
        return all_of_them + (epochs - all_of_them) * (1 - EASY * self.share)

    def uses_all(self, epoch: int, epochs: int) -> bool:
        """Whether this pass, from 1 on, is among the first or the last ones."""
        return epoch <= self.first or epoch > epochs * (1 - self.last)


class Skipper:
    """Says which images a pass uses, from the losses that passes before it noted.

    images: how many there are
    epochs: passes in all

    >>> skipper = Skipper(Skip(share=0.5), images=4, epochs=10, generator=torch.Generator().manual_seed(0))
    >>> skipper.rows(1) is None
    True
    """

    def __init__(
        self,
        spec: Skip | None,
        images: int,
        epochs: int,
        generator: torch.Generator,
        device: torch.device | str = "cpu",
    ) -> None:
        self.spec, self.images, self.epochs, self.generator = spec, images, epochs, generator
        self.losses = torch.zeros(images if spec else 0, device=device)

    def rows(self, epoch: int) -> Tensor | None:
        """Row numbers (n,) int64 of the images that a pass uses, epoch from 1 on; None: all of them."""
        spec = self.spec
        if spec is None or spec.uses_all(epoch, self.epochs):
            return None
        # Losses are those of the last time an image was used, so an image that was skipped keeps an old one; that it is
        # drawn again now and then brings it up to date.
        easy = self.losses < self.losses.mean()
        drawn = torch.rand(self.images, generator=self.generator).to(easy.device)
        return (~easy | (drawn >= spec.share)).nonzero().flatten()

    def note(self, rows: Tensor, losses: Tensor) -> None:
        """Keep the losses (n,) that the images in these rows (n,) had in a step."""
        if self.spec is not None:
            self.losses[rows] = losses.to(self.losses.dtype)
