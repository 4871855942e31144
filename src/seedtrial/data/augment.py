"""Batched image augmentation, on the device that the batch is on.

N images, C channels, H x W pixels. Every function that takes images maps (N, C, H, W) to the same shape and dtype.

Random numbers are drawn on the CPU for all images at once, so that a seed gives the same images on every device.
"""

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import grid_sample, pad

from seedtrial.spec import Count, Spec, Unit


class Augment(Spec):
    """How far each training image may be changed, anew in every epoch; ranges mean what ImageDataGenerator's mean.

    An image is rotated, shifted, sheared, zoomed and flipped in one step, and the nearest edge's pixels fill what comes
    in from outside; then it is cropped, then erased.

    >>> Augment(flip=True, rotation=10).warps
    True
    """

    rotation: Annotated[float, Unit("degrees")] = Field(
        0.0, ge=0, le=180, examples=[10], description="degrees, uniform in [-rotation, rotation]"
    )
    shift: Annotated[float, Unit("share of the side")] = Field(
        0.0,
        ge=0,
        le=1,
        examples=[0.1],
        description="share of the side, uniform in [-shift, shift], independent for rows and columns",
    )
    shear: Annotated[float, Unit("degrees")] = Field(
        0.0, ge=0, lt=90, examples=[5], description="degrees, uniform in [-shear, shear]"
    )
    zoom: Annotated[float, Unit("share of the side")] = Field(
        0.0,
        ge=0,
        lt=1,
        examples=[0.1],
        description="uniform in [1 - zoom, 1 + zoom], independent for height and width; above 1 shrinks",
    )
    flip: bool = Field(False, description="mirror left and right, half of the images on average")
    crop: Annotated[Annotated[Count, Field(le=64)] | None, Unit("pixels")] = Field(
        None,
        examples=[2],
        description="pixels: shift by whole pixels, uniform in [-crop, crop], with zeros from outside",
    )
    erase: Annotated[float | None, Unit("probability")] = Field(
        None,
        gt=0,
        le=1,
        examples=[0.3],
        description="probability that a rectangle of the image becomes noise, the last step",
    )

    @property
    def warps(self) -> bool:
        """Whether pixels have to be interpolated; a flip or a crop only moves them."""
        return bool(self.rotation or self.shift or self.shear or self.zoom)


def augment(images: Tensor, spec: Augment, generator: torch.Generator) -> Tensor:
    """The images, each changed at random within the ranges of `spec`.

    images:    (N, C, H, W)
    generator: draws on its own device; one on the CPU gives the same images whatever device they are on

    >>> images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    >>> augment(images, Augment(rotation=10, shift=0.1), torch.Generator().manual_seed(0)).shape
    torch.Size([1, 1, 16, 16])
    """
    height, width = images.shape[-2:]
    # Rotation, shift, shear, zoom and flip are composed into one affine map, as in Keras, so that pixels are
    # interpolated once. Each interpolation blurs a little, and the warp is what augmentation costs.
    maps = draw_motions(spec, len(images), height=height, width=width, generator=generator)
    if spec.warps:
        images = warp(images, maps)
    # A flip alone needs no interpolation: it is exact, and many times faster than a warp.
    elif spec.flip:
        mirrored = (maps[:, 1, 1] < 0).to(images.device)[:, None, None, None]
        images = torch.where(mirrored, images.flip(3), images)
    if spec.crop is not None:
        images = crop(images, torch.randint(2 * spec.crop + 1, (2, len(images)), generator=generator) - spec.crop)
    if spec.erase is not None:
        images = erase(images, spec.erase, generator)
    return images


def crop(images: Tensor, offsets: Tensor) -> Tensor:
    """The images shifted up and to the left by whole pixels, with zeros from outside.

    images:  (N, C, H, W)
    offsets: (2, N) int64, rows and columns; negative ones shift down and to the right

    >>> crop(torch.tensor([[[[1, 2, 3]]]]), torch.tensor([[0], [1]])).tolist()
    [[[[2, 3, 0]]]]
    """
    # Every image has its own offset, so a slice per image would be a loop in Python. One gather does the whole batch:
    # each output pixel is read at its position in the padded image.
    count, channels, height, width = images.shape
    most = int(offsets.abs().max()) if count else 0
    padded = pad(images, (most,) * 4).flatten(2)  # (N, C, (H + 2 most) (W + 2 most))
    pitch = width + 2 * most
    window = torch.arange(height)[:, None] * pitch + torch.arange(width)  # (H, W) in the padded image
    down, across = offsets + most
    positions = (window.flatten() + (down * pitch + across)[:, None]).to(images.device)  # (N, H W)
    return padded.gather(2, positions[:, None].expand(-1, channels, -1)).view_as(images)


