"""Verdicts on claims. Where a report says that one network is better, the word comes from here.

The level ALPHA, the words and the correction for several tests are used for people against networks as well.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from seedtrial.claims.contract import ClaimKind
from seedtrial.claims.evidence import Evidence
from seedtrial.claims.observed import NO_PAIRS, JudgedOn, NotTested, Runs
from seedtrial.evaluation.statistics import holm

ALPHA = 0.05
Word = Literal["supported", "contradicted", "not distinguishable", "not tested"]
Test = TypeVar("Test", bound=Hashable)


@dataclass(frozen=True)
class Verdict:
    """A claim, the word on it, and a sentence with the numbers.

    evidence: what the word rests on; for a best or a worst, one comparison with each other recipe
    p:        p-value in the sentence, adjusted for all tests of the study; None where nothing was tested

    >>> from seedtrial import Claim
    >>> claim = Claim.reaches("conv", 90)
    >>> Verdict(claim, "not tested", "It has no finished run.").word
    'not tested'
    """

    claim: ClaimKind
    word: Word
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    p: float | None = None


def word(p: float | None, *, holds: bool) -> Word:
    """The word for an adjusted p-value.

    holds: whether the number speaks for the claim

    >>> word(0.01, holds=True), word(0.01, holds=False), word(0.2, holds=True)
    ('supported', 'contradicted', 'not distinguishable')
    """
    if p is None or p >= ALPHA:
        return "not distinguishable"
    return "supported" if holds else "contradicted"


def adjusted(tests: Mapping[Test, float]) -> dict[Test, float]:
    """p-values adjusted by Holm for all tests of a family.

    >>> adjusted({"a against b": 0.01, "a against c": 0.04})
    {'a against b': 0.02, 'a against c': 0.04}
    """
    return dict(zip(tests, holm(list(tests.values())), strict=True))


def judge(claims: Iterable[ClaimKind], runs: Runs, *, judged_on: JudgedOn = "test") -> list[Verdict]:
    """A verdict on every claim; p-values are adjusted by Holm for all tests that the claims make together.

    runs:      label -> seed -> what the run left, of every recipe of the study
    judged_on: which images the predictions are on, for the sentences

    >>> from seedtrial.claims.claim import Claim
    >>> judge([Claim.reaches("conv", 92)], {"conv": {}})[0].sentence
    'There is no finished run of conv.'
    """
    gathered = [(claim, claim.evidence(runs)) for claim in claims]
    p_values = adjusted(_tests(e for _, each in gathered for e in each if not isinstance(e, NotTested)))
    return [_verdict(claim, each, p_values, runs, judged_on) for claim, each in gathered]


def adjustment_note(verdicts: Sequence[Verdict]) -> str:
    """What a reader must know about the p-values of a list of verdicts; empty where there is one test or none.

    >>> adjustment_note([])
    ''
    """
    tests = len(_tests(e for verdict in verdicts for e in verdict.evidence))
    return f"p-values are adjusted for {tests} comparisons." if tests > 1 else ""


def _tests(evidence: Iterable[Evidence]) -> dict[tuple[object, ...], float]:
    """The p-values of the different tests, each counted once."""
    return {e.key: e.p for e in evidence if e.p is not None}


def _verdict(
    claim: ClaimKind,
    each: Sequence[Evidence | NotTested],
    p_values: Mapping[tuple[object, ...], float],
    runs: Runs,
    judged_on: JudgedOn,
) -> Verdict:
    row = tuple(e for e in each if not isinstance(e, NotTested))
    missing = next((e for e in each if isinstance(e, NotTested)), None if row else NO_PAIRS)
    if missing is not None:
        return Verdict(claim, "not tested", missing.reason, row)
    # The evidence that supports the claim least decides: what is the best must beat the closest of the others.
    support = [e.support(claims_less=claim.claims_less) for e in row]
    one_seed = any(e.value.n == 1 for e in row)
    folds = any(seen.folds for seen in runs[claim.a].values())
    decides = 0 if one_seed else min(range(len(row)), key=lambda i: support[i])
    p = p_values.get(row[decides].key)
    words = [word(p_values.get(e.key), holds=lead > 0) for e, lead in zip(row, support, strict=True)]
    sentence = claim.sentence(row[decides], _tested(row[decides], p, judged_on, folds=folds), judged_on)
    if row[decides].value.n == 1:
        sentence += " With one seed nothing is tested; the numbers are shown. Run at least 3 seeds."
    return Verdict(claim, "not tested" if one_seed else _overall(words), sentence + _unpaired(row, runs), row, p)


def _overall(words: Sequence[Word]) -> Word:
    """One word for a claim that makes several comparisons."""
    if "contradicted" in words:
        return "contradicted"
    return "supported" if set(words) == {"supported"} else "not distinguishable"


def _tested(evidence: Evidence, p: float | None, judged_on: JudgedOn, *, folds: bool) -> str:
    """What an interval rests on, and the p-value."""
    n, paired = evidence.value.n, ", paired" if evidence.b is not None else ""
    basis = f"{n} {'folds' if folds else 'seeds'}{paired}" if n > 1 else f"over {judged_on} images"
    return basis + ("" if p is None else "; p < 0.001" if p < 0.001 else f"; p = {p:.3f}")


def _unpaired(row: Sequence[Evidence], runs: Runs) -> str:
    """Which seeds were left out of the comparisons because one side has no run of them."""
    seeds = sorted({seed for e in row if e.b is not None for seed in runs[e.a].keys() ^ runs[e.b].keys()})
    if not seeds:
        return ""
    if len(seeds) == 1:
        return f" Seed {seeds[0]} is not compared: one side has no finished run of it."
    return f" Seeds {', '.join(map(str, seeds))} are not compared: one side has no finished runs of them."
