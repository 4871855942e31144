"""Images that are in two splits, pixel for pixel: each of them makes a test score look better than it is."""

import itertools
import math

import numpy as np

CHUNK = 4096  # images hashed at once, which bounds the memory for padding and products


def keys(images: np.ndarray) -> np.ndarray:
    """A 64-bit key per image, equal for equal images.

    images: (N, C, H, W) uint8
    Returns (N,) uint64: the image as 64-bit words times fixed odd random numbers, summed modulo 2^64.

    >>> first, second, third = keys(np.array([[[[1, 2]]], [[[2, 1]]], [[[1, 2]]]], np.uint8))
    >>> bool(first == third), bool(first == second)
    (True, False)
    """
    # Whole arrays at a time, where SHA-256 of each image would be a loop in Python. Keys may collide, so `shared`
    # compares the pixels of images with equal keys.
    flat = images.reshape(len(images), math.prod(images.shape[1:]))
    padding = -flat.shape[1] % 8
    words = (flat.shape[1] + padding) // 8
    factors = np.random.default_rng(0).integers(0, 2**64, words, dtype=np.uint64) | np.uint64(1)
    result = np.empty(len(flat), np.uint64)
    for start in range(0, len(flat), CHUNK):
        chunk = np.ascontiguousarray(np.pad(flat[start : start + CHUNK], ((0, 0), (0, padding))))
        result[start : start + CHUNK] = (chunk.view(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    return result


def shared(splits: dict[str, np.ndarray]) -> dict[str, int]:
    """For every two splits, how many images of the second are in the first, pixel for pixel.

    splits: name -> (N, C, H, W) uint8; N may differ
    Returns for example {"train/test": 0, ...}, in the order of the names.

    >>> black, white = np.zeros((1, 1, 2, 2), np.uint8), np.full((1, 1, 2, 2), 255, np.uint8)
    >>> shared({"train": black, "test": np.concatenate([black, white])})
    {'train/test': 1}
    """
    hashed = {name: keys(images) for name, images in splits.items()}
    return {
        f"{a}/{b}": _shared(splits[a], hashed[a], splits[b], hashed[b]) for a, b in itertools.combinations(splits, 2)
    }


def _shared(a: np.ndarray, keys_a: np.ndarray, b: np.ndarray, keys_b: np.ndarray) -> int:
    suspects = np.flatnonzero(np.isin(keys_b, keys_a))
    if not len(suspects):
        return 0
    order = np.argsort(keys_a, kind="stable")
    count = 0
    for index in suspects:  # few, and equal keys nearly always mean equal images
        first, last = (np.searchsorted(keys_a, keys_b[index], side=side, sorter=order) for side in ("left", "right"))
        count += any(np.array_equal(a[other], b[index]) for other in order[first:last])
    return count
