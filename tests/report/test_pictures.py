"""Images as data: URIs."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from seedtrial.report.pictures import Album, data_uri


@pytest.mark.parametrize("channels", [1, 3])
def test_a_data_uri_is_the_image_pixel_for_pixel(channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (channels, 5, 7), dtype=np.uint8)
    head, _, body = data_uri(image).partition(",")
    assert head == "data:image/png;base64"
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))
    assert np.array_equal(back, image[0] if channels == 1 else np.moveaxis(image, 0, -1))


def test_an_album_draws_each_image_once() -> None:
    album = Album(np.zeros((9, 1, 4, 4), np.uint8))
    assert [album.add(5), album.add(2), album.add(5)] == [0, 1, 0]
    assert len(album.uris) == 2
