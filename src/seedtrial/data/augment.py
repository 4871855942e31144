"""Batched image augmentation, on the device that the batch is on.

N images, C channels, H x W pixels. Every function that takes images maps (N, C, H, W) to the same shape and dtype.

Random numbers are drawn on the CPU for all images at once, so that a seed gives the same images on every device.
"""

import math
from typing import Annotated, Any, Literal

import torch
from pydantic import BeforeValidator, Field, model_validator
from torch import Tensor
from torch.nn.functional import grid_sample, pad

from seedtrial.data.colour import Colour, recolour
from seedtrial.spec import Count, Spec, Unit


def _usual(value: Any) -> Any:
    """A group of settings that is only switched on or off."""
    return {True: {}, False: None}.get(value, value) if isinstance(value, bool) else value


SwitchedOn = BeforeValidator(_usual)
Between = tuple[Annotated[float, Field(gt=0, le=10)], Annotated[float, Field(gt=0, le=10)]]


class ResizedCrop(Spec):
    """A part of the image is enlarged to its size.

    >>> ResizedCrop(scale=(0.5, 1)).ratio
    (0.75, 1.33)
    """

    scale: Annotated[Between, Unit("share of the area")] = Field(
        (0.4, 1.0), examples=[[0.2, 1.0]], description="how large the part is, from the least to the most"
    )
    ratio: Annotated[Between, Unit("times")] = Field(
        (0.75, 1.33), examples=[[1.0, 1.0]], description="its width by its height, from the least to the most"
    )

    @model_validator(mode="after")
    def _in_order(self) -> "ResizedCrop":
        for name, (low, high) in (("scale", self.scale), ("ratio", self.ratio)):
            if low > high:
                raise ValueError(f"{name} is from the least to the most, such as [{high:g}, {low:g}].")
        if self.scale[1] > 1:
            raise ValueError("scale is a share of the area, so at most 1.")
        return self


class Augment(Spec):
    """How far each training image may be changed, anew in every epoch; ranges mean what ImageDataGenerator's mean.

    An image is rotated, shifted, sheared, zoomed, flipped and enlarged in one step, and the nearest edge's pixels fill
    what comes in from outside; then it is cropped, then its colours change, then it is erased.

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
    vertical_flip: Literal[True] | None = Field(
        None, description="mirror top and bottom, half of the images on average"
    )
    resized_crop: Annotated[ResizedCrop | None, SwitchedOn] = Field(
        None,
        examples=[True, {"scale": [0.2, 1.0]}],
        description="a random part of the image is enlarged to its size; true: with the default sizes",
    )
    crop: Annotated[Annotated[Count, Field(le=64)] | None, Unit("pixels")] = Field(
        None,
        examples=[2],
        description="shift by whole pixels, uniform in [-crop, crop], with zeros from outside",
    )
    colour: Annotated[Colour | None, SwitchedOn] = Field(
        None,
        examples=[True, {"hue": 0.1}],
        description="other brightness, contrast, saturation and hue; true: with the default strength",
    )
    erase: Annotated[float | None, Unit("probability")] = Field(
        None,
        gt=0,
        le=1,
        examples=[0.3],
        description="probability that a rectangle of the image becomes noise, after all other changes",
    )

    @property
    def warps(self) -> bool:
        """Whether pixels have to be interpolated; a flip or a crop only moves them."""
        return bool(self.rotation or self.shift or self.shear or self.zoom or self.resized_crop)


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
    # Flips alone need no interpolation: they are exact, and many times faster than a warp.
    else:
        for axis, asked in ((2, spec.vertical_flip), (3, spec.flip)):
            if asked:
                mirrored = (maps[:, axis - 2, axis - 2] < 0).to(images.device)[:, None, None, None]
                images = torch.where(mirrored, images.flip(axis), images)
    if spec.crop is not None:
        images = crop(images, torch.randint(2 * spec.crop + 1, (2, len(images)), generator=generator) - spec.crop)
    if spec.colour is not None:
        images = recolour(images, spec.colour, generator)
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

    Returns (count, 2, 3) float64 as `warp` takes it: rotation @ shift @ shear @ zoom @ flip @ vertical flip @ crop.

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
    maps = torch.stack([rows, columns], 1)
    # What follows draws after the seven, and only where it is asked for, so that older recipes draw what they drew.
    if spec.vertical_flip:
        maps = turned_over(maps, torch.rand(count, generator=generator, device=generator.device) < 0.5)
    if spec.resized_crop is not None:
        maps = part_enlarged(maps, spec.resized_crop, height=height, width=width, generator=generator)
    return maps


def turned_over(maps: Tensor, chosen: Tensor) -> Tensor:
    """The maps with top and bottom of the output exchanged where chosen.

    maps:   (N, 2, 3) as `warp` takes them
    chosen: (N,) bool

    >>> turned_over(torch.eye(2, 3)[None], torch.tensor([True]))[0, 0, 0].item()
    -1.0
    """
    rows, *others = maps.unbind(2)
    return torch.stack([torch.where(chosen[:, None], -rows, rows), *others], 2)


def part_enlarged(maps: Tensor, spec: ResizedCrop, *, height: int, width: int, generator: torch.Generator) -> Tensor:
    """The maps after which a random part of each image is enlarged to the whole.

    maps: (N, 2, 3) as `warp` takes them

    Source: Szegedy et al. 2015, Going deeper with convolutions. Where a part is longer than a side, torchvision draws
    again; here that side of the part is shortened.

    >>> spec, generator = ResizedCrop(scale=(0.25, 0.25), ratio=(1, 1)), torch.Generator().manual_seed(0)
    >>> part_enlarged(torch.eye(2, 3)[None], spec, height=8, width=8, generator=generator)[0, 0, 0]
    tensor(0.5000)
    """
    area, ratio, row, column = torch.rand(
        4, len(maps), dtype=torch.float64, generator=generator, device=generator.device
    ).to(maps.dtype)
    area = (spec.scale[0] + (spec.scale[1] - spec.scale[0]) * area) * height * width
    low, high = (math.log(bound) for bound in spec.ratio)
    ratio = (low + (high - low) * ratio).exp()
    tall, wide = (area / ratio).sqrt().clamp(max=height), (area * ratio).sqrt().clamp(max=width)  # pixels
    # From the centre of the image to the centre of the part.
    down, across = (row - 0.5) * (height - tall), (column - 0.5) * (width - wide)
    rows, columns, moved = maps.unbind(2)  # each (N, 2)
    moved = moved + rows * down[:, None] + columns * across[:, None]
    return torch.stack([rows * (tall / height)[:, None], columns * (wide / width)[:, None], moved], 2)


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
