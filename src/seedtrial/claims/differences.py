"""Claims about differences of accuracies: beats, best, worst, beats by so much, equals.

Accuracies are in per cent, their differences in points. N is the number of images that the study is judged on.
"""

import math
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from seedtrial.claims.contract import Bounds, ClaimKind, PairClaim, between, interval
from seedtrial.claims.evidence import Comparison, Evidence, Quantity, error_over_images, over_seeds
from seedtrial.claims.measured import compare_measures
from seedtrial.claims.observed import JudgedOn, NotTested, Observed, Runs, paired_runs, repetitions
from seedtrial.evaluation.statistics import combine, mcnemar, mean_is_zero

MEASURE = "difference of accuracies"


class Beats(PairClaim):
    """A has the higher accuracy.

    >>> print(Beats(a="conv", b="dense"))
    conv beats dense
    """

    kind: Literal["beats"] = "beats"

    def __str__(self) -> str:
        return f"{self.a} beats {self.b}"

    def evidence(self, runs: Runs) -> tuple[Comparison | NotTested]:
        """A against B."""
        return (compare_recipes(self.a, self.b, runs),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The difference in points."""
        return difference_sentence(evidence, tested, judged_on)


class _AgainstAll(ClaimKind):
    """A is compared with every other recipe of the study."""

    needs_others: ClassVar[bool] = True

    def evidence(self, runs: Runs) -> tuple[Comparison | NotTested, ...]:
        """A against each other recipe."""
        return tuple(compare_recipes(self.a, other, runs) for other in runs if other != self.a)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The difference from the recipe that decides, in points."""
        return difference_sentence(evidence, tested, judged_on)


class Best(_AgainstAll):
    """A has the highest accuracy of the study.

    >>> print(Best(a="conv"))
    conv is the best
    """

    kind: Literal["best"] = "best"

    def __str__(self) -> str:
        return f"{self.a} is the best"


class Worst(_AgainstAll):
    """A has the lowest accuracy of the study.

    >>> print(Worst(a="linear"))
    linear is the worst
    """

    kind: Literal["worst"] = "worst"
    claims_less: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.a} is the worst"


