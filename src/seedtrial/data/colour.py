"""Batched changes of colour: brightness, contrast, saturation and hue as one matrix per image.

N images, C channels, H x W pixels in [0, 255].
"""

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from seedtrial.spec import Spec, Unit

LUMA = (0.299, 0.587, 0.114)  # shares of red, green and blue in what the eye sees as brightness, ITU-R BT.601
# Brightness, and two axes of colour around it; a turn of these two is a turn of the hue.
YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))


class Colour(Spec):
    """How far the colours of a training image may be changed. The usual strength leaves photographs natural.

    Images that are not of three channels have no saturation and no hue, so only brightness and contrast change.

    >>> Colour(hue=0).brightness
    0.3
    """

    brightness: Annotated[float, Unit("share")] = Field(
        0.3, examples=[0.1], ge=0, lt=1, description="all pixels times a factor in [1 - it, 1 + it]"
    )
    contrast: Annotated[float, Unit("share")] = Field(
        0.3,
        examples=[0.1],
        ge=0,
        lt=1,
        description="differences from the image's mean brightness times a factor in [1 - it, 1 + it]",
    )
    saturation: Annotated[float, Unit("share")] = Field(
        0.3,
        examples=[0.1],
        ge=0,
        le=1,
        description="differences from grey times a factor in [1 - it, 1 + it]; 1 may give grey images",
    )
    hue: Annotated[float, Unit("share of the colour circle")] = Field(
        0.03, examples=[0.1], ge=0, le=0.5, description="uniform in [-it, it]"
    )


def recolour(images: Tensor, spec: Colour, generator: torch.Generator) -> Tensor:
    """The images (N, C, H, W), each with other colours within the ranges of `spec`, of the same shape and type.

    Source: Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks, for the idea;
    Haeberli 1993, Matrix operations for image processing, for the matrices.

    >>> red = torch.tensor([200, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1)
    >>> recolour(red, Colour(), torch.Generator().manual_seed(0)).flatten().tolist() != [200, 0, 0]
    True
    """
    # Four numbers per image whatever the spec and the channels: one range leaves the draws of the others as they were.
    uniform = torch.rand(4, len(images), dtype=torch.float64, generator=generator, device=generator.device) * 2 - 1
    strengths = (spec.brightness, spec.contrast, spec.saturation)
    bright, contrast, saturation = (1 + most * draw for most, draw in zip(strengths, uniform[:3], strict=True))
    matrices, offsets = colour_maps(
        bright, contrast, saturation, turn=2 * math.pi * spec.hue * uniform[3], channels=images.shape[1]
    )
    return map_colours(images, matrices, offsets)


def colour_maps(
    brightness: Tensor, contrast: Tensor, saturation: Tensor, *, turn: Tensor, channels: int
) -> tuple[Tensor, Tensor]:
    """Matrices (N, C, C) of the four changes in this order, and the share (N,) of an image's mean brightness to add.

    brightness, contrast, saturation: (N,) factors
    turn:                             (N,) of the hue, radians, from red towards green

    >>> one = torch.ones(1, dtype=torch.float64)
    >>> matrices, added = colour_maps(2 * one, one, one, turn=0 * one, channels=1)
    >>> matrices.tolist(), added.tolist()
    ([[[2.0]]], [0.0])
    """
    # Saturation and hue keep grey pixels as they are, so the grey that contrast mixes in can be added last.
    scale, added = (brightness * contrast)[:, None, None], brightness * (1 - contrast)
    if channels != 3:
        return scale * torch.eye(channels, dtype=scale.dtype, device=scale.device), added
    to_yiq = torch.tensor(YIQ, dtype=scale.dtype, device=scale.device)
    zero, one = torch.zeros_like(turn), torch.ones_like(turn)
    across, along = saturation * turn.cos(), saturation * turn.sin()
    # Less saturation shortens both axes of colour, so that with the hue it is one turn and one factor.
    rows = ((one, zero, zero), (zero, across, along), (zero, -along, across))
    turned = torch.stack([torch.stack(row, 1) for row in rows], 1)  # (N, 3, 3)
    return scale * (to_yiq.inverse() @ turned @ to_yiq), added


def map_colours(images: Tensor, matrices: Tensor, added: Tensor) -> Tensor:
    """The images (N, C, H, W) with every pixel times its image's matrix, plus a share of the image's mean brightness.

    matrices: (N, C, C)
    added:    (N,) shares

    What leaves [0, 255] becomes the nearer end; integers are rounded.

    >>> grey = torch.full((1, 1, 2, 2), 100, dtype=torch.uint8)
    >>> map_colours(grey, torch.tensor([[[0.5]]]), torch.tensor([0.5])).flatten().tolist()
    [100, 100, 100, 100]
    """
    pixels = images.flatten(2).float()  # (N, C, H W)
    luma = LUMA if images.shape[1] == 3 else (1 / images.shape[1],) * images.shape[1]
    mean = torch.tensor(luma, device=images.device) @ pixels.mean(2).T  # (N,)
    matrices, added = (each.to(images.device, torch.float32) for each in (matrices, added))
    changed = (matrices @ pixels + (added * mean)[:, None, None]).clamp_(0, 255)
    return (changed if images.is_floating_point() else changed.round_()).to(images.dtype).view_as(images)