def erase(images: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """The images, some with a rectangle of noise: 2 to 40 % of the area, sides in a ratio of 0.3 to 3.3.

    images:      (N, C, H, W); noise is uniform in [0, 255]
    probability: that an image is erased

    Source: Zhong et al. 2017, Random erasing data augmentation. They draw again when a rectangle is longer than a side;
    here that side of the rectangle is shortened.

    >>> black = torch.zeros(4, 1, 8, 8)
    >>> torch.equal(erase(black, 1.0, torch.Generator().manual_seed(0)), black)
    False
    """
    # Five numbers and a full image of noise are drawn per image, erased or not: what one image gets never depends on
    # whether another one was erased. Drawing again until a rectangle fits, as in the paper, would need a loop.
    count, _, height, width = images.shape
    chance, area, ratio, row, column = torch.rand(5, count, generator=generator, device=generator.device)
    area = (0.02 + 0.38 * area) * height * width
    ratio = (math.log(0.3) + (math.log(3.3) - math.log(0.3)) * ratio).exp()
    tall, wide = (area * ratio).sqrt().clamp(max=height), (area / ratio).sqrt().clamp(max=width)
    top, left = row * (height - tall), column * (width - wide)
    rows, columns = torch.arange(height), torch.arange(width)
    inside_rows = (rows >= top[:, None].floor()) & (rows < (top + tall)[:, None].floor())  # (N, H)
    inside_columns = (columns >= left[:, None].floor()) & (columns < (left + wide)[:, None].floor())  # (N, W)
    gone = (inside_rows[:, :, None] & inside_columns[:, None, :] & (chance < probability)[:, None, None])[:, None]
    noise = torch.randint(0, 256, images.shape, generator=generator, dtype=torch.uint8, device=generator.device)
    return torch.where(gone.to(images.device), noise.to(images.device, images.dtype), images)


def draw_motions(spec: Augment, count: int, *, height: int, width: int, generator: torch.Generator) -> Tensor:
    """One random affine map per image, from the position of an output pixel to the input position that it shows.

    Returns (count, 2, 3) float64 as `warp` takes it: rotation @ shift @ shear @ zoom @ flip.

    Source: ImageDataGenerator.get_random_transform and apply_affine_transform of Keras; its zoom stretches height and
    width independently, its shear turns the second axis only, and its flip comes last.

    >>> draw_motions(Augment(rotation=10), 32, height=28, width=28, generator=torch.Generator().manual_seed(0)).shape
    torch.Size([32, 2, 3])
    """
    # Seven numbers per image whatever the spec: switching one range on leaves the draws of the others as they were.
    # float64, since sines of small angles stay exact and a map costs nothing beside its image.
    uniform = torch.rand(7, count, dtype=torch.float64, generator=generator, device=generator.device)
    turn, down, across, lean, tall, wide = uniform[:6] * 2 - 1  # each (count,), in [-1, 1)
    angle = math.radians(spec.rotation) * turn
    lean = math.radians(spec.shear) * lean
    down, across = spec.shift * height * down, spec.shift * width * across  # pixels
    tall, wide = 1 + spec.zoom * tall, 1 + spec.zoom * wide
    mirror = 1 - 2.0 * (uniform[6] < 0.5) if spec.flip else torch.ones_like(angle)
    # The product rotation @ shift @ shear @ zoom @ flip, written out.
    cos, sin = angle.cos(), angle.sin()
    wide = wide * mirror
    rows = torch.stack([cos * tall, -(cos * lean.sin() + sin * lean.cos()) * wide, cos * down - sin * across], 1)
    columns = torch.stack([sin * tall, (cos * lean.cos() - sin * lean.sin()) * wide, sin * down + cos * across], 1)
    return torch.stack([rows, columns], 1)


def warp(images: Tensor, maps: Tensor) -> Tensor:
    """The images under affine maps: bilinear between pixels, the nearest edge's pixel outside.

    images: (N, C, H, W); integers are rounded to the nearest
    maps:   (N, 2, 3); the output at (row, column), counted from the centre, is the input at maps @ (row, column, 1)

    >>> mirror = torch.tensor([[[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]])
    >>> warp(torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]]), mirror).tolist()
    [[[[4.0, 3.0, 2.0, 1.0]]]]
    """
    # grid_sample is two thirds of augmentation's time: 0.92 of 1.42 ms per batch of 100 images of 28x28 pixels on one
    # thread. Four gathers with their weights were tried in its place and take 1.59 ms (benchmarks/own/augment.py).
    height, width = images.shape[-2:]
    maps = maps.to(images.device, torch.float32)
    row = torch.arange(height, device=images.device)[:, None] - (height - 1) / 2  # (H, 1)
    column = torch.arange(width, device=images.device) - (width - 1) / 2  # (W,)
    a, b, c = maps[:, :, :, None, None].unbind(2)  # each (N, 2, 1, 1)
    source = a * row + b * column + c  # (N, 2, H, W), pixels from the centre
    # grid_sample counts (x, y) from the centre in halves of the side. align_corners=False: -1 and 1 are the outer edges
    # of the border pixels, so that a pixel is 2 / side wide. padding_mode="border" is Keras's fill_mode="nearest".
    grid = torch.stack([source[:, 1] * (2 / width), source[:, 0] * (2 / height)], -1)  # (N, H, W, 2)
    moved = grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    # Rounded, since a plain cast truncates and darkens every warped image by half a grey level on average.
    return moved.to(images.dtype) if images.is_floating_point() else moved.round_().to(images.dtype)
