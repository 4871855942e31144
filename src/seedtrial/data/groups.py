"""Which images belong together: shots of one series, slices of one patient, frames of one film.

A network that trains on some images of a group and is tested on others is tested on what it has seen. So a group is in
one part of the data only: training, validation or test, and in one fold.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from seedtrial.data import near
from seedtrial.data.parts import Parts, Split, joined
from seedtrial.errors import SeedtrialError
from seedtrial.words import counted

ALIKE = "alike"
GROUP = "{group}"
USUAL = tuple(f"{GROUP}{between}*" for between in "_- ")  # patterns that are suggested where they fit
COUNTER = re.compile(r"[^\W\d]{0,8}\d{1,6}")  # what such a name ends with: 3, frame12
EXPECTED = f"expected {ALIKE}, a pattern of file names such as {GROUP}_*, or a column of a table"


def column_of(by: str | None) -> str | None:
    """The column of a table that data.groups names; None where it says something else.

    >>> column_of("patient"), column_of("alike"), column_of("{group}_*")
    ('patient', None, None)
    """
    return None if by is None or by == ALIKE or GROUP in by else by


def grouped(splits: dict[str, Split], by: str, origin: str) -> tuple[dict[str, Split], str]:
    """The splits with the group of every image, and a sentence about the groups.

    by: "alike": images that are nearly the same; or a pattern of file names such as {group}_*. Where all splits have
        groups already, by a column, these are the groups.

    Raises SeedtrialError where nothing can be grouped so, or all images are one group.

    >>> images, labels = np.zeros((4, 1, 2, 2), np.uint8), np.arange(4) % 2
    >>> split = Split("train", images, labels, np.array(["a/tim_1.png", "b/tim_2.png", "a/ann_1.png", "b/ann_2.png"]))
    >>> splits, note = grouped({"train": split}, "{group}_*", "here")
    >>> splits["train"].groups.tolist()
    ['tim', 'tim', 'ann', 'ann']
    >>> note
    'The images form 2 groups (data.groups={group}_*), the largest of 2 images. Intervals over images ignore groups.'
    """
    whole = joined(list(splits.values()), "all")
    if whole.groups is None:
        whole = replace(whole, groups=_alike(whole, origin) if by == ALIKE else _by_name(whole, by, origin))
    assert whole.groups is not None
    sizes = Counter(whole.groups.tolist())
    if len(sizes) == 1:
        raise SeedtrialError(f"data.groups={by} makes one group of all images of {origin}; {EXPECTED}.")
    starts = np.cumsum([0, *(len(split) for split in splits.values())])
    splits = {
        name: replace(split, groups=whole.groups[start : start + len(split)])
        for (name, split), start in zip(splits.items(), starts, strict=False)
    }
    largest = counted(max(sizes.values()), "image")
    return splits, (
        f"The images form {len(sizes):,} groups (data.groups={by}), the largest of {largest}. Intervals over images "
        "ignore groups."
    )


def _alike(whole: Split, origin: str) -> np.ndarray:
    """(N,) text: images that are nearly the same have the number of the first of them."""
    height, width = whole.images.shape[2:]
    if len(whole) > near.MOST or min(height, width) < near.SIDE:
        raise SeedtrialError(
            f"data.groups={ALIKE} compares at most {near.MOST:,} images of at least {near.SIDE} pixels; {origin} has "
            f"{len(whole):,} of {width} x {height}."
        )
    return near.families(near.pairs(whole.images), len(whole)).astype(str)


def _by_name(whole: Split, pattern: str, origin: str) -> np.ndarray:
    """(N,) text: what stands for {group} in each file name; a name that does not fit is a group of its own."""
    if GROUP not in pattern:
        raise SeedtrialError(f"data.groups={pattern} groups nothing in {origin}; {EXPECTED}.")
    if whole.names is None:
        raise SeedtrialError(f"data.groups={pattern} needs pictures with file names, which {origin} does not have.")
    groups = of_names(whole.names.tolist(), pattern)
    if not any(groups):
        example = PurePosixPath(str(whole.names[0])).name
        raise SeedtrialError(f"data.groups={pattern} fits no file name of {origin}, such as {example}.")
    return np.array([group or str(name) for group, name in zip(groups, whole.names, strict=True)])


def of_names(names: Sequence[str], pattern: str) -> list[str | None]:
    """What stands for {group} in each file name; None where the name does not fit. It takes as much as it can.

    >>> of_names(["train/cat/tim_left_3.jpg", "train/cat/7.jpg"], "{group}_*")
    ['tim_left', None]
    >>> of_names(["train/cat/tim_left_3.jpg"], "{group}_*_*")
    ['tim']
    """
    before, after = (".*?".join(map(re.escape, part.split("*"))) for part in pattern.split(GROUP, 1))
    shape = re.compile(f"{before}(.+){after}", re.DOTALL)
    matches = [shape.fullmatch(PurePosixPath(name).stem) for name in names]
    return [match[1] if match else None for match in matches]


def suggestion(split: Split, classes: int) -> str:
    """A sentence that names a pattern if file names look as if they had groups, else nothing.

    Nine names in ten end with a number, at least half of the images share what stands before it, and there are more
    groups than a name for each class.

    >>> names = np.array([f"a/{who}_{shot}.png" for who in ("tim", "ann", "eva", "bo") for shot in range(3)])
    >>> split = Split("train", np.zeros((12, 1, 2, 2), np.uint8), np.arange(12) % 2, names)
    >>> suggestion(split, 2)
    'File names look like 4 groups, such as tim with 3 images; data.groups={group}_* keeps each in one part.'
    """
    if split.names is None:
        return ""
    names = split.names.tolist()
    for pattern in USUAL:
        groups = of_names(names, pattern)
        ends = [PurePosixPath(name).stem[len(group) + 1 :] for name, group in zip(names, groups, strict=True) if group]
        sizes = Counter(group for group in groups if group)
        shared = sum(size for size in sizes.values() if size > 1)
        if sum(bool(COUNTER.fullmatch(end)) for end in ends) < 0.9 * len(names):
            continue
        if len(sizes) >= 2 * classes and shared >= len(names) / 2:
            group, size = sizes.most_common(1)[0]
            return (
                f"File names look like {len(sizes):,} groups, such as {group} with {counted(size, 'image')}; "
                f"data.groups={pattern} keeps each in one part."
            )
    return ""


def group_notes(parts: Parts, twins: near.Twins) -> Iterator[str]:
    """Where images seem to belong together, and what keeps them in one part, a sentence each.

    >>> from seedtrial.data.readers import read
    >>> list(group_notes(read("digits"), near.Twins(0, 0)))
    []
    """
    alone = parts.train.groups is None
    if twins.images:
        yield f"{twins}{f' data.groups={ALIKE} keeps them in one part.' if alone else ''}"
    named = suggestion(parts.train, len(parts.classes))
    if named and alone:
        yield named


def count(parts: Parts) -> int | None:
    """The number of groups of all parts; None where each image stands alone.

    >>> images, labels = np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 1])
    >>> train = Split("train", images, labels, groups=np.array(["a", "b", "b"]))
    >>> test = Split("test", images[:1], labels[:1], groups=np.array(["c"]))
    >>> count(Parts(train, test, ("cat", "dog"), "here"))
    3
    """
    groups = [split.groups for split in parts.splits if split.groups is not None]
    return len(np.unique(np.concatenate(groups))) if groups else None


def apart(parts: Parts) -> Parts:
    """The parts of a source without the images to train on that belong to a group in validation or test.

    The test part stays as it is, and validation loses the groups of the test part.

    >>> images, labels = np.zeros((4, 1, 2, 2), np.uint8), np.arange(4) % 2
    >>> train = Split("train", images, labels, groups=np.array(["a", "a", "b", "c"]))
    >>> test = Split("test", images[:2], labels[:2], groups=np.array(["c", "d"]))
    >>> parts = apart(Parts(train, test, ("cat", "dog"), "here"))
    >>> len(parts.train), parts.notes
    (3, ('1 image to train or validate on is left out, since another of its group is in a later part.',))
    """
    if any(split.groups is None for split in parts.splits):
        return parts
    validation = parts.validation and without_groups(parts.validation, [parts.test])
    others = [parts.test] if validation is None else [parts.test, validation]
    train = without_groups(parts.train, others)
    if not len(train):
        raise SeedtrialError(f"All training images of {parts.origin} belong to groups of other parts.")
    gone = sum(map(len, parts.splits)) - len(train) - sum(map(len, others))
    if not gone:
        return parts
    several = (
        "are left out, since others of their groups are" if gone > 1 else "is left out, since another of its group is"
    )
    note = f"{counted(gone, 'image')} to train or validate on {several} in a later part."
    validation = validation if validation is not None and len(validation) else None
    return replace(parts, train=train, validation=validation, notes=(*parts.notes, note))


def without_groups(split: Split, others: Sequence[Split]) -> Split:
    """The images of a split that belong to no group of the others; all of them where images have no groups.

    >>> images, labels = np.zeros((2, 1, 2, 2), np.uint8), np.arange(2)
    >>> train, test = (Split("train", images, labels, groups=np.array(list(names))) for names in ("ab", "bc"))
    >>> without_groups(train, [test]).groups.tolist()
    ['a']
    """
    taken = [other.groups for other in others if other.groups is not None]
    if split.groups is None or not taken:
        return split
    return split.take(np.flatnonzero(~np.isin(split.groups, np.concatenate(taken))), split.name)
