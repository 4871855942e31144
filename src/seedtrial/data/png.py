"""Images as PNG files: bytes, or an address with the file in it, so that a page needs no other file."""

import base64
import io

import numpy as np
from PIL import Image


def png(image: np.ndarray | Image.Image, *, optimize: bool = False, transparent: int | None = None) -> bytes:
    """An image as a PNG file without metadata.

    image:       (C, H, W) uint8 with 1 (grey) or 3 (colour) channels, or an image of Pillow
    optimize:    a few per cent smaller, for several times the work
    transparent: the palette index that is drawn transparent

    >>> png(np.zeros((1, 8, 8), np.uint8))[1:4]
    b'PNG'
    """
    file = io.BytesIO()
    as_pillow(image).save(file, "PNG", optimize=optimize, transparency=transparent)
    return file.getvalue()


def as_pillow(image: np.ndarray | Image.Image) -> Image.Image:
    """An image (C, H, W) uint8 with 1 or 3 channels as one of Pillow.

    >>> as_pillow(np.zeros((3, 4, 8), np.uint8)).size
    (8, 4)
    """
    if isinstance(image, Image.Image):
        return image
    return Image.fromarray(np.ascontiguousarray(image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)))


def png_uri(image: np.ndarray | Image.Image, *, optimize: bool = False, transparent: int | None = None) -> str:
    """An image as a data: URI of a PNG file; arguments as in `png`.

    >>> png_uri(np.zeros((1, 8, 8), np.uint8))[:22]
    'data:image/png;base64,'
    """
    file = png(image, optimize=optimize, transparent=transparent)
    return "data:image/png;base64," + base64.b64encode(file).decode()
