"""Images as PNG files and data: URIs."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from seedtrial.data.png import png, png_uri


@pytest.mark.parametrize("channels", [1, 3])
def test_a_data_uri_is_the_image_pixel_for_pixel(channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (channels, 5, 7), dtype=np.uint8)
    head, _, body = png_uri(image, optimize=True).partition(",")
    assert head == "data:image/png;base64"
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))
    assert np.array_equal(back, image[0] if channels == 1 else np.moveaxis(image, 0, -1))


def test_a_file_has_no_metadata_and_keeps_what_is_transparent() -> None:
    image = Image.new("P", (4, 4), 3)
    image.putpalette([9] * 768)
    assert Image.open(io.BytesIO(png(image, transparent=3))).info == {"transparency": 3}
    assert Image.open(io.BytesIO(png(image))).info == {}
