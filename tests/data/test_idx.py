"""IDX files: what is written is read, and nothing else passes."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seedtrial.data import idx
from seedtrial.errors import SeedtrialError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def header(*sizes: int) -> bytes:
    return bytes((0, 0, 8, len(sizes))) + struct.pack(f">{len(sizes)}I", *sizes)


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    idx.write_idx(tmp_path / "images", IMAGES)
    idx.write_idx(tmp_path / "labels", np.array([7, 9]))
    assert (tmp_path / "images").read_bytes() == header(2, 3, 4) + bytes(range(24))
    assert (tmp_path / "labels").read_bytes() == b"\x00\x00\x08\x01\x00\x00\x00\x02\x07\x09"


@given(arrays(np.uint8, st.tuples(*[st.integers(0, 5)] * 3) | st.tuples(st.integers(0, 9))))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("idx") / "file"
    idx.write_idx(path, array)
    read = idx.parse_idx(idx.read_bytes(path), dimensions=array.ndim, name="file")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


def test_compression_is_seen_by_the_content_and_not_by_the_name(tmp_path: Path) -> None:
    raw = header(2) + b"\x01\x02"
    (tmp_path / "plain.gz").write_bytes(raw)
    (tmp_path / "packed").write_bytes(gzip.compress(raw))
    assert idx.read_bytes(tmp_path / "plain.gz") == idx.read_bytes(tmp_path / "packed") == raw


def test_the_array_shares_the_memory_of_the_bytes() -> None:
    raw = bytearray(header(2) + b"\x01\x02")
    raw_array = idx.parse_idx(raw, dimensions=1, name="x")
    raw[-1] = 9
    assert raw_array.tolist() == [1, 9]


@pytest.mark.parametrize(
    "raw, words",
    [
        (b"", r"x is not an IDX file: it has only 0 bytes"),
        (b"\x00\x00\x08", r"x is not an IDX file: it has only 3 bytes"),
        (b"GIF89a" * 5, r"x is not an IDX file of unsigned bytes: it begins with 47494638, not 00000803"),
        (b"\x00\x00\x0d" + header(2, 3, 4)[3:] + bytes(96), r"it begins with 00000d03"),
        (header(2) + bytes(2), r"x should hold images, but it holds labels"),
        (header(2, 3) + bytes(6), r"x should hold images, but it holds 2-dimensional data"),
        (header(2, 3, 4) + bytes(23), r"x should have 40 bytes by its header, but it has 39"),
        (header(2, 3, 4) + bytes(25), r"x should have 40 bytes by its header, but it has 41"),
        (header(2, 3, 4)[:4], r"x should have .* bytes|x is not an IDX file"),
        (header(2, 3, 4)[:12], r"x should have .* bytes|x is not an IDX file"),
        (header(2**31, 2**31, 4), r"x should have 18446744073709551632 bytes by its header"),
        (header(2**31, 2, 2**32 - 1), r"x should have 18446744069414584336 bytes by its header"),
    ],
)
def test_a_file_that_is_not_images_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        idx.parse_idx(bytearray(raw), dimensions=3, name="x")


def test_images_where_labels_belong_are_refused() -> None:
    with pytest.raises(SeedtrialError, match=r"x should hold labels, but it holds images"):
        idx.parse_idx(bytearray(header(2, 3, 4) + bytes(24)), dimensions=1, name="x")


@given(st.integers(0, 39))
def test_a_file_cut_short_anywhere_is_refused(length: int) -> None:
    with pytest.raises(SeedtrialError, match=r"^x (should have|is not an IDX file)"):
        idx.parse_idx(bytearray((header(2, 3, 4) + bytes(24))[:length]), dimensions=3, name="x")


@given(st.integers(2, 79))
def test_a_gzip_file_cut_short_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    packed = gzip.compress(header(60) + np.random.default_rng(0).bytes(60), mtime=0)
    path = tmp_path_factory.mktemp("idx") / "labels.gz"
    path.write_bytes(packed[:length])
    assert length < len(packed)
    with pytest.raises(SeedtrialError, match=r"labels\.gz is a damaged gzip file \(.*[a-z]\)\."):
        idx.read_bytes(path)


@pytest.mark.parametrize("position", [20, 40, -6, -2], ids=["start", "middle", "checksum", "length"])
def test_a_gzip_file_with_a_changed_byte_is_refused(tmp_path: Path, position: int) -> None:
    packed = bytearray(gzip.compress(header(60) + np.random.default_rng(0).bytes(60), mtime=0))
    packed[position] ^= 0x55
    (tmp_path / "labels.gz").write_bytes(packed)
    with pytest.raises(SeedtrialError, match=r"labels\.gz is (a damaged gzip file|not an IDX file)"):
        idx.parse_idx(idx.read_bytes(tmp_path / "labels.gz"), dimensions=1, name=str(tmp_path / "labels.gz"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"Cannot read .*nowhere: No such file or directory\."):
        idx.read_bytes(tmp_path / "nowhere")
