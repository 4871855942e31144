"""What tests hand to a page."""

import base64
import io

import numpy as np
from PIL import Image


def as_text(raw: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(raw).decode()


def png(pixels: np.ndarray) -> bytes:
    """An image (C, H, W) as a file."""
    file = io.BytesIO()
    Image.fromarray(pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)).save(file, "PNG")
    return file.getvalue()
