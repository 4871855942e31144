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


def balanced_rows(labels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Row numbers of a pass in which every class has as many images, sorted by class; as many rows as there are labels.

    labels: (N,) int64

    Of a large class some images are left out, another share in every pass; those of a small class come several times,
    each as often as the others, give or take one. Classes without images get no rows.

    Returns (N,) int64 on the device of the labels.

    Source: He and Garcia 2009, Learning from imbalanced data, section 3.1 (random over- and undersampling).

    >>> labels = torch.tensor([0, 0, 0, 0, 0, 1])
    >>> labels[balanced_rows(labels, torch.Generator().manual_seed(0))].tolist()
    [0, 0, 0, 1, 1, 1]
    """
    of_class = [(labels == label).nonzero().flatten() for label in labels.unique().tolist()]
    share, left = divmod(len(labels), len(of_class))
    # Where rows are left over, chance says which classes get one more, so that no class always does.
    order = torch.randperm(len(of_class), generator=generator, device=generator.device).tolist()
    drawn = []
    for rows, rank in zip(of_class, order, strict=True):
        wanted = share + (rank < left)
        times = range(math.ceil(wanted / len(rows)))
        turns = [torch.randperm(len(rows), generator=generator, device=generator.device) for _ in times]
        if turns:
            drawn.append(rows[torch.cat(turns)[:wanted].to(rows.device)])
    return torch.cat(drawn)
