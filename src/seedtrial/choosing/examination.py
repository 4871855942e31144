"""The finalists' trainings, as many and as long as the time allows, and the one opening of the test images."""

import time
from dataclasses import replace

from seedtrial.choosing.bench import Bench
from seedtrial.choosing.deadline import Budget
from seedtrial.choosing.finals import SEEDS, Finalists, affordable_seeds
from seedtrial.study.results import Results, results
from seedtrial.study.study import Study
from seedtrial.words import counted, duration

SEARCH, FINALS, CURVE = 0.45, 0.88, 0.94  # shares of the budget until which each part may go on
A_TRAINING = 1 / 9  # of the budget times the jobs: what one training at full length may take
MARGIN = 0.9  # of the time that is left is planned with
MARGIN_OF_FOLDS = 0.7  # unless all of them are finished, they say nothing
FEWEST = 3  # folds, where the time does not suffice for more
LENGTHENED = 0.7  # of that is given to longer trainings
FINALISTS, SHORT = 3, 5.0  # seconds of a training that is always allowed


def longest(seconds: float, folds: int | None) -> float:
    """Seconds that one training at full length may take. seconds: the budget times the jobs"""
    usual_share = A_TRAINING * seconds
    if not folds:
        return usual_share
    return min(usual_share, max(SHORT, MARGIN_OF_FOLDS * (FINALS - SEARCH) / (FINALISTS * folds) * seconds))


def examined(final: Finalists, bench: Bench, budget: Budget, jobs: int, data: str, folds: int | None) -> Results:
    """Train the finalists with as many seeds as the time allows, and open the test images once for all of them."""
    left = (MARGIN_OF_FOLDS if folds else MARGIN) * max(0.0, budget.left(FINALS))
    whole, now = replace(final, lengths={}), Budget(budget.began, 0)  # what the search trained, in no time
    if not bench.stopped:
        final = final.lengthened(LENGTHENED * left if folds else left, jobs, folds)
    seeds = 1 if bench.stopped else affordable_seeds(final, left, jobs, folds)
    if not seeds and folds and folds > FEWEST:
        return examined(whole, bench, budget, jobs, data, FEWEST)
    if not seeds:
        bench.watch.note(f"There is not enough time for {folds} folds; give more --minutes.")
        return examined(whole, bench, budget, jobs, data, None)
    study = final.study(bench.name, data, seeds, folds)
    repeated = counted(seeds, "seed") + (f" and {folds} folds" if folds else "")
    bench.watch.note(f"{duration(budget.used)}: {repeated} of the finalists: {', '.join(study.recipes)}")
    # All seeds are trained before any is examined, so that what the time did not suffice for opens nothing.
    began = time.monotonic()
    done = _trained(study, bench, budget.left(FINALS))
    while folds and done == study.seeds < SEEDS and budget.left(FINALS) > (time.monotonic() - began) / done / MARGIN:
        study = study.model_copy(update={"seeds": done + 1, "repeats": done + 1})  # time is left for another division
        done = _trained(study, bench, budget.left(FINALS))
    if not done and (final.lengths or folds):  # not even one was finished
        return examined(whole, bench, now, jobs, data, None)
    study = study.model_copy(update={"seeds": max(1, done), "repeats": max(1, done) if folds else 1})
    return results(bench.execute(study, seconds=3600))


def _trained(study: Study, bench: Bench, seconds: float) -> int:
    """Train a study without opening test images; returns the seeds of which all recipes are trained then."""
    trained = bench.execute(study.model_copy(update={"judged_on": "validation"}), seconds=seconds)
    return min(len(trained.seeds(label)) for label in study.recipes)
