"""Claims about one recipe's accuracy, in per cent: scores between two numbers, reaches one.

N is the number of images that the study is judged on.
"""

import math
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from seedtrial.claims.contract import Bounds, ClaimKind, between, interval
from seedtrial.claims.evidence import Evidence, Quantity, error_over_images
from seedtrial.claims.measured import measure_spread
from seedtrial.claims.observed import JudgedOn, NotTested, Observed, Runs, finished, repetitions
from seedtrial.evaluation.measures import WORDS, error_by_resampling, measured
from seedtrial.evaluation.metrics import accuracy, largest_class
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import Spread, share_over_folds, share_spread


class ScoresBetween(ClaimKind):
    """A's accuracy lies between two numbers.

    >>> print(ScoresBetween(a="dense", accuracy=(88, 89)))
    dense scores 88 to 89 %
    """

    kind: Literal["scores"] = "scores"
    of_one_data_set: ClassVar[bool] = True
    accuracy: Bounds = Field(description="per cent, from the least to the most")

    def __str__(self) -> str:
        return f"{self.a} scores {between(self.accuracy)} %"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """The accuracy, between the bounds or not."""
        return (accuracy_between(self.a, runs, self.accuracy),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The accuracy in per cent."""
        return _accuracy_sentence(evidence, tested, judged_on)


class Reaches(ClaimKind):
    """A's accuracy is at least so many per cent.

    >>> print(Reaches(a="conv", accuracy=92))
    conv reaches 92 %
    """

    kind: Literal["reaches"] = "reaches"
    of_one_data_set: ClassVar[bool] = True
    accuracy: float = Field(description="per cent")

    def __str__(self) -> str:
        return f"{self.a} reaches {self.accuracy:g} %"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """The accuracy, above the bound or not."""
        return (accuracy_between(self.a, runs, (self.accuracy, math.inf)),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The accuracy in per cent."""
        return _accuracy_sentence(evidence, tested, judged_on)


def accuracy_between(a: str, runs: Runs, bounds: tuple[float, float]) -> Quantity | NotTested:
    """A's accuracy, or what else the study is judged by, per cent.

    >>> accuracy_between("conv", {"conv": {}}, (90, 100))
    NotTested(reason='There is no finished run of conv.')
    """
    observed = finished(a, runs)
    if isinstance(observed, NotTested):
        return observed
    if observed[0].measure != "accuracy":
        return _measure_between(a, observed, bounds)
    correct = 100 * np.array([run.predictions.right for run in observed], dtype=float)  # (seeds, N)
    error = error_over_images(correct.mean(axis=0))
    value = accuracy_spread(observed, accuracy, scale=100)
    guess = 100 * largest_class(observed[0].predictions.labels)[1]
    return Quantity("accuracy", a, None, value, error, *bounds, guess=guess)


def _measure_between(a: str, observed: Sequence[Observed], bounds: tuple[float, float]) -> Quantity | NotTested:
    """The study's measure, per cent, where it is not accuracy."""
    name, predictions = observed[0].measure, [seen.predictions for seen in observed]
    value = measure_spread(observed, scale=100)
    if math.isnan(value.mean):
        return NotTested(f"{WORDS[name]} is not defined on these images, since a class is missing.")
    always = np.eye(predictions[0].classes)[[largest_class(predictions[0].labels)[0]] * len(predictions[0])]
    guess = 100 * measured(name, Predictions(predictions[0].labels, always))
    error = 100 * error_by_resampling(name, predictions)
    return Quantity(WORDS[name], a, None, value, error, *bounds, guess=guess)


def accuracy_spread(
    observed: Sequence[Observed], measure: Callable[[Predictions], float], *, scale: float = 1.0
) -> Spread:
    """A measure in [0, 1] of all seeds of a recipe, with the interval of a share; over folds where there are some.

    measure: such as `metrics.accuracy`
    scale:   100 for per cent

    >>> from seedtrial.evaluation.metrics import accuracy
    >>> from seedtrial.evaluation.predictions import Predictions
    >>> seen = Observed(Predictions(np.array([0, 1]), np.eye(2)[[0, 0]]), ("a", "b"), (), 1.0, 1.0, ("cpu", None, 1))
    >>> accuracy_spread([seen, seen], accuracy).mean
    0.5
    """
    images = len(observed[0].predictions)
    if not observed[0].folds:
        return share_spread([scale * measure(seen.predictions) for seen in observed], images=images, scale=scale)
    values = [[scale * measure(part.predictions) for part in seen.parts] for seen in observed]
    mean = scale * float(np.mean([measure(seen.predictions) for seen in observed]))
    ratio = observed[0].ratio
    folds = len(observed[0].parts)
    return share_over_folds(
        repetitions(values, observed), images=images, folds=folds, ratio=ratio, mean=mean, scale=scale
    )


def _accuracy_sentence(evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
    value = evidence.value
    assert isinstance(evidence, Quantity)
    beside = f" Always answering the largest class gives {evidence.guess:.2f} %."
    return f"{evidence.a}'s {judged_on} {evidence.measure} is {value.mean:.2f} %{interval(value, 2, tested)}.{beside}"
