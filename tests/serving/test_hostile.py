"""Bodies that strangers send to a served network: each is refused in a sentence, and the next request is answered."""

import base64
import io
import json
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from seedtrial.serving import uploads
from serving.served import Served

pytestmark = pytest.mark.usefixtures("goes_on")


def saved(kind: str, size: tuple[int, int] = (8, 8), **settings: Any) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, 128).save(file, kind, **settings)
    return file.getvalue()


def chunk(name: bytes, raw: bytes) -> bytes:
    return struct.pack(">I", len(raw)) + name + raw + struct.pack(">I", zlib.crc32(name + raw))


def png(*chunks: bytes, size: tuple[int, int] = (8, 8)) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    return uploads.PNG + head + b"".join(chunks) + chunk(b"IEND", b"")


def listed(*pictures: bytes) -> bytes:
    return json.dumps({"pictures": [base64.b64encode(each).decode() for each in pictures]}).encode()


def many_scans() -> bytes:
    """A JPEG file whose last scan, 40 bytes that take a decoder 20 milliseconds, comes a thousand times."""
    raw = saved("JPEG", (4900, 4900), progressive=True)
    last = raw[raw.rindex(b"\xff\xda") : -2]
    return raw[:-2] + last * 1000 + raw[-2:]


PIXELS = chunk(b"IDAT", zlib.compress(bytes(72)))
FILES = {
    "a TIFF file that says it is PNG": (saved("TIFF"), "neither PNG nor JPEG"),
    "a GIF file": (saved("GIF"), "neither PNG nor JPEG"),
    "a web page": (b"<html>", "neither PNG nor JPEG"),
    "a PNG file of a gigabyte": (png(PIXELS, size=(32768, 32768)), "the limit is 25 million"),
    "a PNG file that is larger than any memory": (png(PIXELS, size=(2**31 - 1, 2**31 - 1)), "pixels"),
    "half a PNG file": (saved("PNG", (64, 64))[:60], "damaged"),
    "a PNG file that ends within its header": (uploads.PNG + b"\0\0", "cannot be used"),
    "a PNG file without pixels": (png(), "damaged"),
    "a PNG file of no height": (png(PIXELS, size=(8, 0)), "cannot be used"),
    "a JPEG file with a thousand scans": (many_scans(), "which take too long to decode"),
    "a JPEG file with 200,000 segments": (b"\xff\xd8" + b"\xff\xe0\0\x02" * 200_000, "too many segments"),
    "a JPEG file of fill bytes": (b"\xff\xd8" + b"\xff" * 1_000_000, "too many segments"),
    "half a JPEG file": (saved("JPEG", (300, 300))[:700], "damaged"),
    "the beginning of a JPEG file": (b"\xff\xd8\xff", "cannot be used"),
}


@pytest.mark.parametrize("case", FILES)
def test_files_that_are_no_usable_picture(served: Served, case: str) -> None:
    body, words = FILES[case]
    for raw, kind in ((body, "image/png"), (listed(body), "application/json")):
        status, answer, _ = served.ask("/predict", raw, kind)
        assert status == 415 and words in answer["error"] and answer["error"].endswith("."), answer
        assert "/" not in answer["error"] and "object at" not in answer["error"]


def test_texts_in_a_png_file_that_are_bombs_are_not_unpacked_without_limit(served: Served) -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))
    assert served.ask("/predict", png(text, text, PIXELS))[0] in (200, 415)


def test_pictures_of_one_request_have_a_limit_together(served: Served) -> None:
    large = saved("PNG", (4900, 4900), compress_level=1)
    assert served.ask("/predict", large)[0] == 200  # 24 million pixels
    status, answer, _ = served.ask("/predict", listed(*[large] * 5), "application/json")
    assert status == 415 and "120 million pixels in one request, the limit is 100 million" in answer["error"]


BODIES = {
    "nested 100,000 deep": b"[" * 100_000,
    "objects nested 100,000 deep": b'{"pictures":' * 100_000,
    "a million small lists": b'{"pictures": [' + b"[]," * 1_000_000 + b"[]]}",
    "a number of a million digits": b'{"pictures": ' + b"1" * 1_000_000 + b"}",
    "rubbish as base64": b'{"pictures": ["!!!!"]}',
    "base64 that breaks off": b'{"pictures": ["aGVsbG8"]}',
    "half a surrogate": b'{"pictures": ["\\ud800"]}',
    "bytes that are no text": b"\xff\xfe\x00\x01",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a list of lists": b'{"pictures": [["a"]]}',
    "not a number": b'{"pictures": NaN}',
}


@pytest.mark.parametrize("case", BODIES)
def test_json_that_is_no_list_of_pictures(served: Served, case: str) -> None:
    status, answer, _ = served.ask("/predict", BODIES[case], "application/json")
    assert status == 422 and answer["error"].startswith("Expected JSON like"), answer


def test_more_pictures_than_allowed(served: Served, picture: bytes) -> None:
    status, answer, _ = served.ask("/predict", listed(*[picture] * 65), "application/json")
    assert status == 422 and answer["error"] == "Send 1 to 64 pictures at once, not 65."
