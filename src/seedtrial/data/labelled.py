"""Pictures that come one by one, each with its label, as the parts of a data set."""

from collections.abc import Mapping, Sequence

import numpy as np

from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.data.pictures import mixed
from seedtrial.data.splits import parts_of


def labelled_parts(
    rows: Mapping[str, Sequence[tuple[object, np.ndarray]]],
    names: tuple[str, ...],
    origin: str,
    skipped: Sequence[Skipped],
    notes: tuple[str, ...] = (),
) -> Parts:
    """Parts from label and pixels of each picture, part by part; every class is spread evenly over its part.

    names: of the classes, whose numbers the labels are; empty: the labels are the names, numbers in their order first

    >>> picture = np.zeros((1, 2, 2), np.uint8)
    >>> labelled_parts({"train": [("dog", picture), ("cat", picture)] * 5}, (), "here", ()).classes
    ('cat', 'dog')
    """
    present = {str(label).strip() for each in rows.values() for label, _ in each}
    classes = names or tuple(sorted(present, key=_by_number))
    number = {name: position for position, name in enumerate(classes)}
    splits = {}
    for part, each in rows.items():
        pictures: list[list[np.ndarray]] = [[] for _ in classes]
        for label, pixels in each:
            pictures[int(str(label)) if names else number[str(label).strip()]].append(pixels)
        if each:
            splits[part] = Split(part, *mixed(pictures))
    return parts_of(splits, classes, origin, tuple(skipped), notes)


def _by_number(name: str) -> tuple[int, int, str]:
    """Numbers in their order, before words."""
    return (0, int(name), "") if name.isascii() and name.isdigit() else (1, 0, name)
