"""Images that are nearly the same are found, whatever was done to them; images that are merely alike are not."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from seedtrial.data import near
from seedtrial.data.dataset import DataSpec, load


def scenes(count: int, *, side: int = 48, seed: int = 0) -> np.ndarray:
    """(count, 3, side, side) uint8: blurred coloured noise, each image another one."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    large = [np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC)) for one in coarse]
    return np.moveaxis(np.stack(large), -1, 1)


def as_jpeg(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=30)
    return Image.open(io.BytesIO(file.getvalue()))


def next_shot(image: Image.Image) -> Image.Image:
    moved = image.rotate(2, resample=Image.Resampling.BILINEAR).crop((1, 1, 47, 47)).resize((48, 48))
    return ImageEnhance.Brightness(moved).enhance(1.1)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved again": as_jpeg,
    "resized": lambda image: image.resize((24, 24)).resize((48, 48)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "mirrored": ImageOps.mirror,
    "next shot": next_shot,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_copy_is_found(change: Callable[[Image.Image], Image.Image]) -> None:
    images = scenes(40)
    copy = np.moveaxis(np.asarray(change(Image.fromarray(np.moveaxis(images[7], 0, -1)))), -1, 0)
    assert near.pairs(np.concatenate([images, copy[None]])).tolist() == [[7, 40]]


def test_images_of_one_kind_are_not_nearly_the_same() -> None:
    assert not len(near.pairs(scenes(200)))
    shared = scenes(1)[0].astype(float)
    alike = (0.7 * shared + 0.3 * scenes(60, seed=1)).astype(np.uint8)
    assert not len(near.pairs(alike))


def test_pairs_are_the_same_whatever_the_size_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    images = scenes(30)
    images = np.concatenate([images, images[[3, 20]], images[[3]]])
    whole = near.pairs(images).tolist()
    assert whole == [[3, 30], [3, 32], [20, 31], [30, 32]]
    monkeypatch.setattr(near, "CHUNK", 7)
    assert near.pairs(images).tolist() == whole


def test_sides_need_not_be_equal_nor_a_multiple_of_the_grid() -> None:
    images = scenes(30, side=50)[:, :, :37]
    assert near.pairs(np.concatenate([images, images[4:5]])).tolist() == [[4, 30]]


def test_plain_tiny_and_too_many_images_have_no_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not len(near.pairs(np.full((20, 1, 32, 32), 9, np.uint8)))
    assert not len(near.pairs(np.zeros((20, 1, 8, 8), np.uint8)))
    assert not len(near.pairs(scenes(1)))
    twice = np.concatenate([scenes(20)] * 2)
    monkeypatch.setattr(near, "MOST", 39)
    assert not len(near.pairs(twice))


def test_a_note_counts_test_images_with_a_twin_to_train_on(tmp_path: Path) -> None:
    images = np.moveaxis(scenes(40), 1, -1)
    other = np.moveaxis(scenes(10, seed=1), 1, -1)
    labels = np.arange(40) % 2

    def notes(test: np.ndarray) -> tuple[str, ...]:
        path = tmp_path / "a.npz"
        np.savez(path, images=images, labels=labels, test_images=test, test_labels=np.arange(10) % 2)
        return load(DataSpec(source=str(path))).notes

    assert notes(other) == ()
    darker = (other * 0.9).astype(np.uint8)
    darker[[2, 5]] = images[[2, 5], :, ::-1]
    hint = " data.groups=alike keeps them in one part."
    assert notes(darker) == (
        "4 images are nearly the same as another one; 2 test images have such a twin in another part, so test scores "
        f"are optimistic.{hint}",
    )
    other[3] = other[4]
    assert notes(other) == (
        f"2 images are nearly the same as another one; no test images have such a twin in another part.{hint}",
    )
