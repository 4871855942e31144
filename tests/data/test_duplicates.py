"""Images that stand in two splits are counted, pixel for pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seedtrial.data.duplicates import CHUNK, keys, shared

SHAPES = [(1, 28, 28), (1, 8, 8), (1, 5, 5), (3, 3, 3), (1, 1, 1), (1, 7, 1)]


def noise(count: int, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if np.prod(shape) > 8], ids=str)
def test_exact_copies_are_counted(shape: tuple[int, ...]) -> None:
    a, b = noise(50, shape, 1), noise(20, shape, 2)
    b[[3, 7, 19]] = a[[0, 49, 0]]
    assert shared({"train": a, "test": b}) == {"train/test": 3}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_one_grey_level_makes_another_image(shape: tuple[int, ...]) -> None:
    image = np.full((1, *shape), 100, np.uint8)
    for pixel in range(image.size):
        near = image.copy()
        near.flat[pixel] += 1
        assert shared({"a": image, "b": near}) == {"a/b": 0}


def test_the_count_is_of_the_second_split() -> None:
    once = noise(1, (1, 8, 8))
    twice = np.concatenate([once, once])
    assert shared({"a": once, "b": twice}) == {"a/b": 2}
    assert shared({"a": twice, "b": once}) == {"a/b": 1}


def test_every_pair_of_splits_is_looked_at() -> None:
    a, b, c = (noise(5, (1, 8, 8), seed) for seed in range(3))
    c[0], c[1], b[4] = a[0], b[0], a[1]
    assert shared({"a": a, "b": b, "c": c}) == {"a/b": 1, "a/c": 1, "b/c": 1}


def test_images_whose_keys_are_equal_by_chance_are_not_counted() -> None:
    words = np.eye(2, dtype=np.uint64)  # the key of a word that is 1 is its factor
    first, second = keys(words.view(np.uint8).reshape(2, 1, 4, 4)).tolist()
    pair = np.array([[5, 7], [(5 + second) % 2**64, (7 - first) % 2**64]], dtype=np.uint64)
    images = pair.view(np.uint8).reshape(2, 1, 4, 4)
    assert len(set(keys(images).tolist())) == 1
    assert shared({"a": images[:1], "b": images[1:]}) == {"a/b": 0}


@given(arrays(np.uint8, st.tuples(st.integers(1, 20), st.just(1), st.integers(1, 3), st.integers(1, 3)), unique=False))
def test_a_split_shares_all_its_images_with_itself(images: np.ndarray) -> None:
    assert shared({"a": images, "b": images[::-1]}) == {"a/b": len(images)}


def test_the_order_of_the_split_does_not_matter() -> None:
    a = noise(CHUNK + 10, (1, 3, 3))
    assert shared({"a": a, "b": a[[0, CHUNK - 1, CHUNK, CHUNK + 9]]}) == {"a/b": 4}
    np.testing.assert_array_equal(keys(a)[CHUNK:], keys(a[CHUNK:]))
