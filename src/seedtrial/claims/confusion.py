"""Claims about confusions: A separates two classes better than B; most of A's mistakes stay within groups of classes.

N is the number of images that the study is judged on, K the number of classes.
"""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seedtrial.claims.contract import ClaimKind, PairClaim, interval
from seedtrial.claims.differences import compare_recipes
from seedtrial.claims.evidence import Comparison, Evidence, Quantity, error_over_images, over_seeds
from seedtrial.claims.observed import JudgedOn, NotTested, Observed, Runs, finished, repetitions

MOST = 50.0  # per cent: more than half


class Separates(PairClaim):
    """A confuses two classes with each other on fewer of their images than B does.

    >>> print(Separates(a="conv", b="dense", classes=("Coat", "Pullover")))
    conv separates Coat and Pullover better than dense
    """

    kind: Literal["separates"] = "separates"
    classes: tuple[str, str] = Field(description="names of the two classes")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The two classes."""
        return self.classes

    def __str__(self) -> str:
        return f"{self.a} separates {' and '.join(self.classes)} better than {self.b}"

    def evidence(self, runs: Runs) -> tuple[Comparison | NotTested]:
        """The share of images of both classes that are not confused with the other, A against B."""
        return (compare_recipes(self.a, self.b, runs, classes=self.classes),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """How many points fewer of the images are confused, or more."""
        mean = evidence.value.mean
        comparative = "more" if mean < 0 else "fewer"
        shown = interval(evidence.value, 2, tested, reverse=mean < 0)
        classes = " and ".join(self.classes)
        return (
            f"{self.a} confuses {classes} on {abs(mean):.2f} points {comparative} of their images than {self.b} does"
            f"{shown}."
        )


class Confuses(ClaimKind):
    """Most of A's mistakes are confusions of classes within the same group.

    >>> print(Confuses(a="conv", groups=(("Shirt", "Coat"), ("Sneaker", "Boot"))))
    most of conv's mistakes lie within {Shirt, Coat} or {Sneaker, Boot}
    """

    kind: Literal["confuses"] = "confuses"
    groups: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = Field(
        min_length=1, description="groups of classes; no class is in more than one"
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes of all groups."""
        return tuple(name for group in self.groups for name in group)

    def __str__(self) -> str:
        groups = " or ".join(f"{{{', '.join(group)}}}" for group in self.groups)
        return f"most of {self.a}'s mistakes lie within {groups}"

    def evidence(self, runs: Runs) -> tuple[Quantity | NotTested]:
        """The share of A's mistakes that stay within a group, per cent."""
        return (self._mistakes_within(runs),)

    def sentence(self, evidence: Evidence, tested: str, judged_on: JudgedOn) -> str:
        """The share in per cent."""
        share = f"{evidence.value.mean:.1f} % of {self.a}'s mistakes"
        return f"{share} confuse a class with another of its group{interval(evidence.value, 1, tested)}."

    def _mistakes_within(self, runs: Runs) -> Quantity | NotTested:
        observed = finished(self.a, runs)
        if isinstance(observed, NotTested):
            return observed
        wrong = np.array([~run.predictions.right for run in observed], dtype=float)  # (seeds, N)
        folds = observed[0].folds
        if not (wrong.any() if folds else wrong.any(axis=1).all()):
            return NotTested(f"{self.a} makes no mistake with at least one seed.")
        within = np.array([self._within(run) for run in observed], dtype=float)  # (seeds, N)
        share = within.mean() / wrong.mean()
        # A share of mistakes is a ratio of two means over the same images; its error is by the delta method.
        error = error_over_images(100 * (within - share * wrong).mean(axis=0) / wrong.mean())
        one_mistake = 100 / float(wrong.sum(axis=1).mean())
        if not folds:
            values = list(100 * within.sum(axis=1) / wrong.sum(axis=1))
            value = over_seeds(values, image_error=error, resolution=one_mistake)
        else:
            by_fold = [[self._share(part, share, wrong.mean()) for part in seen.parts] for seen in observed]
            value = over_seeds(
                repetitions(by_fold, observed),
                image_error=error,
                resolution=len(folds) * one_mistake,
                ratio=observed[0].ratio,
                mean=100 * float(share),
            )
        return Quantity("mistakes within", self.a, None, value, error, MOST, math.inf, self.groups)

    def _share(self, fold: Observed, share: float, wrong: float) -> float:
        """The share of a fold's mistakes, per cent, by the delta method, since a fold may have none."""
        return 100 * float(share + (self._within(fold).mean() - share * (~fold.predictions.right).mean()) / wrong)

    def _within(self, run: Observed) -> np.ndarray:
        """(N,) bool, where a class is confused with another of its group."""
        group = np.full(len(run.classes), -1)  # (K,)
        for number, names in enumerate(self.groups):
            group[[run.classes.index(name) for name in names]] = number
        labels, answers = group[run.predictions.labels], group[run.predictions.answers]
        return np.asarray(~run.predictions.right & (labels >= 0) & (labels == answers))
