"""A data set ready for an experiment: open training and validation images, a sealed test part."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from seedtrial.data import duplicates, folds, near, readers
from seedtrial.data.fingerprint import facts_of, in_fold
from seedtrial.data.folds import Fold
from seedtrial.data.groups import apart, count, group_notes, without_groups
from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.data.reader import Facts, Form
from seedtrial.data.seal import Sealed
from seedtrial.data.splits import Validation, divide, held_out, listed
from seedtrial.data.values import value_notes
from seedtrial.errors import SeedtrialError
from seedtrial.spec import Count, Spec, Unit


def _as_text(value: object) -> object:
    """A number as the text that a column's header has: --set data.label=3 is read as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class DataSpec(Spec):
    """Which images, how they are split, and how pixels become numbers.

    >>> DataSpec(source="digits", limit=100).scaling
    'unit'
    """

    source: str = Field(
        "fashion-mnist", examples=["digits"], description="a built-in data set, or the path of a folder or file"
    )
    size: Annotated[Annotated[Count, Field(le=2048)] | None, Unit("pixels")] = Field(
        None,
        examples=[64],
        description="side in pixels of the square that pictures are resized to; None: all have the same size already",
    )
    channels: Literal[1, 3] | None = Field(None, description="pictures only: 1 grey, 3 colour; None: 3")
    range: tuple[float, float] | None = Field(
        None,
        examples=[(0, 1)],
        description="the files' values that become black and white, such as [0,1]; None: 0 to 255",
    )
    background: Literal["white", "black"] | None = Field(
        None, examples=["black"], description="colour behind transparent pixels of pictures; None: white"
    )
    fit: Literal["crop", "pad"] | None = Field(
        None,
        examples=["pad"],
        description="how pictures become squares of data.size: crop to the middle, or pad with data.background, "
        "so that nothing is lost; None: crop",
    )
    label: Annotated[str, BeforeValidator(_as_text)] | None = Field(
        None, examples=["species"], description="tables only: the column of labels; None: found by its usual names"
    )
    links: Literal[True] | None = Field(
        None, description="true: links that lead out of a folder of pictures are followed; None: they are refused"
    )
    groups: Annotated[str, BeforeValidator(_as_text)] | None = Field(
        None,
        examples=["alike"],
        description="images that belong together stay in one part: alike (nearly the same), a pattern of file names "
        "such as {group}_*, or a table's column; None: each image stands alone",
    )
    validation: Validation | None = Field(
        Validation(),
        examples=[{"take": "last", "size": 1000}],
        description="which training images become validation images; None: none of them; ignored if the source has a "
        "validation part",
    )
    limit: Annotated[Count | None, Unit("images")] = Field(
        None, examples=[1000], description="train on only this many images, the first ones"
    )
    scaling: Literal["unit", "standard"] = Field(
        "unit", description="unit: pixels / 255; standard: mean 0 and deviation 1 over the training images, per channel"
    )
    fold: Fold | None = Field(
        None,
        examples=[{"number": 1, "of": 5}],
        description="the test part is this fold of all images; a study with folds sets it for each run",
    )
    whole: Literal[True] | None = Field(
        None,
        description="true: train on the test part too, for the network to use after its recipe was judged in folds; no "
        "test images are left",
    )

    @property
    def form(self) -> Form:
        """What the files' own values and names become."""
        return Form(
            self.size, self.channels, self.range, self.background, self.label, self.links, self.groups, self.fit
        )

    def in_fold(self, fold: Fold | None) -> "DataSpec":
        """The same images, with a fold as the test part; None: the source's own test part."""
        return self if fold == self.fold else self.model_copy(update={"fold": fold})

    @model_validator(mode="after")
    def _check_range(self) -> "DataSpec":
        if self.fit is not None and self.size is None:
            raise ValueError(f"fit='{self.fit}' says how pictures become squares of data.size; set data.size too.")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"expected a low and a higher value, such as [0,1], not {list(self.range)}.")
        if self.whole and self.fold:
            raise ValueError("whole=true leaves no test part, but fold chooses one; set only one of them.")
        return self


