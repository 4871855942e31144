"""One picture file becomes pixels, or says in a few words why not, cheaply."""

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedtrial.data.picture import KNOWN, MOST_PIXELS, Unusable, read_picture

RED, BLUE = (200, 30, 40), (20, 40, 220)


def halves(width: int, height: int) -> Image.Image:
    """A picture that is red on its left half and blue on its right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def png(width: int, height: int, rows: bytes, *, depth: int, kind: int) -> bytes:
    """A PNG written by hand: the rows compressed, each with its filter byte."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + packed + chunk(b"IEND", b"")


def colour(pixels: np.ndarray, y: int, x: int) -> list[int]:
    return pixels[:, y, x].tolist()


def test_a_picture_becomes_channels_of_bytes(tmp_path: Path) -> None:
    halves(6, 4).save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png", size=None, channels=3)
    assert pixels.shape == (3, 4, 6) and pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    assert (colour(pixels, 0, 0), colour(pixels, 3, 5)) == (list(RED), list(BLUE))
    assert read_picture(tmp_path / "a.png", size=None, channels=1).shape == (1, 4, 6)


def test_a_wide_picture_is_cut_to_its_middle_and_not_squeezed(tmp_path: Path) -> None:
    image = Image.new("RGB", (30, 10), BLUE)
    image.paste(RED, (10, 0, 20, 10))  # a red square in the middle
    image.save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png", size=5, channels=3)
    assert pixels.shape == (3, 5, 5)
    assert colour(pixels, 2, 2) == list(RED) and colour(pixels, 2, 1) == list(RED)


def test_a_picture_is_brought_to_a_form_that_is_no_square(tmp_path: Path) -> None:
    image = Image.new("RGB", (12, 12), BLUE)
    image.paste(RED, (0, 4, 12, 8))  # a red band across the middle
    image.save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png", size=(12, 4), channels=3)
    assert pixels.shape == (3, 4, 12)
    assert colour(pixels, 0, 0) == colour(pixels, 3, 11) == list(RED)


def test_a_picture_a_million_times_as_long_as_wide_costs_no_more_than_its_pixels(tmp_path: Path) -> None:
    Image.new("L", (1_000_000, 1), 77).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", size=32, channels=1).tolist() == np.full((1, 32, 32), 77).tolist()


def test_a_photograph_taken_sideways_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    halves(40, 20).save(tmp_path / "a.jpg", exif=exif, quality=95, subsampling=0)
    pixels = read_picture(tmp_path / "a.jpg", size=None, channels=3)
    assert pixels.shape == (3, 40, 20)
    assert pixels[0, 5, 10] > 150 and pixels[2, 35, 10] > 150  # red above, blue below


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_kind_of_jpeg_is_read(tmp_path: Path, mode: str) -> None:
    halves(16, 16).convert(mode).save(tmp_path / "a.jpg", quality=95)
    assert read_picture(tmp_path / "a.jpg", size=8, channels=3).shape == (3, 8, 8)
    grey = np.asarray(halves(16, 16).convert("L"))
    assert abs(int(read_picture(tmp_path / "a.jpg", size=None, channels=1)[0, 8, 2]) - int(grey[8, 2])) < 12


def test_cmyk_keeps_its_colours(tmp_path: Path) -> None:
    halves(32, 32).convert("CMYK").save(tmp_path / "a.jpg", quality=95, subsampling=0)
    pixels = read_picture(tmp_path / "a.jpg", size=None, channels=3)
    assert np.abs(pixels[:, 16, 4] - np.array(RED)).max() < 12


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA"])
def test_every_kind_of_png_is_read(tmp_path: Path, mode: str) -> None:
    halves(16, 16).convert(mode).save(tmp_path / "a.png")
    for channels in (1, 3):
        assert read_picture(tmp_path / "a.png", size=8, channels=channels).shape == (channels, 8, 8)


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (4, 4), (*RED, 0))
    image.putpixel((0, 0), (*RED, 255))
    image.save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png", size=None, channels=3)
    assert (colour(pixels, 0, 0), colour(pixels, 2, 2)) == (list(RED), [255, 255, 255])


def test_a_transparent_palette_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([*RED, *BLUE])
    image.putpixel((1, 1), 1)
    image.save(tmp_path / "a.png", transparency=0)
    pixels = read_picture(tmp_path / "a.png", size=None, channels=3)
    assert (colour(pixels, 0, 0), colour(pixels, 1, 1)) == ([255, 255, 255], list(BLUE))


