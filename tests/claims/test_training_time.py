"""Training times as multiples of another recipe's."""

import pytest

from made_up import the_evidence, the_verdict, timed
from seedtrial.claims.claim import Claim


@pytest.mark.parametrize("times, word", [(1.6, "supported"), (1.4, "contradicted"), (1.51, "not distinguishable")])
def test_a_training_takes_at_most_so_many_times_as_long(times: float, word: str) -> None:
    runs = {"a": timed(15, 15.1, 15.2), "b": timed(10, 10.2, 10.1)}
    verdict = the_verdict(Claim.trains_within("a", "b", times=times), runs)
    assert verdict.word == word
    assert verdict.sentence.startswith("a trains 1.50 times as long as b (95 % interval 1.4")
    assert "3 seeds, paired" in verdict.sentence


def test_times_are_the_processors_where_both_have_them() -> None:
    claim = Claim.trains_within("a", "b", times=2)
    whole = {"a": timed(9, 9, processor=(3, 3)), "b": timed(1, 1, processor=(2, 2))}
    half = {"a": timed(9, 9, processor=(3, 3)), "b": timed(1, 1)}
    assert the_evidence(claim, whole).value.mean == pytest.approx(1.5)
    assert the_evidence(claim, half).value.mean == pytest.approx(9)


def test_times_of_different_machines_are_not_compared() -> None:
    runs = {"a": timed(15, 15, 15), "b": timed(10, 10, 10, threads=1)}
    verdict = the_verdict(Claim.trains_within("a", "b", times=2), runs)
    assert verdict.word == "not tested"
    assert verdict.sentence.startswith("The runs were made on different machines or with different numbers of threads")