@dataclass(frozen=True, repr=False)
class Dataset:
    """Open training and validation images, and a sealed test part.

    origin:     where the bytes came from
    duplicates: number of images of the second split that are in the first too, e.g. {"train/test": 1}
    twins:      number of images that are nearly the same as another one
    groups:     number of groups of images that belong together; None where each image stands alone
    skipped:    files of the source that could not be used, and why
    notes:      what the user may want to know about the data, a sentence each

    >>> load("digits").duplicates
    {'train/validation': 0, 'train/test': 0, 'validation/test': 0}
    """

    name: str
    facts: Facts
    origin: str
    train: Split
    validation: Split | None
    test: Sealed
    duplicates: dict[str, int]
    twins: int = 0
    groups: int | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        counts = ", ".join(f"{sum(numbers):,} {name}" for name, numbers in self.counts().items())
        return f"Dataset({self.name}: {counts} images, {len(self.classes)} classes)"

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the labels."""
        return self.facts.classes

    def counts(self) -> dict[str, list[int]]:
        """Images per class in each split; this is all that a sealed test part shows."""
        open_splits = [split for split in (self.train, self.validation) if split is not None]
        counts = {s.name: np.bincount(s.labels, minlength=len(self.classes)).tolist() for s in open_splits}
        return counts | {"test": list(self.test.counts)}


def load(spec: DataSpec | str = "fashion-mnist", *, data_dir: Path | None = None) -> Dataset:
    """A data set, verified and split, with its test part sealed.

    spec:     a DataSpec, or a name or path for one with the defaults
    data_dir: a folder with the files of a built-in data set; it is then not looked for elsewhere

    Raises SeedtrialError when the data set cannot be found, is damaged, or cannot be split as asked.

    >>> digits = load("digits")
    >>> len(digits.train), len(digits.validation), len(digits.test)
    (1293, 144, 360)
    """
    spec = DataSpec(source=spec) if isinstance(spec, str) else spec
    return Source.read(spec, data_dir=data_dir).dataset(spec)


class Source:
    """All images of a source, read once, from which data sets are cut.

    What it holds is out of reach: the images come out as a `Dataset`, whose test part is sealed.

    >>> digits = Source.read(DataSpec(source="digits"))
    >>> fold = digits.dataset(DataSpec(source="digits", fold=Fold(number=5, of=5)))
    >>> len(fold.train), len(fold.validation), len(fold.test)
    (1294, 144, 359)
    """

    def __init__(self, name: str, parts: Parts, facts: Facts, known: Facts | None) -> None:
        self.__parts = parts
        self.__whole: tuple[Validation | None, Split, Split | None] | None = None
        self.__seen: dict[bool, tuple[near.Twins, tuple[str, ...]]] = {}
        self.name, self.facts, self._known = name, facts, known

    @classmethod
    def read(cls, spec: DataSpec, *, data_dir: Path | None = None) -> "Source":
        """Read and verify; spec.validation, limit and fold have no effect yet. Raises as `load` does."""
        name, data_dir = readers.resolved(spec.source, data_dir)
        parts = readers.read(name, data_dir, spec.form)
        facts = facts_of(parts)
        known = readers.reader_for(name).facts
        if known is not None and facts.fingerprint != known.fingerprint:
            raise SeedtrialError(f"'{name}' from {parts.origin} is not the version that seedtrial knows.")
        return cls(name, parts, facts, known)

    def dataset(self, spec: DataSpec) -> Dataset:
        """The images as a specification cuts them. Raises SeedtrialError when they cannot be split as asked."""
        parts, train, validation = self.__cut(spec)
        test = parts.test.take(slice(0), "test") if spec.whole else parts.test
        splits = [split for split in (train, validation, test) if split is not None]
        twins, odd = self.__look(parts, folded=spec.fold is not None)
        return Dataset(
            name=self.name,
            facts=facts_for(spec, self.facts),
            origin=parts.origin,
            train=train,
            validation=validation,
            test=Sealed(test, classes=len(parts.classes), fingerprint=self.facts.fingerprint),
            duplicates=duplicates.shared({split.name: split.images for split in splits}),
            twins=twins.images,
            groups=count(parts),
            skipped=parts.skipped,
            notes=(
                *_name_notes(self.name, self._known),
                *parts.notes,
                *odd,
                *_left_out(train, parts.classes),
            ),
        )

    def __look(self, parts: Parts, *, folded: bool) -> tuple[near.Twins, tuple[str, ...]]:
        """What is odd about the images. It takes seconds, so of folds it is that of the first one."""
        if folded not in self.__seen:
            twins = near.twins(parts)
            self.__seen[folded] = twins, (*value_notes(parts), *group_notes(parts, twins))
        return self.__seen[folded]

    def facts_of(self, spec: DataSpec) -> Facts:
        """What identifies the images as a specification cuts them. Raises as `dataset` does."""
        self.__cut(spec)
        return facts_for(spec, self.facts)

    def __cut(self, spec: DataSpec) -> tuple[Parts, Split, Split | None]:
        """The parts, with a fold as the test part where one is asked for; the training and the validation images."""
        parts = self.__parts
        if spec.fold is not None:
            fixed = spec.validation if spec.validation and spec.validation.fixed else None
            if self.__whole is None or self.__whole[0] != fixed:
                train, kept = divide(parts, fixed, None)
                self.__whole = fixed, folds.whole(train, parts.test), kept
            _, every, kept = self.__whole
            train, test = folds.cut(every, spec.fold, parts.classes, parts.origin)
            parts = replace(parts, train=train, test=test, validation=kept)
        if spec.whole:
            train, kept = divide(parts, spec.validation, None)
            every = without_groups(folds.whole(train, parts.test), [kept] if kept is not None else [])
            return parts, every.take(slice(spec.limit), "train"), kept
        parts = apart(parts)
        return parts, *divide(parts, spec.validation, spec.limit)


def facts_for(spec: DataSpec, facts: Facts) -> Facts:
    """What is known of a data set as a specification cuts it. facts: of the source, with its own parts

    >>> facts_for(DataSpec(whole=True), facts(DataSpec(source="digits"))).test
    0
    """
    if spec.whole:
        return replace(facts, train=facts.train + facts.test, test=0)
    return facts if spec.fold is None else in_fold(facts, spec.fold)


def _name_notes(source: str, known: Facts | None) -> Iterator[str]:
    if known is not None and Path(source).exists():
        yield f"'{source}' is the built-in data set; for the folder of that name say ./{source}."


def _left_out(train: Split, classes: tuple[str, ...]) -> Iterator[str]:
    """The classes that validation and limit leave without a training image."""
    counts = np.bincount(train.labels, minlength=len(classes))
    gone = [name for name, count in zip(classes, counts, strict=True) if not count]
    if gone:
        yield f"No training image of {listed(gone)} is left after validation and limit: no network can learn it."


def facts(spec: DataSpec, *, data_dir: Path | None = None) -> Facts:
    """What identifies the data; a built-in data set is not read for it.

    >>> facts(DataSpec(source="digits")).shape
    (1, 8, 8)
    """
    source, _ = readers.resolved(spec.source, data_dir)
    reader = readers.reader_for(source)
    if reader.facts is not None:
        reader.check(source, None, spec.form)
        if spec.fold is None and spec.validation is not None:
            held_out(np.zeros(reader.facts.train, np.int64), spec.validation)  # refuses what leaves nothing to train on
        return facts_for(spec, reader.facts)
    return Source.read(spec, data_dir=data_dir).facts_of(spec)
