"""One picture file -> pixels, with limits that are checked before anything is decoded.

PNG and JPEG, recognised by content and decoded by Pillow. Another version of the JPEG library may decode a file to
slightly different pixels; then the fingerprint of the data differs too.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seedtrial.errors import SeedtrialError

FORMATS = ("PNG", "JPEG")
MOST_PIXELS = 25_000_000  # read from the header: a PNG of 8 kB can decode to a gigabyte
WHITE = (255, 255, 255, 255)


class Unusable(SeedtrialError):
    """A picture file that cannot be used; the message is the reason in a few words, without the file's name.

    >>> read(Path(__file__), size=None, channels=3)
    Traceback (most recent call last):
        ...
    seedtrial.data.picture.Unusable: neither PNG nor JPEG
    """


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings about odd metadata, and turn its warning about too many pixels into an error.

    Not for several threads at once, since Python's warning filters belong to the whole process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def read(path: Path, *, size: int | tuple[int, int] | None, channels: int) -> np.ndarray:
    """A picture's pixels as (channels, H, W) uint8, turned upright by its EXIF orientation.

    size:     side of the output square, or (width, height): the picture is resized until its shorter side fits and
              cropped to the middle of the longer one, so that nothing is distorted; None keeps its own size
    channels: 1 for grey (ITU-R 601), 3 for colour

    CMYK, palettes and 16 bits are converted; transparent pixels become white.
    Raises Unusable when the file is neither PNG nor JPEG, is damaged or too large, or cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 20), "red").save(Path(folder, "red.png"))
    ...     read(Path(folder, "red.png"), size=8, channels=3).shape
    (3, 8, 8)
    """
    try:
        if not path.stat().st_size:
            raise Unusable("empty file")
        with quiet(), Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Unusable(_too_large(f"{width} x {height} pixels"))
            upright = ImageOps.exif_transpose(image)
            plain = _without_transparency(_eight_bits(upright)).convert("L" if channels == 1 else "RGB")
            if size is not None:  # crop and resize in one step: a very long picture is never resized in full
                box = (size, size) if isinstance(size, int) else size
                plain = ImageOps.fit(plain, box, Image.Resampling.BILINEAR)
            pixels = np.array(plain)  # a copy, since Pillow's own memory is read-only
    except (Unusable, MemoryError):
        raise
    except UnidentifiedImageError:
        raise Unusable("neither PNG nor JPEG") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(_too_large("too many pixels")) from None
    except PermissionError:
        raise Unusable("no permission to read it") from None
    except Exception as error:  # Pillow raises a dozen kinds for damaged files
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise Unusable(f"damaged: {reason[:80]}") from None
    return np.ascontiguousarray(pixels[None] if channels == 1 else np.moveaxis(pixels, -1, 0))


def _too_large(size: str) -> str:
    return f"{size}, the limit is {MOST_PIXELS / 1e6:.0f} million"


def _eight_bits(image: Image.Image) -> Image.Image:
    """A 16-bit grey image by its upper eight bits; Pillow's own conversion would clip most of it to white."""
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))


def _without_transparency(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
        return image
    solid = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", solid.size, WHITE), solid)
