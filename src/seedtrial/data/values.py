"""A look at the values behind every reader: what would be trained on black, white or contradictory images says so."""

from collections.abc import Iterator

import numpy as np

from seedtrial.data import duplicates
from seedtrial.data.parts import Parts, Split
from seedtrial.words import counted

LOOKED_AT = 2_000  # training images, spread evenly over the part
NARROW = 32  # of 256 values: real pictures span more, even dark ones
FEW = 0.05  # share of images of one colour from which they are named


def value_notes(parts: Parts) -> tuple[str, ...]:
    """What is odd about the images of a source, a sentence each with the numbers and what helps.

    >>> dark = Split("train", np.tile(np.arange(3, dtype=np.uint8), (4, 1, 2, 1)), np.array([0, 1, 0, 1]))
    >>> print(*value_notes(Parts(dark, dark, ("a", "b"), "here")), sep="\\n")
    All pixels lie between 0 and 2 of 0 to 255: if 2 means white, set data.range=[0,2] (pictures of 16 bits: [0,767]).
    4 training images have an exact duplicate in another class, so no network can get both right.
    """
    return (*_range_notes(parts.train), *_contradictions(parts.train))


def _range_notes(train: Split) -> Iterator[str]:
    every = max(1, len(train) // LOOKED_AT)
    images = train.images[::every]
    low, high = int(images.min()), int(images.max())
    if low == high:
        yield (
            f"Every pixel of the {len(images):,} training images looked at is {low}: there is nothing to learn from. "
            "If the files hold other values, set the range, such as data.range=[0,1], or for 16 bits [0,255] "
            f"or [0,4095]{_ground(low)}."
        )
        return
    if high - low < NARROW:
        bright = f"if {high} means white, set data.range=[{low},{high}]"
        deep = f" (pictures of 16 bits: [{256 * low},{256 * high + 255}])"
        yield f"All pixels lie between {low} and {high} of 0 to 255: {bright}{deep}."
    flat = images.reshape(len(images), -1)
    plain = flat.min(axis=1) == flat.max(axis=1)
    if plain.mean() > FEW:
        value = int(flat[plain.argmax(), 0])
        yield f"{plain.mean():.0%} of the training images are of one colour, such as all {value}{_ground(value)}."


def _ground(value: int) -> str:
    """What helps where ink and what lies behind it have one colour."""
    other = {255: "black", 0: "white"}.get(value)
    return f"; where pictures are drawn on a transparent ground, set data.background={other}" if other else ""


def _contradictions(train: Split) -> Iterator[str]:
    """Images that are equal in every pixel and differ in class."""
    keys = duplicates.keys(train.images)  # about 0.1 s for Fashion-MNIST
    _, group, size = np.unique(keys, return_inverse=True, return_counts=True)
    twins = 0
    for number in np.flatnonzero(size > 1):  # few, unless somebody has the same pictures twice
        members = np.flatnonzero(group == number)
        equal = members[(train.images[members] == train.images[members[0]]).all(axis=(1, 2, 3))]
        twins += len(equal) if len(set(train.labels[equal].tolist())) > 1 else 0
    if twins:
        images = counted(twins, "training image")
        yield f"{images} have an exact duplicate in another class, so no network can get both right."
