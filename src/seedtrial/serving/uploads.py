r"""Picture files that strangers send: what is refused before it is decoded, and what is decoded quickly.

A few bytes can ask for hours of work: a PNG file of 8 kB holds 100 million pixels, a JPEG file of 1 MB as many scans as
one likes, each over all pixels, and thousands of empty segments, which Pillow reads one by one.
"""

import struct
from collections.abc import Sequence

from seedtrial.data.picture import Unusable

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"  # whatever a name or a header says, nothing else is decoded
MOST_PIXELS = 100_000_000  # of all pictures of a request; one picture has a limit of its own
MOST_SCANNED = 500_000_000  # pixels times scans of a JPEG file; progressive ones of cameras have ten scans
MOST_SEGMENTS = 1000  # of a JPEG file before its pixels; a large colour profile takes 60
SMALL = 1_000_000  # pixels, which are decoded in about 10 ms
SHORT = 200_000  # bytes; a small PNG picture in a longer file may hide a bomb in its other parts
START_OF_SCAN, NO_FRAMES = 0xDA, (0xC4, 0xC8, 0xCC)  # of JPEG's markers 0xC0 to 0xCF, these three are no frame headers


def check_uploads(pictures: Sequence[bytes]) -> None:
    r"""Refuse files that are neither PNG nor JPEG, or that ask for too much work together. Decodes nothing.

    Raises Unusable.

    >>> check_uploads([PNG + b"\0\0\0\rIHDR" + struct.pack(">II", 9000, 9000)] * 2)
    Traceback (most recent call last):
        ...
    seedtrial.data.picture.Unusable: 162 million pixels in one request, the limit is 100 million
    """
    pixels = sum(_pixels(raw)[0] for raw in pictures)
    if pixels > MOST_PIXELS and len(pictures) > 1:
        raise Unusable(
            f"{pixels / 1e6:.0f} million pixels in one request, the limit is {MOST_PIXELS / 1e6:.0f} million"
        )


def are_small(pictures: Sequence[bytes]) -> bool:
    r"""Whether all pictures of a request are decoded within about 10 ms.

    >>> are_small([PNG + b"\0\0\0\rIHDR" + struct.pack(">II", 28, 28)]), are_small([b"neither PNG nor JPEG"])
    (True, True)
    """
    try:
        return sum(map(len, pictures)) <= SHORT and sum(_pixels(raw)[1] for raw in pictures) <= SMALL
    except Unusable:
        return True  # it is refused at once


def _pixels(raw: bytes) -> tuple[int, int]:
    """Pixels by the header, and how many a decoder goes through; 0 where the header is damaged."""
    if raw.startswith(PNG):
        width, height = struct.unpack(">II", raw[16:24]) if len(raw) >= 24 else (0, 0)
        return width * height, width * height
    if not raw.startswith(JPEG):
        raise Unusable("neither PNG nor JPEG")
    pixels, scans = _jpeg_pixels(raw), raw.count(b"\xff\xda")  # within a scan, 0 follows every 0xFF
    if pixels * scans > MOST_SCANNED:
        raise Unusable(f"{scans} scans of {pixels:,} pixels, which take too long to decode")
    return pixels, pixels * scans


def _jpeg_pixels(raw: bytes) -> int:
    """Width times height, from the frame header; 0 if there is none. Raises Unusable for too many segments."""
    at, pixels = 2, 0
    for _ in range(MOST_SEGMENTS):
        if at + 4 > len(raw) or raw[at] != 0xFF:
            return pixels
        kind = raw[at + 1]
        if kind == START_OF_SCAN:
            return pixels
        if 0xC0 <= kind <= 0xCF and kind not in NO_FRAMES and at + 9 <= len(raw):
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            pixels = max(pixels, height * width)
        at += 1 if kind == 0xFF else 2 + int.from_bytes(raw[at + 2 : at + 4])
    raise Unusable("damaged: too many segments")
