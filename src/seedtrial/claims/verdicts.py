"""Verdicts on claims. Where a report says that one network is better, the word comes from here."""

import math
from dataclasses import dataclass
from typing import Literal

from seedtrial.claims import comparisons, quantities
from seedtrial.claims.claim import Claim
from seedtrial.claims.comparisons import Comparison, compare, compare_overfitting
from seedtrial.claims.outcome import NO_PAIRS, Found
from seedtrial.claims.quantities import QUANTITIES, Quantity
from seedtrial.evaluation.statistics import holm

ALPHA = 0.05
Word = Literal["supported", "contradicted", "not distinguishable", "not tested"]
Evidence = Comparison | Quantity


@dataclass(frozen=True)
class Verdict:
    """A claim, the word on it, and a sentence with the numbers.

    evidence: what the word was found from; of a best or a worst, one comparison with each other recipe
    p:        p-value of what the sentence tells, adjusted by Holm; None where nothing was tested
    """

    claim: Claim
    word: Word
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    p: float | None = None


def judge(claims: tuple[Claim, ...], found: Found) -> list[Verdict]:
    """A verdict on every claim; p-values are adjusted by Holm for all tests that the claims make together.

    found: label -> seed -> outcome, of every recipe of the study
    """
    gathered = [_evidence(claim, found) for claim in claims]
    rows = [tuple(e for e in each if not isinstance(e, str)) for each in gathered]
    tests = {e.key: e.p for row in rows for e in row if e.p is not None}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    verdicts = []
    for claim, each, row in zip(claims, gathered, rows, strict=True):
        why = next((e for e in each if isinstance(e, str)), None if row else NO_PAIRS)
        if why is not None:
            verdicts.append(Verdict(claim, "not tested", why, row))
            continue
        p_values = [adjusted.get(e.key) for e in row]
        word, decides = _word(claim, row, p_values)
        margin = "" if claim.within is None or word == "not tested" else f" Margin: {claim.within:g} points."
        sentence = _sentence(row[decides], p_values[decides]) + margin + _footnote(row, found, len(tests))
        verdicts.append(Verdict(claim, word, sentence, row, p_values[decides]))
    return verdicts


def _evidence(claim: Claim, found: Found) -> list[Evidence | str]:
    """What bears on a claim, or why it cannot be had."""
    if claim.kind in QUANTITIES:
        return [QUANTITIES[claim.kind](claim, found)]
    others = [claim.b] if claim.b is not None else [label for label in found if label != claim.a]
    if claim.kind == "overfits_less":
        return [compare_overfitting(claim.a, other, found) for other in others]
    return [compare(claim.a, other, found, classes=claim.classes) for other in others]


def _word(claim: Claim, row: tuple[Evidence, ...], p_values: list[float | None]) -> tuple[Word, int]:
    """The word, and which evidence it hangs on."""
    if any(e.n == 1 for e in row):
        return "not tested", 0
    if isinstance(row[0], Quantity):
        if not _sure(p_values[0]):
            return "not distinguishable", 0
        return "supported" if row[0].p_inside < row[0].p_outside else "contradicted", 0
    sign = -1 if claim.kind in ("worst", "overfits_less") else 1  # these say that A has less
    leads = [sign * e.difference.mean for e in row if isinstance(e, Comparison)]
    ahead = [lead > 0 and _sure(p) for lead, p in zip(leads, p_values, strict=True)]
    behind = [lead < 0 and _sure(p) for lead, p in zip(leads, p_values, strict=True)]
    word: Word = "supported" if all(ahead) else "contradicted" if any(behind) else "not distinguishable"
    return word, min(range(len(row)), key=lambda i: leads[i])  # what decides about a best


def _sure(p: float | None) -> bool:
    return p is not None and p < ALPHA


def _footnote(row: tuple[Evidence, ...], found: Found, tests: int) -> str:
    """What a reader of the numbers must know beside them."""
    told = f" p is Holm's, for {tests} comparisons." if tests > 1 and row[0].p is not None else ""
    unpaired = {seed for e in row if e.b is not None for seed in found[e.a].keys() ^ found[e.b].keys()}
    if unpaired:
        names = ", ".join(map(str, sorted(unpaired)))
        told += f" Not compared, since one side has no finished run: seed {names}."
    return told


# Decimals, and what is told of a number above and of one below 0; x is its size.
TOLD: dict[comparisons.Measure | quantities.Measure, tuple[int, str, str]] = {
    "difference of test accuracies": (
        2,
        "{a}'s test accuracy is {x} points higher than {b}'s",
        "{a}'s test accuracy is {x} points lower than {b}'s",
    ),
    "told apart": (
        2,
        "{a} takes {x} points fewer of the test images of {classes} for the other of the two than {b} does",
        "{a} takes {x} points more of the test images of {classes} for the other of the two than {b} does",
    ),
    "rise of validation loss": (
        3,
        "From its lowest epoch to the last, {a}'s validation loss rises by {x} nats more than {b}'s",
        "From its lowest epoch to the last, {a}'s validation loss rises by {x} nats less than {b}'s",
    ),
    "fewer errors": (1, "{a} makes {x} % fewer errors than {b}", "{a} makes {x} % more errors than {b}"),
    "test accuracy": (2, "{a}'s test accuracy is {x} %", ""),
    "training time": (2, "{a} trains {x} times as long as {b}", ""),
    "mistakes within": (1, "{x} % of {a}'s mistakes take a class for another of its group", ""),
}


def _sentence(e: Evidence, p: float | None) -> str:
    """The number, its interval, what it rests on and p."""
    value = e.difference if isinstance(e, Comparison) else e.value
    decimals, positive, negative = TOLD[e.measure]
    ends = (value.low, value.high) if value.mean >= 0 else (-value.high, -value.low)
    x, low, high = (f"{number:.{decimals}f}" for number in (abs(value.mean), *ends))
    classes = " and ".join(e.classes) if isinstance(e, Comparison) else ""
    text = (positive if value.mean >= 0 else negative).format(a=e.a, b=e.b, x=x, classes=classes)
    paired = ", paired" if e.b is not None else ""
    basis = f"{e.n} seeds{paired}" if e.n > 1 else "over test images"
    shown = "" if p is None else "; p < 0.001" if p < 0.001 else f"; p = {p:.3f}"
    text += "." if math.isnan(value.low) else f" (95 % interval {low} to {high}; {basis}{shown})."
    if e.n > 1:
        return text
    alone = (
        "compares two trained networks, not two recipes" if e.b is not None else "is one trained network, not a recipe"
    )
    return f"{text} One seed {alone}: run at least 3."
