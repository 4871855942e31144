"""Small images as data: URIs, so that a page needs no other file."""

import base64
import io

import numpy as np
from PIL import Image


def data_uri(image: np.ndarray) -> str:
    """An image as a PNG in a data: URI.

    image: (C, H, W) uint8 with 1 (grey) or 3 (colour) channels

    >>> data_uri(np.zeros((1, 8, 8), np.uint8))[:22]
    'data:image/png;base64,'
    """
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)  # (H, W) or (H, W, 3)
    return png_uri(Image.fromarray(np.ascontiguousarray(pixels)))


def png_uri(image: Image.Image, *, transparent: int | None = None) -> str:
    """A Pillow image as a PNG in a data: URI.

    transparent: the palette index that is drawn transparent

    >>> png_uri(Image.new("L", (8, 8)))[:22]
    'data:image/png;base64,'
    """
    file = io.BytesIO()
    image.save(file, format="png", optimize=True, transparency=transparent)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


class Album:
    """Images of one split; each is encoded once however often a page shows it.

    >>> album = Album(np.zeros((3, 1, 8, 8), np.uint8))
    >>> album.add(2), album.add(2), len(album.uris)
    (0, 0, 1)
    """

    def __init__(self, images: np.ndarray) -> None:
        self._images = images  # (N, C, H, W) uint8
        self.uris: list[str] = []
        self._position: dict[int, int] = {}

    def add(self, index: int) -> int:
        """The position in `uris` of the image with this index."""
        if index not in self._position:
            self._position[index] = len(self.uris)
            self.uris.append(data_uri(self._images[index]))
        return self._position[index]
