"""The numbers of one recipe of a study, from its finished runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from seedtrial.claims.accuracy import accuracy_spread
from seedtrial.claims.measured import measure_spread
from seedtrial.claims.observed import JudgedOn, Observed, observe, together
from seedtrial.evaluation.measures import MeasureName
from seedtrial.evaluation.metrics import accuracy, balanced_accuracy, largest_class
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import Spread, share_spread, spread
from seedtrial.runs.trained import Run
from seedtrial.study.plan import Plan


@dataclass(frozen=True)
class RecipeResult:
    """The numbers of one recipe. Accuracies are shares in [0, 1] over seeds; None where there is no finished run.

    runs:              the finished ones by seed, or by seed x folds + fold; of seeds whose folds are all finished
    observed:          by seed what its runs left, all folds together
    measured:          what the study is judged by, where that is not accuracy; None where it is
    judged:            accuracy on the split that the study is judged on
    balanced:          mean of its per-class accuracies; None where the classes are about equally frequent
    test:              None as well where the study is judged on validation images
    unmirrored:        test accuracy without the mirrored image, for a recipe that predicts from both
    seconds_per_epoch: median within a run, then over seeds
    seconds_training:  all epochs of a run, without validation, over seeds
    seconds_testing:   predicting the test images, over seeds
    seconds_total:     all of a run, validation and examination included, mean over seeds
    diverged:          number of seeds whose loss became infinite; they enter no mean

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> row = recipe_result(plan(load_study("quickstart"), Path("no-such-folder")), "dense")
    >>> row.label, row.parameters, row.seeds, row.test
    ('dense', 1501770, 0, None)
    """

    label: str
    parameters: int
    multiply_adds: int
    planned: int
    runs: dict[int, Run]
    observed: dict[int, Observed]
    diverged: int
    measured: Spread | None
    judged: Spread | None
    balanced: Spread | None
    validation: Spread | None
    test: Spread | None
    unmirrored: Spread | None
    seconds_per_epoch: Spread | None
    seconds_training: Spread | None
    seconds_testing: Spread | None
    seconds_total: float | None

    @property
    def seeds(self) -> int:
        """Number of finished seeds; with folds, all of them."""
        return len(self.observed)

    @property
    def predictions(self) -> list[Predictions]:
        """On the images that the study is judged on, one per seed."""
        return [seen.predictions for seen in self.observed.values()]


def recipe_result(plan: Plan, label: str) -> RecipeResult:
    """The numbers of a recipe's finished runs.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> recipe_result(plan(load_study("quickstart"), Path("no-such-folder")), "conv").parameters
    105866
    """
    planned, counted, judged_on = plan.of(label), plan.summaries[label], plan.study.judged_on
    seeds = plan.seeds(label)
    complete = {id(run) for each in seeds.values() for run in each}
    runs = {number: run for number, run in plan.finished(label).items() if id(run) in complete}
    metrics = [run.metrics for run in runs.values()]
    tests = [run.test for run in runs.values() if run.test is not None] if judged_on == "test" else []
    validation = _accuracies(_observed(seeds, "validation"), accuracy) if _validated(runs) else None
    test = _accuracies(_observed(seeds, "test"), accuracy) if judged_on == "test" else None
    unmirrored = [examined.scores.accuracy_unmirrored for examined in tests]
    observed = _observed(seeds, judged_on, plan.study.measure)
    return RecipeResult(
        label=label,
        parameters=counted.parameters,
        multiply_adds=counted.multiply_adds,
        planned=len({item.seed for item in planned}),
        runs=runs,
        observed=observed,
        diverged=sum(item.state == "diverged" for item in planned),
        measured=measure_spread(list(observed.values())) if observed and plan.study.measure != "accuracy" else None,
        judged=test if judged_on == "test" else validation,
        balanced=_balanced(observed),
        validation=validation,
        test=test,
        unmirrored=_shares([share for share in unmirrored if share is not None], runs, "test"),
        seconds_per_epoch=_spread([m.seconds.per_epoch for m in metrics]),
        seconds_training=_spread([m.seconds.training for m in metrics]),
        seconds_testing=_spread([examined.seconds for examined in tests]),
        seconds_total=sum(map(_total, runs.values())) / len(runs) if runs else None,
    )


def _observed(
    seeds: Mapping[int, Sequence[Run]], split: JudgedOn, measure: MeasureName = "accuracy"
) -> dict[int, Observed]:
    """What each seed left on a split, its folds together."""
    each = {seed: [observe(run, split, measure) for run in runs] for seed, runs in seeds.items()}
    return {seed: together(seen) if seen[0].ratio else seen[0] for seed, seen in each.items()}


def _validated(runs: Mapping[int, Run]) -> bool:
    return bool(runs) and all(run.metrics.validation is not None for run in runs.values())


def _accuracies(observed: Mapping[int, Observed], measure: Callable[[Predictions], float]) -> Spread | None:
    """A measure over seeds or folds, by the function that verdicts use as well."""
    return accuracy_spread(list(observed.values()), measure) if observed else None


def _shares(values: Sequence[float], runs: Mapping[int, Run], split: str) -> Spread | None:
    return share_spread(values, images=len(next(iter(runs.values())).predictions[split])) if values else None


def _balanced(observed: Mapping[int, Observed]) -> Spread | None:
    first = next(iter(observed.values()), None)
    if first is None or not largest_class(first.predictions.labels)[2]:
        return None
    return _accuracies(observed, balanced_accuracy)


def _spread(values: Sequence[float]) -> Spread | None:
    return spread(values) if values else None


def _total(run: Run) -> float:
    """Seconds of a run; in version 1 the total of the training includes the examination."""
    apart = run.test is not None and run.test.version > 1
    return run.metrics.seconds.total + (run.test.seconds if run.test and apart else 0.0)