class BeatsBy(PairClaim):
    """A's accuracy is higher by so many points, from the least to the most.

    >>> print(BeatsBy(a="conv", b="dense", by=(0.5, 1)))
    conv beats dense by 0.5 to 1 points
    """

    kind: Literal["beats_by"] = "beats_by"
    of_one_data_set: ClassVar[bool] = True
    by: Bounds = Field(description="points, from the least to the most")

    def __str__(self) -> str:
        return f"{self.a} beats {self.b} by {between(self.by)} points"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """The difference, between the bounds or not."""
        return (difference_between(self.a, self.b, runs, self.by),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The difference in points."""
        return difference_sentence(evidence, tested, judged_on)


class Equals(PairClaim):
    """The accuracies of A and B differ by less than a margin.

    >>> print(Equals(a="conv", b="dense", within=0.5))
    conv equals dense within 0.5 points
    """

    kind: Literal["equals"] = "equals"
    within: float = Field(gt=0, description="points of accuracy that do not matter")

    def __str__(self) -> str:
        return f"{self.a} equals {self.b} within {_points(self.within)}"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """The difference, within the margin on either side or not."""
        return (difference_between(self.a, self.b, runs, (-self.within, self.within)),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The difference in points, and the margin where it was tested."""
        margin = f" Margin: {_points(self.within)}." if evidence.value.n > 1 else ""
        return difference_sentence(evidence, tested, judged_on) + margin


def compare_recipes(a: str, b: str, runs: Runs, *, classes: tuple[str, str] | None = None) -> Comparison | NotTested:
    """Accuracies of A and B, or what else the study is judged by, over the seeds that both have; or why there are none.

    classes: compare instead the share of these two classes' images that are not confused with the other of the two

    >>> compare_recipes("conv", "dense", {"conv": {}, "dense": {}}).reason
    'There are no finished runs with the same seed and the same images on both sides.'
    """
    paired = paired_runs(a, b, runs)
    if isinstance(paired, NotTested):
        return paired
    if classes is None and paired[0][0].measure != "accuracy":
        return compare_measures(a, b, paired)
    correct = [(_correct(x, classes), _correct(y, classes)) for x, y in paired]
    if not len(correct[0][0]):
        return NotTested(f"None of the images is of the class {' or '.join(classes or ())}.")
    each = 100 * np.mean([x.astype(float) - y for x, y in correct], axis=0)  # (N,) points, mean over seeds
    image_error = error_over_images(each)
    values = [[_gap(x, y, classes) for x, y in zip(a.parts, b.parts, strict=True)] for a, b in paired]
    folds = paired[0][0].folds
    difference = over_seeds(
        repetitions(values, [seen for seen, _ in paired]),
        image_error=image_error,
        resolution=100 * max(1, len(folds)) / len(each),
        ratio=paired[0][0].ratio,
        mean=float(each.mean()) if folds else None,
    )
    # No difference of two accuracies is larger than 100 points, however few seeds Student's t had.
    difference = replace(difference, low=max(-100.0, difference.low), high=min(100.0, difference.high))
    p_seeds = mean_is_zero(difference) if difference.n > 1 else None
    p_images = combine([mcnemar(x, y) for x, y in correct])
    measure = "confusion of two classes" if classes else MEASURE
    return Comparison(measure, a, b, difference, image_error, p_seeds, p_images, classes or ())


def difference_between(a: str, b: str, runs: Runs, bounds: tuple[float, float]) -> Quantity | NotTested:
    """A's accuracy less B's, points, as a number that is claimed to lie between two bounds.

    >>> difference_between("conv", "dense", {}, (0.5, 1)).reason
    'There are no finished runs with the same seed and the same images on both sides.'
    """
    compared = compare_recipes(a, b, runs)
    if isinstance(compared, NotTested):
        return compared
    return Quantity(compared.measure, a, b, compared.difference, compared.image_error, *bounds)


def difference_sentence(evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
    """A difference of accuracies in a sentence.

    >>> from seedtrial.evaluation.statistics import Spread
    >>> gap = Comparison(MEASURE, "conv", "dense", Spread(3, -0.31, 0.5, -1.52, 0.89), 0.2, 0.4, 0.1)
    >>> difference_sentence(gap, "3 seeds, paired", "test")
    'Test accuracy, conv minus dense: difference -0.31 points (95 % interval -1.52 to 0.89; 3 seeds, paired).'
    """
    number = f"{evidence.value.mean:z.2f} points{interval(evidence.value, 2, tested)}"
    measure = "accuracy" if evidence.measure == MEASURE else evidence.measure.removeprefix("difference of ")
    return f"{judged_on.capitalize()} {measure}, {evidence.a} minus {evidence.b}: difference {number}."


def _gap(a: Observed, b: Observed, classes: tuple[str, str] | None) -> float:
    """Accuracy of A less that of B, points; nan where there is no image."""
    x, y = _correct(a, classes), _correct(b, classes)
    return 100 * float(x.mean()) - 100 * float(y.mean()) if len(x) else math.nan


def _correct(run: Observed, classes: tuple[str, str] | None) -> np.ndarray:
    """(N,) bool where the answer is correct; of two classes' images, where it is not the other of the two."""
    if classes is None:
        return run.predictions.right
    first, second = (run.classes.index(name) for name in classes)
    labels, answers = run.predictions.labels, run.predictions.answers
    among = np.isin(labels, (first, second))
    # For a label of one of the two classes, first + second - label is the other one.
    return np.asarray(answers != first + second - labels)[among]


def _points(number: float) -> str:
    return f"{number:g} point{'s' * (number != 1)}"
