"""Claims and the verdicts on them. Where a report says that one network is better, the word comes from here."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from lookbook.evaluation.predictions import Predictions
from lookbook.evaluation.statistics import Spread, combine, holm, mcnemar, mean_is_zero, paired, tail
from lookbook.spec import Spec

ALPHA = 0.05
Word = Literal["supported", "contradicted", "not distinguishable", "not tested"]
Found = Mapping[str, Mapping[int, Predictions]]  # recipe label -> seed -> predictions on the test images


class Claim(Spec):
    """Something said about recipes, by their labels, that runs can support or contradict."""

    kind: Literal["beats", "equals", "best"]
    a: str
    b: str | None = Field(None, description="the other recipe; for best, all others")
    within: float | None = Field(None, gt=0, description="for equals: points of accuracy that do not matter")

    @model_validator(mode="after")
    def _complete(self) -> "Claim":
        if (self.b is None) != (self.kind == "best"):
            raise ValueError("'beats' and 'equals' need a and b; 'best' needs a alone.")
        if (self.within is None) == (self.kind == "equals"):
            raise ValueError("'equals' needs `within`, in points; the others do not take it.")
        if self.a == self.b:
            raise ValueError(f"'{self.a}' cannot be compared with itself.")
        return self

    @classmethod
    def beats(cls, a: str, b: str) -> "Claim":
        """A has the higher test accuracy."""
        return cls(kind="beats", a=a, b=b)

    @classmethod
    def equals(cls, a: str, b: str, *, within: float) -> "Claim":
        """Their test accuracies differ by less than `within` points."""
        return cls(kind="equals", a=a, b=b, within=within)

    @classmethod
    def best(cls, a: str) -> "Claim":
        """A has the highest test accuracy of the study."""
        return cls(kind="best", a=a)

    def __str__(self) -> str:
        if self.kind == "beats":
            return f"{self.a} beats {self.b}"
        if self.kind == "equals":
            return f"{self.a} equals {self.b} within {self.within:g} points"
        return f"{self.a} is the best"


@dataclass(frozen=True)
class Comparison:
    """A against B on the same test images, paired by seed.

    difference: of accuracies, A - B in points (100 x share), over seeds; with one seed, n is 1 and the interval is
                that over the test images
    image_error: standard error of the difference over test images, in points
    p_seeds:    that the mean difference over seeds is 0 (Student's t); None with one seed
    p_images:   that both are right equally often on the test images (McNemar's exact test, seeds combined)
    """

    a: str
    b: str
    difference: Spread
    image_error: float
    p_seeds: float | None
    p_images: float

    @property
    def p(self) -> float:
        """The larger of both: a difference must outlast another seed *and* another test set."""
        return max(self.p_images, self.p_seeds or 0.0)


@dataclass(frozen=True)
class Verdict:
    """A claim, the word on it, and a sentence with the numbers."""

    claim: Claim
    word: Word
    sentence: str
    comparisons: tuple[Comparison, ...] = ()


def compare(a: str, b: str, found: Found) -> Comparison | None:
    """A against B over the seeds that both have; None when there is none."""
    seeds = sorted(found.get(a, {}).keys() & found.get(b, {}).keys())
    if not seeds:
        return None
    if any(not np.array_equal(found[a][seed].labels, found[b][seed].labels) for seed in seeds):
        return None  # other test images: there is nothing to pair
    right = [(found[a][seed].right, found[b][seed].right) for seed in seeds]
    p_images = combine([mcnemar(x, y) for x, y in right])
    each = 100 * np.mean([x.astype(float) - y for x, y in right], axis=0)  # (N,) points, mean over seeds
    image_error = float(each.std(ddof=1)) / math.sqrt(len(each))
    accuracies = ([100 * x.mean() for x, _ in right], [100 * y.mean() for _, y in right])
    difference = paired(*accuracies, resolution=100 / len(each))
    if len(seeds) == 1:
        half = 1.96 * image_error
        single = Spread(1, difference.mean, math.nan, difference.mean - half, difference.mean + half)
        return Comparison(a, b, single, image_error, None, p_images)
    return Comparison(a, b, difference, image_error, mean_is_zero(difference), p_images)


def judge(claims: tuple[Claim, ...], found: Found) -> list[Verdict]:
    """A verdict on every claim; p-values are adjusted by Holm for all comparisons that the claims make together.

    found: label -> seed -> Predictions on the test images, of every recipe of the study
    """
    compared = [[compare(claim.a, other, found) for other in _others(claim, found)] for claim in claims]
    rows = [tuple(c for c in row if c is not None) for row in compared]
    tests = {_test(claim, c): _p(claim, c) for claim, row in zip(claims, rows, strict=True) for c in row}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    verdicts = []
    for claim, row, complete in zip(claims, rows, map(all, compared), strict=True):
        p_values = [adjusted[_test(claim, c)] for c in row]
        if not row or not complete:
            why = "There are no finished runs with the same seed and the same test images on both sides."
            verdicts.append(Verdict(claim, "not tested", why, row))
        else:
            verdict = _verdict(claim, row, p_values)
            verdicts.append(replace(verdict, sentence=verdict.sentence + _footnote(row, found, len(tests))))
    return verdicts


def _test(claim: Claim, c: Comparison) -> tuple[str, str, float | None]:
    """What is tested; two claims that test the same thing make one test."""
    first, second = sorted((c.a, c.b))
    return first, second, claim.within


def _footnote(row: tuple[Comparison, ...], found: Found, tests: int) -> str:
    """What a reader of the numbers must know beside them."""
    told = f" p is Holm's, for {tests} comparisons." if tests > 1 else ""
    unpaired = {seed for c in row for seed in found[c.a].keys() ^ found[c.b].keys()}
    if unpaired:
        names = ", ".join(map(str, sorted(unpaired)))
        told += f" Not compared, since one side has no finished run: seed {names}."
    return told


def _others(claim: Claim, found: Found) -> list[str]:
    return [claim.b] if claim.b is not None else [label for label in found if label != claim.a]


def _verdict(claim: Claim, row: tuple[Comparison, ...], p_values: list[float]) -> Verdict:
    if any(c.difference.n == 1 for c in row):
        return Verdict(claim, "not tested", _sentence(row[0], p_values[0]), row)
    if claim.kind == "equals":
        return _equality(claim, row[0], p_values[0])
    ahead = [c.difference.mean > 0 and p < ALPHA for c, p in zip(row, p_values, strict=True)]
    behind = [c.difference.mean < 0 and p < ALPHA for c, p in zip(row, p_values, strict=True)]
    word: Word = "supported" if all(ahead) else "contradicted" if any(behind) else "not distinguishable"
    closest = min(range(len(row)), key=lambda i: row[i].difference.mean)  # what decides about a best
    return Verdict(claim, word, _sentence(row[closest], p_values[closest]), row)


def _equality(claim: Claim, c: Comparison, p: float) -> Verdict:
    equal, apart = _equality_p(claim, c)
    word: Word = "not distinguishable" if p >= ALPHA else "supported" if equal < apart else "contradicted"
    return Verdict(claim, word, f"{_sentence(c, p)} Margin: {claim.within:g} points.", (c,))


def _p(claim: Claim, c: Comparison) -> float:
    """The p-value with which a comparison counts among all that are made."""
    return min(_equality_p(claim, c)) if claim.kind == "equals" else c.p


def _equality_p(claim: Claim, c: Comparison) -> tuple[float, float]:
    """p-values against being apart by more than the margin, and against being within it.

    Two one-sided tests with the larger of the two errors, over seeds and over images.

    Source: Schuirmann 1987, A comparison of the two one-sided tests procedure.
    """
    assert claim.within is not None
    d = c.difference
    error = max(d.sd / math.sqrt(d.n), c.image_error) if d.n > 1 else c.image_error
    freedom = d.n - 1 if d.n > 1 else math.inf
    p_equal = tail(claim.within - abs(d.mean), error=error, freedom=freedom)
    p_apart = sum(tail(abs(d.mean) + side, error=error, freedom=freedom) for side in (-claim.within, claim.within))
    return p_equal, p_apart


def _sentence(c: Comparison, p: float) -> str:
    d = c.difference
    way = "higher" if d.mean >= 0 else "lower"
    low, high = sorted((d.low, d.high)) if d.mean >= 0 else sorted((-d.low, -d.high))
    basis = f"{d.n} seeds, paired" if d.n > 1 else "over test images"
    shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return (
        f"{c.a}'s test accuracy is {abs(d.mean):.2f} points {way} than {c.b}'s "
        f"(95 % interval {low:.2f} to {high:.2f}; {basis}; {shown})."
        + ("" if d.n > 1 else " One seed compares two trained networks, not two recipes: run at least 3.")
    )