def test_sixteen_bits_of_grey_become_the_upper_eight(tmp_path: Path) -> None:
    values = np.array([[0, 255, 256, 32_768, 65_535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", size=None, channels=1).tolist() == [[[0, 0, 1, 128, 255]]]
    assert read_picture(tmp_path / "a.png", size=None, channels=3).shape == (3, 1, 5)


def test_sixteen_bits_of_colour_become_the_upper_eight(tmp_path: Path) -> None:
    row = b"\0" + struct.pack(">6H", 0, 256, 65_535, 32_768, 512, 1)
    (tmp_path / "a.png").write_bytes(png(2, 1, row, depth=16, kind=2))
    pixels = read_picture(tmp_path / "a.png", size=None, channels=3)
    assert (colour(pixels, 0, 0), colour(pixels, 0, 1)) == ([0, 1, 255], [128, 2, 0])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty file"),
        (b"hot dog\n" * 100, KNOWN),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>", KNOWN),
        (b"\x89PNG\r\n\x1a\n", KNOWN),
        (b"\xff\xd8\xff\xe0", KNOWN),
    ],
    ids=["zero bytes", "text", "pdf", "png without a header", "jpeg without a header"],
)
def test_what_is_no_picture_says_so(tmp_path: Path, raw: bytes, reason: str) -> None:
    (tmp_path / "a.jpg").write_bytes(raw)
    with pytest.raises(Unusable, match=f"^{reason}$"):
        read_picture(tmp_path / "a.jpg", size=8, channels=3)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_picture_cut_short_is_damaged(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(Unusable, match=r"^damaged: .*truncated"):
        read_picture(path, size=8, channels=3)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_changed_bytes_never_break_more_than_the_file(tmp_path: Path, suffix: str) -> None:
    path, generator = tmp_path / f"a.{suffix}", np.random.default_rng(0)
    halves(24, 24).save(path)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(300):
        changed = whole.copy()
        changed[generator.integers(0, len(whole), 4)] = generator.integers(0, 256, 4)
        path.write_bytes(changed.tobytes())
        try:
            assert read_picture(path, size=8, channels=3).shape == (3, 8, 8)
        except Unusable:
            pass


def test_too_many_pixels_are_refused_by_the_header_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(8000, 8000, (b"\0" + bytes(1000)) * 8000, depth=1, kind=0))
    assert path.stat().st_size < 10_000
    tracemalloc.start()
    with pytest.raises(Unusable, match=r"^8000 x 8000 pixels, the limit is 25 million$"):
        read_picture(path, size=8, channels=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_even_more_pixels_are_refused_in_the_same_way(tmp_path: Path, side: int) -> None:
    (tmp_path / "a.png").write_bytes(png(side, side, b"", depth=1, kind=0))
    with pytest.raises(Unusable, match=r"(12000 x 12000|too many) pixels, the limit is 25 million"):
        read_picture(tmp_path / "a.png", size=8, channels=3)


def test_the_limit_itself_is_allowed(tmp_path: Path) -> None:
    Image.new("1", (5000, MOST_PIXELS // 5000)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", size=8, channels=1).shape == (1, 8, 8)


def test_values_beyond_sixteen_bits_are_not_cut_off_in_silence(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 70_000]], np.int32)).save(tmp_path / "deep.tiff")
    with pytest.raises(
        Unusable, match=r"^values from 0 to 70000, .* say what is black and white, such as data\.range=\[0,"
    ):
        read_picture(tmp_path / "deep.tiff", size=None, channels=1)
    assert read_picture(tmp_path / "deep.tiff", size=None, channels=1, span=(0, 70_000)).tolist() == [[[0, 255]]]


@pytest.mark.parametrize(("ground", "value"), [("white", 255), ("black", 0)])
def test_a_padded_picture_loses_nothing_and_stands_in_the_middle(tmp_path: Path, ground: str, value: int) -> None:
    drawn = np.full((10, 40), 100, np.uint8)
    drawn[:, :4] = 200
    Image.fromarray(drawn).save(tmp_path / "wide.png")
    padded = read_picture(tmp_path / "wide.png", size=40, channels=1, background=ground, fit="pad")[0]  # type: ignore[arg-type]
    np.testing.assert_array_equal(padded[15:25], drawn)
    assert (np.delete(padded, np.s_[15:25], axis=0) == value).all()
    np.testing.assert_array_equal(read_picture(tmp_path / "wide.png", size=8, channels=1), np.full((1, 8, 8), 100))


def test_a_picture_that_is_too_long_to_be_padded_is_skipped(tmp_path: Path) -> None:
    Image.new("L", (20_000, 1)).save(tmp_path / "long.png")
    with pytest.raises(Unusable, match=r"^20000 x 1 pixels are too long to be padded; crop it$"):
        read_picture(tmp_path / "long.png", size=8, channels=1, fit="pad")


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_several_pictures_in_one_file_are_refused(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("L", (4, 4), level) for level in (0, 100, 200)]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    with pytest.raises(Unusable, match="3 pictures in one file"):
        read_picture(tmp_path / f"a{suffix}", size=None, channels=1)


def test_the_first_picture_of_a_camera_s_pair_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), level) for level in ("white", "black")]
    frames[0].save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=frames[1:])
    assert read_picture(tmp_path / "a.jpg", size=None, channels=3).min() > 250
