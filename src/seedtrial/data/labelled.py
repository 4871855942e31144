"""Pictures that come one by one, each with its label, as the parts of a data set."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seedtrial.data.parts import Parts, Skipped
from seedtrial.data.pictures import mixed
from seedtrial.data.splits import parts_of


class Labelled(NamedTuple):
    """One picture with its label; where they are known, the name of its file and the group that it belongs to.

    >>> Labelled("cat", np.zeros((1, 2, 2), np.uint8)).group is None
    True
    """

    label: object
    pixels: np.ndarray
    name: str | None = None
    group: str | None = None


def labelled_parts(
    rows: Mapping[str, Sequence[Labelled]],
    names: tuple[str, ...],
    origin: str,
    skipped: Sequence[Skipped],
    notes: tuple[str, ...] = (),
    groups: str | None = None,
) -> Parts:
    """Parts from labelled pictures, part by part; every class is spread evenly over its part.

    names:  of the classes, whose numbers the labels are; empty: the labels are the names, numbers in their order first
    groups: what belongs together, as `grouped` takes it

    >>> picture = np.zeros((1, 2, 2), np.uint8)
    >>> labelled_parts({"train": [Labelled("dog", picture), Labelled("cat", picture)] * 5}, (), "here", ()).classes
    ('cat', 'dog')
    """
    present = {str(label).strip() for each in rows.values() for label, *_ in each}
    classes = names or tuple(sorted(present, key=_by_number))
    number = {name: position for position, name in enumerate(classes)}
    splits = {}
    for part, each in rows.items():
        pictures: list[list[Labelled]] = [[] for _ in classes]
        for picture in each:
            label = str(picture.label).strip()
            pictures[int(label) if names else number[label]].append(picture)
        if each:
            splits[part] = mixed(
                part,
                [[picture.pixels for picture in of_class] for of_class in pictures],
                names=_known([[picture.name for picture in of_class] for of_class in pictures]),
                groups=_known([[picture.group for picture in of_class] for of_class in pictures]),
            )
    return parts_of(splits, classes, origin, tuple(skipped), notes, groups)


def _known(each: list[list[str | None]]) -> list[list[str]] | None:
    """The texts where all are known, else None."""
    known = [[text for text in texts if text is not None] for texts in each]
    return known if list(map(len, known)) == list(map(len, each)) else None


def _by_number(name: str) -> tuple[int, int, str]:
    """Numbers in their order, before words."""
    return (0, int(name), "") if name.isascii() and name.isdigit() else (1, 0, name)
