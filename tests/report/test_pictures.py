"""The images of a page."""

import numpy as np

from seedtrial.report.pictures import Album


def test_an_album_draws_each_image_once() -> None:
    album = Album(np.zeros((9, 1, 4, 4), np.uint8))
    assert [album.add(5), album.add(2), album.add(5)] == [0, 1, 0]
    assert len(album.uris) == 2
