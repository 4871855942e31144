"""One picture file -> pixels, with limits that are checked before anything is decoded.

The format is recognised by content and decoded by Pillow. Another version of the JPEG library may decode a file to
slightly different pixels; then the fingerprint of the data differs too.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seedtrial.data.reader import as_bytes
from seedtrial.errors import SeedtrialError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # MPO, of phones with two lenses, opens as JPEG
ONLY_NAMED = {".tif": "TIFF", ".tiff": "TIFF", ".heic": "HEIF", ".heif": "HEIF"}  # read where the name says so too
MOST_PIXELS = 25_000_000  # decoded: a PNG of 8 kB can become a gigabyte
GROUNDS = {"white": (255, 255, 255, 255), "black": (0, 0, 0, 255)}
KNOWN = "not a known picture format"


_quiet_lock, _quiet_now, _filters = threading.Lock(), 0, ExitStack()


class Unusable(SeedtrialError):
    """A picture file that cannot be used; the message is the reason in a few words, without the file's name.

    >>> read_picture(Path(__file__), size=None, channels=3)
    Traceback (most recent call last):
        ...
    seedtrial.data.picture.Unusable: not a known picture format
    """


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings about odd metadata and about many pixels, for which there is a limit of our own.

    Python's warning filters belong to the whole process. So the first of several threads changes them, and the last one
    brings them back.

    >>> with quiet(), quiet():
    ...     warnings.warn("odd metadata")
    """
    global _quiet_now
    with _quiet_lock:
        if not _quiet_now:
            _filters.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _quiet_now += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_now -= 1
            if not _quiet_now:
                _filters.close()


def read_picture(
    path: Path,
    *,
    size: int | tuple[int, int] | None,
    channels: int,
    span: tuple[float, float] | None = None,
    background: Literal["white", "black"] = "white",
    fit: Literal["crop", "pad"] = "crop",
    file: BinaryIO | None = None,
) -> np.ndarray:
    """A picture's pixels as (channels, H, W) uint8, turned upright by its EXIF orientation.

    size:       side of the output square, or (width, height): the picture is resized until its shorter side fits and
                cropped to the middle of the longer one, so that nothing is distorted; None keeps its own size
    fit:        "pad" in place of this crop: the picture is put into the middle of a background; nothing is lost
    channels:   1 for grey (ITU-R 601), 3 for colour
    span:       the file's values that become black and white; None: its bits decide, 16 of them by the upper eight
    background: what lies behind transparent pixels
    file:       the opened file, where it lies inside another one; the path then only has its name

    CMYK, palettes and 16 bits are converted. A JPEG of more than MOST_PIXELS is decoded at a half, a quarter or an
    eighth of its size where `size` asks for no more.
    Raises Unusable when the file is of another format, is damaged or too large, or cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 20), "red").save(Path(folder, "red.png"))
    ...     read_picture(Path(folder, "red.png"), size=8, channels=3).shape
    (3, 8, 8)
    """
    try:
        if file is None and not path.stat().st_size:
            raise Unusable("empty file")
        with quiet(), Image.open(file or path, formats=_formats(path)) as image:
            box = (size, size) if isinstance(size, int) else size
            _refuse_large(image, box)
            # The other pictures of an MPO file are the same one for the other eye, or smaller.
            frames = getattr(image, "n_frames", 1) if image.format != "MPO" else 1
            if frames > 1:
                raise Unusable(f"{frames} pictures in one file; save them one by one")
            ImageOps.exif_transpose(image, in_place=True)
            plain = _without_transparency(_eight_bits(image, span), GROUNDS[background])
            mode = "L" if channels == 1 else "RGB"
            plain = plain if plain.mode == mode else plain.convert(mode)  # a copy costs a small picture much
            if box is not None and plain.size != box:
                plain = padded(plain, box, background) if fit == "pad" else plain
                # Crop and resize in one step: a very long picture is never resized in full.
                plain = ImageOps.fit(plain, box, Image.Resampling.BILINEAR)
            pixels = np.array(plain)  # a copy, since Pillow's own memory is read-only
    except (Unusable, MemoryError):
        raise
    except UnidentifiedImageError:
        raise Unusable(_unknown(path)) from None
    except Image.DecompressionBombError:
        raise Unusable(_too_large("too many pixels")) from None
    except PermissionError:
        raise Unusable("no permission to read it") from None
    except Exception as error:  # Pillow raises a dozen kinds for damaged files
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise Unusable(f"damaged: {reason[:80]}") from None
    return np.ascontiguousarray(pixels[None] if channels == 1 else np.moveaxis(pixels, -1, 0))


