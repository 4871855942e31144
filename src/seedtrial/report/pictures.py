"""The images of a page: each is embedded once, however often it is shown."""

import numpy as np

from seedtrial.data.png import png_uri


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
            self.uris.append(png_uri(self._images[index], optimize=True))
        return self._position[index]
