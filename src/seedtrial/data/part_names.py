"""What people call the training, validation and test parts of their data: train, Valid, test_set, seg_test."""

import re
from collections.abc import Iterable

WORDS = {
    "train": ("train", "training", "trainset"),
    "validation": ("val", "valid", "validation", "validate", "dev", "eval", "evaluation", "valset"),
    "test": ("test", "testing", "testset", "holdout"),
}
FILLERS = ("set", "data", "dataset", "part", "split", "folder", "images", "image", "imgs", "img", "pictures", "photos")


def part_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The part that a name stands for, and the other words in it; None where it names none, or two.

    >>> part_of("Training_Set"), part_of("seg_test"), part_of("02 hold-out"), part_of("cats")
    (('train', ()), ('test', ('seg',)), ('test', ()), None)
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"hold[ _-]out", "holdout", name.lower()))
    found = [(part, word) for part, known in WORDS.items() for word in words if word in known]
    if len(found) != 1:
        return None
    ((part, said),) = found
    return part, tuple(word for word in words if word != said and word not in FILLERS)


def by_part(names: Iterable[str]) -> dict[str, list[str]]:
    """The names of each part. Those of one data set have the same other words: seg_train and seg_test, not my_test.

    A bare name comes before a longer one: beside `test`, `test1` is no part.

    >>> by_part(["train", "test", "test1", "other"])
    {'train': ['train'], 'test': ['test']}
    """
    parsed = {name: part_of(name) for name in names}
    others = {found[1] for found in parsed.values() if found is not None and found[0] == "train"}
    shared = () if () in others or len(others) != 1 else others.pop()
    named = {part: [name for name, found in parsed.items() if found == (part, shared)] for part in WORDS}
    bare = {word for words in WORDS.values() for word in words}
    return {part: [name for name in each if name.lower() in bare] or each for part, each in named.items() if each}
