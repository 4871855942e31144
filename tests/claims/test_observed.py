"""What a run leaves for claims, and which runs can be paired."""

import math

import numpy as np
import pytest

from made_up import observed, the_verdict, wrong_on
from seedtrial.claims.claim import Claim
from seedtrial.claims.contract import ClaimKind
from seedtrial.claims.differences import compare_recipes
from seedtrial.claims.evidence import Comparison
from seedtrial.claims.observed import NO_PAIRS, Observed, observe
from seedtrial.runs.trained import Run


def test_what_a_run_left_is_what_its_folder_says(examined: Run) -> None:
    left = observe(examined)
    assert left.classes == examined.facts.classes
    assert left.predictions is examined.predictions["test"]
    assert left.val_losses == tuple(epoch.val_loss for epoch in examined.epochs) and len(left.val_losses) == 2
    assert left.training_seconds == examined.metrics.seconds.training
    assert left.processor_seconds == examined.metrics.seconds.processor and math.isfinite(left.processor_seconds)
    assert left.machine == (examined.machine.processor, None, examined.machine.engine.threads)


def test_only_seeds_that_both_have_are_compared() -> None:
    runs = {"a": wrong_on(50, 50, 50), "b": {seed: run for seed, run in wrong_on(60, 60, 60).items() if seed}}
    comparison = compare_recipes("a", "b", runs)
    assert isinstance(comparison, Comparison)
    assert comparison.difference.n == 2


def test_answers_on_other_images_are_not_compared() -> None:
    other = {seed: observed(np.zeros(1000, np.int64), np.ones(1000, np.int64)) for seed in range(2)}
    assert compare_recipes("a", "b", {"a": wrong_on(5, 5), "b": other}) == NO_PAIRS


@pytest.mark.parametrize("b", [{}, {7: wrong_on(5)[0]}], ids=["no runs", "other seeds"])
@pytest.mark.parametrize(
    "claim", [Claim.beats("a", "b"), Claim.equals("a", "b", within=1), Claim.best("a")], ids=lambda c: c.kind
)
def test_what_has_no_runs_to_compare_is_not_tested(claim: ClaimKind, b: dict[int, Observed]) -> None:
    assert the_verdict(claim, {"a": wrong_on(5, 5, 5), "b": b}).word == "not tested"
