"""Batches by index: the data set is on the device already, so a batch is a list of row numbers."""

import math
from collections.abc import Iterator

import torch


def steps_per_epoch(images: int, batch_size: int) -> int:
    """The number of batches in an epoch; the last may be smaller, as in Keras.

    >>> steps_per_epoch(1000, 128)
    8
    """
    return math.ceil(images / batch_size)


def batches(
    images: int, batch_size: int, generator: torch.Generator, device: torch.device | str = "cpu"
) -> Iterator[torch.Tensor]:
    """The row numbers of one epoch in random order, each once.

    generator: draws on its own device; one on the CPU gives the same order whatever device the numbers go to

    Yields (batch_size,) int64 on the device, the last one possibly shorter.

    >>> [len(rows) for rows in batches(10, 4, torch.Generator().manual_seed(0))]
    [4, 4, 2]
    """
    # One copy to the device per epoch, not one per batch.
    order = torch.randperm(images, generator=generator, device=generator.device)
    yield from order.to(device).split(min(batch_size, images))