def padded(image: Image.Image, box: tuple[int, int], background: str) -> Image.Image:
    """An image in the middle of a plain one that has the proportions of `box`.

    Raises Unusable when that would have more than four times MOST_PIXELS.

    >>> padded(Image.new("L", (40, 10)), (8, 8), "white").size
    (40, 40)
    """
    (width, height), (across, down) = image.size, box
    size = max(width, -(-height * across // down)), max(height, -(-width * down // across))
    if size[0] * size[1] > 4 * MOST_PIXELS:
        raise Unusable(f"{width} x {height} pixels are too long to be padded; crop it")
    if size == image.size:
        return image
    ground = Image.new(image.mode, size, GROUNDS[background][: len(image.getbands())])
    ground.paste(image, ((size[0] - width) // 2, (size[1] - height) // 2))
    return ground


def header_size(path: Path, file: BinaryIO | None = None) -> tuple[int, int] | None:
    """(width, height) from a picture's header, before it is turned upright; None when it cannot be read.

    >>> header_size(Path("no/such/picture.png")) is None
    True
    """
    try:
        with quiet(), Image.open(file or path, formats=_formats(path)) as image:
            return image.size
    except Exception:  # whatever is wrong with it, `read` will say
        return None


def _formats(path: Path) -> tuple[str, ...]:
    named = ONLY_NAMED.get(path.suffix.lower())
    if named == "HEIF":
        _register_heif()
    return FORMATS if named is None or (named == "HEIF" and "HEIF" not in Image.OPEN) else (*FORMATS, named)


def _register_heif() -> None:
    """HEIC is read where the package pillow-heif is installed; Pillow itself cannot."""
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _unknown(path: Path) -> str:
    if ONLY_NAMED.get(path.suffix.lower()) == "HEIF" and "HEIF" not in Image.OPEN:
        return "HEIC pictures need the package pillow-heif (pip install pillow-heif)"
    return KNOWN


def _refuse_large(image: Image.Image, box: tuple[int, int] | None) -> None:
    """Have a large JPEG decoded smaller if that is enough for `box`, and refuse what is still too large."""
    width, height = image.size
    if width * height <= MOST_PIXELS:  # smaller ones are always decoded in full, so that their pixels stay as they are
        return
    if box is not None and image.format in ("JPEG", "MPO"):
        side = max(box)
        image.draft("RGB", (side, side))  # at least this large on both sides
        if image.size[0] * image.size[1] <= MOST_PIXELS:
            return
    hint = "; set data.size to read it smaller" if box is None and image.format in ("JPEG", "MPO") else ""
    raise Unusable(_too_large(f"{width} x {height} pixels") + hint)


def _too_large(size: str) -> str:
    return f"{size}, the limit is {MOST_PIXELS / 1e6:.0f} million"


def _eight_bits(image: Image.Image, span: tuple[float, float] | None) -> Image.Image:
    """An image of eight bits: by its range if that is given, else 16 bits of grey by the upper eight of them.

    Pillow's own conversion would clip most of a 16-bit image to white.
    """
    deep = image.mode in ("I", "F") or image.mode.startswith("I;16")
    if span is not None:
        if deep or image.mode == "L":
            return Image.fromarray(as_bytes(np.asarray(image), span))
        table = as_bytes(np.arange(256), span).tolist()
        colours = image if image.mode in ("RGB", "RGBA", "LA") else image.convert("RGB")
        alpha = colours.mode in ("RGBA", "LA")  # how solid a pixel is, which no range changes
        return colours.point(table * (len(colours.getbands()) - alpha) + list(range(256)) * alpha)
    if image.mode == "F":
        raise Unusable("fractions as pixels; say their range, such as data.range=[0,1]")
    if not deep:
        return image
    values = np.asarray(image).astype(np.int64)
    if values.size and not 0 <= values.min() <= values.max() < 2**16:
        raise Unusable(
            f"values from {values.min()} to {values.max()}, more than 16 bits hold; say what is black and white, such "
            f"as data.range=[{values.min()},{values.max()}]"
        )
    return Image.fromarray((values >> 8).astype(np.uint8))


def _without_transparency(image: Image.Image, ground: tuple[int, ...]) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
        return image
    solid = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", solid.size, ground), solid)
