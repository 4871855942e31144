"""Several views of an image to predict from: itself, its mirror image, and shifted ones. Exporters can follow it.

N images, C channels, H x W pixels.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def mean_over_views(predict: Callable[[Tensor], Tensor], images: Tensor, *, mirrored: bool, shifted: int) -> Tensor:
    """The mean of what is predicted for each view, float32.

    predict:  images (N, C, H, W) -> logits (N, K)
    mirrored: whether each view is mirrored too
    shifted:  pixels by which the image is shifted, up and to the left and down and to the right; 0: not at all

    >>> mean_over_views(lambda x: x.flatten(1), torch.tensor([[[[1.0, 3.0]]]]), mirrored=True, shifted=0).tolist()
    [[2.0, 2.0]]
    """
    views = [images]
    if shifted:
        views += [shift(images, -shifted), shift(images, shifted)]
    if mirrored:
        views += [view.flip(3) for view in views]
    total = predict(views[0]).float()
    for view in views[1:]:
        total = total + predict(view).float()
    return total / len(views) if len(views) > 1 else total


def shift(images: Tensor, by: int) -> Tensor:
    """The images (N, C, H, W) shifted down and to the right by whole pixels; the edge's pixels are repeated.

    >>> shift(torch.tensor([[[[1, 2, 3]]]]), 1).tolist(), shift(torch.tensor([[[[1, 2, 3]]]]), -1).tolist()
    ([[[[1, 1, 2]]]], [[[[2, 3, 3]]]])
    """
    rows, columns = (
        (torch.arange(side, device=images.device) - by).clamp(0, side - 1)
        for side in (images.shape[2], images.shape[3])
    )
    return images.index_select(2, rows).index_select(3, columns)
