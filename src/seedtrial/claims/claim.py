"""Claims: what a study can say about its recipes, for the runs to support or contradict.

A and B are labels of recipes. Accuracies are in per cent, their differences in points.
"""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seedtrial.spec import Spec

Kind = Literal[
    "beats", "beats_by", "equals", "best", "worst", "scores", "reaches",
    "errs_less", "overfits_less", "trains_within", "separates", "confuses",
]  # fmt: skip
NEEDS: dict[Kind, tuple[str, ...]] = {  # beside a
    "beats": ("b",),
    "beats_by": ("b", "low", "high"),
    "equals": ("b", "within"),
    "best": (),
    "worst": (),
    "scores": ("low", "high"),
    "reaches": ("low",),
    "errs_less": ("b", "low", "high"),
    "overfits_less": ("b",),
    "trains_within": ("b", "high"),
    "separates": ("b", "classes"),
    "confuses": ("groups",),
}
Groups = tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...]


class Claim(Spec):
    """Something said about recipes, by their labels, that runs can support or contradict."""

    kind: Kind
    a: str
    b: str | None = Field(None, description="the other recipe; for best and worst, all others")
    within: float | None = Field(None, gt=0, description="for equals: points of accuracy that do not matter")
    low: float | None = Field(None, description="the least that is claimed, in the unit of the kind")
    high: float | None = Field(None, description="the most that is claimed")
    classes: tuple[str, str] | None = Field(None, description="for separates: names of two classes")
    groups: Groups | None = Field(None, min_length=1, description="for confuses: no class in more than one")

    @model_validator(mode="after")
    def _complete(self) -> "Claim":
        settings = ("b", "within", "low", "high", "classes", "groups")
        given = tuple(name for name in settings if getattr(self, name) is not None)
        if given != NEEDS[self.kind]:
            raise ValueError(f"'{self.kind}' needs {_listed(NEEDS[self.kind])}; it has {_listed(given)}.")
        if self.a == self.b:
            raise ValueError(f"'{self.a}' cannot be compared with itself.")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"the least that is claimed should be below the most, not {self.low:g} and {self.high:g}.")
        if self.kind == "trains_within" and self.bounds[1] <= 0:
            raise ValueError(f"the claimed time should be above 0 times the other's, not {self.high:g}.")
        if len(set(self.class_names)) < len(self.class_names):
            raise ValueError(f"a class is named twice in {', '.join(self.class_names)}.")
        return self

    @classmethod
    def beats(cls, a: str, b: str, *, by: tuple[float, float] | None = None) -> "Claim":
        """A has the higher test accuracy; if said, by so many points, from the least to the most."""
        if by is None:
            return cls(kind="beats", a=a, b=b)
        return cls(kind="beats_by", a=a, b=b, low=by[0], high=by[1])

    @classmethod
    def equals(cls, a: str, b: str, *, within: float) -> "Claim":
        """Their test accuracies differ by less than `within` points."""
        return cls(kind="equals", a=a, b=b, within=within)

    @classmethod
    def best(cls, a: str) -> "Claim":
        """A has the highest test accuracy of the study."""
        return cls(kind="best", a=a)

    @classmethod
    def worst(cls, a: str) -> "Claim":
        """A has the lowest test accuracy of the study."""
        return cls(kind="worst", a=a)

    @classmethod
    def scores(cls, a: str, *, low: float, high: float) -> "Claim":
        """A's test accuracy lies between two numbers, in per cent."""
        return cls(kind="scores", a=a, low=low, high=high)

    @classmethod
    def reaches(cls, a: str, low: float) -> "Claim":
        """A's test accuracy is at least `low` per cent."""
        return cls(kind="reaches", a=a, low=low)

    @classmethod
    def errs_less(cls, a: str, b: str, *, by: tuple[float, float]) -> "Claim":
        """A makes fewer errors on the test images than B, by so many per cent of B's, from the least to the most."""
        return cls(kind="errs_less", a=a, b=b, low=by[0], high=by[1])

    @classmethod
    def overfits_less(cls, a: str, b: str) -> "Claim":
        """A's validation loss rises less than B's, from its lowest epoch to the last."""
        return cls(kind="overfits_less", a=a, b=b)

    @classmethod
    def trains_within(cls, a: str, b: str, *, times: float) -> "Claim":
        """A trains at most so many times as long as B, on the same machine."""
        return cls(kind="trains_within", a=a, b=b, high=times)

    @classmethod
    def separates(cls, a: str, b: str, *, classes: tuple[str, str]) -> "Claim":
        """A takes fewer test images of two classes for the other of the two than B does."""
        return cls(kind="separates", a=a, b=b, classes=classes)

    @classmethod
    def confuses(cls, a: str, *groups: tuple[str, ...]) -> "Claim":
        """Most of A's mistakes on the test images take a class for another of the same group."""
        return cls(kind="confuses", a=a, groups=groups)

    @property
    def labels(self) -> tuple[str, ...]:
        """The recipes it names."""
        return (self.a,) if self.b is None else (self.a, self.b)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes it names."""
        return self.classes or tuple(name for group in self.groups or () for name in group)

    @property
    def of_all(self) -> bool:
        """Whether it compares A with every other recipe of the study."""
        return self.kind in ("best", "worst")

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what the number lies that it is about, in the unit of its kind; infinite where it does not say."""
        if self.within is not None:
            return -self.within, self.within
        if self.kind == "confuses":
            return 50.0, math.inf  # per cent: most of them
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    def __str__(self) -> str:
        a, b, between = self.a, self.b, " to ".join(f"{x:g}" for x in (self.low, self.high) if x is not None)
        match self.kind:
            case "beats":
                return f"{a} beats {b}"
            case "beats_by":
                return f"{a} beats {b} by {between} points"
            case "equals":
                return f"{a} equals {b} within {self.within:g} points"
            case "scores":
                return f"{a} scores {between} %"
            case "reaches":
                return f"{a} reaches {between} %"
            case "errs_less":
                return f"{a} makes {between} % fewer errors than {b}"
            case "overfits_less":
                return f"{a} overfits less than {b}"
            case "trains_within":
                return f"{a} trains at most {between} times as long as {b}"
            case "separates":
                return f"{a} separates {' and '.join(self.class_names)} better than {b}"
            case "confuses":
                told = " or ".join(f"{{{', '.join(group)}}}" for group in self.groups or ())
                return f"most of {a}'s mistakes lie within {told}"
        return f"{a} is the {self.kind}"


def _listed(names: tuple[str, ...]) -> str:
    every = ("a", *names)
    return f"{', '.join(every[:-1])} and {every[-1]}" if names else "a alone"
