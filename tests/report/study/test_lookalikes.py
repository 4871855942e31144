"""Look-alikes: the nearest neighbours across the classes that are confused."""

import numpy as np

from seedtrial.report.study.lookalikes import Pair, confused_pairs, lookalikes


def test_the_most_confused_classes_count_both_directions() -> None:
    matrix = np.array([[9, 1, 4], [2, 9, 0], [0, 0, 9]])
    assert confused_pairs([matrix, matrix], most=5) == [(0, 2), (0, 1)]  # 4 + 0 before 1 + 2; 1 and 2 never
    assert confused_pairs([matrix], most=1) == [(0, 2)]


def test_the_nearest_images_of_two_classes_are_paired_and_no_image_twice() -> None:
    grey = np.array([10, 200, 12, 100, 19, 0], dtype=np.uint8)
    images = np.broadcast_to(grey[:, None, None, None], (6, 1, 2, 2))
    labels = np.array([0, 0, 1, 1, 1, 2])
    assert lookalikes(images, labels, (0, 1), most=5) == [Pair(0, 2, 2.0), Pair(1, 3, 100.0)]


def test_the_same_distances_as_between_every_pair() -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 3, 5, 5), dtype=np.uint8)
    labels = np.arange(40) % 2
    (pair,) = lookalikes(images, labels, (0, 1), most=1)
    far = (images[::2, None].astype(float) - images[None, 1::2]) ** 2
    assert abs(pair.difference - np.sqrt(far.mean(axis=(2, 3, 4)).min())) < 0.01
