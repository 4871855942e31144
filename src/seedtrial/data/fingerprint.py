"""What identifies a data set: a checksum over its images and labels, and what is known without them.

N images, C channels, H x W pixels.
"""

import hashlib
from dataclasses import replace

import numpy as np

from seedtrial.data.folds import Fold
from seedtrial.data.parts import Parts
from seedtrial.data.reader import Facts


def fingerprint(parts: Parts) -> str:
    """SHA-256 over the shapes, images and labels of all parts: equal for equal data, wherever it came from.

    Groups are part of the data where there are some.

    >>> from seedtrial.data import readers
    >>> fingerprint(readers.read("digits"))[:12]
    'ed44642ab3b1'
    """
    total = hashlib.sha256()
    for split in parts.splits:
        groups = () if split.groups is None else (np.char.encode(split.groups.astype(str), "utf-8"),)
        for array in (split.images, split.labels, *groups):
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def facts_of(parts: Parts) -> Facts:
    """What identifies some images that were read.

    >>> from seedtrial.data import readers
    >>> facts_of(readers.read("digits")).shape
    (1, 8, 8)
    """
    channels, height, width = parts.train.images.shape[1:]
    shape = (channels, height, width)
    return Facts(fingerprint(parts), parts.classes, shape, len(parts.train), len(parts.test))


def in_fold(facts: Facts, fold: Fold) -> Facts:
    """What is known of a data set with a fold as its test part: about so many images, and the same fingerprint.

    >>> from seedtrial.data import readers
    >>> digits = in_fold(facts_of(readers.read("digits")), Fold(number=1, of=5))
    >>> digits.train, digits.test
    (1438, 359)
    """
    total = facts.train + facts.test
    return replace(facts, train=total - total // fold.of, test=total // fold.of)
