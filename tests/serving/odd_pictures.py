"""Pictures of every mode, size and kind that is usable, for tests that all ways make the same pixels of them."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def odd_pictures(folder: Path) -> list[Path]:
    """Forty pictures of every mode, size and kind that is usable."""
    generator, paths = np.random.default_rng(0), []
    for number, mode in enumerate(("RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "I;16") * 5):
        width, height = (int(side) for side in generator.integers(3, 40, 2))
        pixels = generator.integers(0, 256, (height, width, 4), dtype=np.uint8)
        if mode == "I;16":
            image = Image.fromarray((pixels[..., 0].astype(np.uint16) << 8) + pixels[..., 1])
        else:
            image = Image.fromarray(pixels, "RGBA") if mode in ("RGBA", "LA") else Image.fromarray(pixels[..., :3])
            image = image.convert(mode)
        exif = Image.Exif()
        exif[0x0112] = number % 8 + 1
        suffix = "jpg" if mode in ("CMYK", "L", "RGB") and number % 2 else "png" if mode != "CMYK" else "jpg"
        paths.append(folder / f"{number:02}.{suffix}")
        image.save(paths[-1], **({"exif": exif} if suffix == "jpg" else {}))
    return paths


def more_pictures(folder: Path) -> list[Path]:
    """Files that a decoder may get wrong: interlaced, with transparent colours, turned, of other formats."""
    generator, paths = np.random.default_rng(1), []
    colours = generator.integers(0, 256, (30, 41, 3), dtype=np.uint8)
    turned = Image.Exif()
    turned[0x0112] = 6
    grey, colour = Image.fromarray(colours[..., 0] // 40 * 40), Image.fromarray(colours)
    few = colour.quantize(16)
    smooth = colour.resize((210, 333), Image.Resampling.BICUBIC)
    for name, image, settings in (
        ("key.png", grey, {"transparency": 80}),
        ("palette.png", few, {"transparency": bytes(range(0, 256, 16))}),
        ("turned.png", colour, {"exif": turned}),
        ("turned.jpg", smooth, {"exif": turned}),
        ("progressive.jpg", smooth, {"progressive": True, "quality": 60}),
        ("whole.jpg", smooth, {"subsampling": 0}),
        ("tall.png", smooth.resize((20, 700)), {}),
        ("wide.png", smooth.resize((700, 9)), {}),
        ("plain.bmp", colour, {}),
        ("plain.gif", few, {}),
        ("plain.webp", colour, {"lossless": True}),
    ):
        paths.append(folder / name)
        image.save(paths[-1], **settings)
    (folder / "interlaced.png").write_bytes(interlaced(colours))
    return [*paths, folder / "interlaced.png"]


def interlaced(colours: np.ndarray) -> bytes:
    """A PNG file in seven passes, which Pillow reads but does not write. colours: (H, W, 3) uint8"""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = [row for x, y, right, down in passes for row in colours[y::down, x::right] if row.size]
    header = struct.pack(">IIBBBBB", colours.shape[1], colours.shape[0], 8, 2, 0, 0, 1)
    chunks = (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I", len(raw)) + name + raw + struct.pack(">I", zlib.crc32(name + raw)) for name, raw in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
