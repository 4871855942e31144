"""Accepting one class, as a lock accepts its owner: a limit for its probability, and how often that is wrong.

Two errors are possible: a false accept (a picture of another class is accepted) and a false reject (a picture of the
class is not). The limit is the score of one of the validation images of other classes: the one that, counted from the
highest, lets the exact binomial bound stay below the share of false accepts that is asked for. Which one that is
depends on their number alone, not on their scores, so the bound holds although the limit was chosen on the same images.

N images, K classes.

Source: Tong, Feng and Li 2018, Neyman-Pearson classification algorithms and NP receiver operating characteristics
(the order statistic); Clopper and Pearson 1934 (the bound).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seedtrial.errors import SeedtrialError, unknown
from seedtrial.evaluation.binomial import exact_interval, fewest_needed, most_allowed, upper_bound
from seedtrial.evaluation.calibration import at_temperature
from seedtrial.evaluation.predictions import Predictions
from seedtrial.words import counted

USUAL_SHARE = 0.01  # of false accepts


@dataclass(frozen=True)
class Errors:
    """Both kinds of error on some images.

    accepted, others: false accepts, and images of other classes
    rejected, own:    false rejects, and images of the class

    >>> Errors(1, 200, 3, 100).sentence("test")
    'On test images: false accepts 1 of 200 (0.50 %, 95 % interval 0.01 to 2.75), false rejects 3 of 100 (3.00 %, 95 % \
interval 0.62 to 8.52).'
    """

    accepted: int
    others: int
    rejected: int
    own: int

    def sentence(self, where: str) -> str:
        """Both errors with their exact intervals. where: whose images they are, such as "test" """
        accepts, rejects = _share(self.accepted, self.others), _share(self.rejected, self.own)
        return f"On {where} images: false accepts {accepts}, false rejects {rejects}."


def errors_at(scores: np.ndarray, own: np.ndarray, limit: float) -> Errors:
    """The errors where images that score above the limit are accepted.

    scores: (N,) probability of the class
    own:    (N,) bool, whether an image is of the class

    >>> errors_at(np.array([0.2, 0.9, 0.6, 0.95]), np.array([False, False, True, True]), 0.8)
    Errors(accepted=1, others=2, rejected=1, own=2)
    """
    accepted = scores > limit
    return Errors(int((accepted & ~own).sum()), int((~own).sum()), int((~accepted & own).sum()), int(own.sum()))


@dataclass(frozen=True)
class Acceptance:
    """When a picture is accepted as one of a class.

    name:       the class
    limit:      a picture is accepted when the class's probability is above it
    share:      of false accepts, that was asked for
    bound:      on the share of false accepts among pictures like the validation images of other classes, 95 % sure
    validation: the errors on the images that the limit was chosen on
    test:       the errors on test images, which chose nothing; None: they were not examined

    >>> acceptance = Acceptance("owner", 0.9, 0.01, 0.02, Errors(0, 150, 2, 80), None)
    >>> acceptance.is_promised
    False
    """

    name: str
    limit: float
    share: float
    bound: float
    validation: Errors
    test: Errors | None

    @property
    def is_promised(self) -> bool:
        """Whether there are validation images enough to promise the share that was asked for."""
        return self.bound <= self.share

    def sentences(self) -> list[str]:
        """What the limit is, what it promises, and how it did."""
        others = f"{counted(self.validation.others, 'validation image')} of other classes"
        lines = [
            f"A picture is accepted as {self.name} if the probability of this class is above {_limit(self.limit)}."
        ]
        if self.is_promised:
            lines.append(
                f"Chosen on {others}, so that at most {_percent(self.share)} of pictures like these are accepted "
                f"(95 % confidence)."
            )
        else:
            lines.append(
                f"{others} are too few to promise {_percent(self.share)} false accepts, which takes "
                f"{fewest_needed(self.share):,}; none of them is accepted, but of other pictures up to "
                f"{_percent(self.bound)} may be (95 % confidence)."
            )
        lines.append(self.validation.sentence("validation"))
        lines.append(
            self.test.sentence("test")
            if self.test
            else "The test images were not examined, so the errors on images that chose nothing are not known."
        )
        return lines

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Acceptance":
        """From JSON values. Raises KeyError, TypeError or ValueError when they are none."""
        test = plain["test"]
        return cls(
            str(plain["name"]),
            limit=float(plain["limit"]),
            share=float(plain["share"]),
            bound=float(plain["bound"]),
            validation=Errors(**plain["validation"]),
            test=None if test is None else Errors(**test),
        )


def accepting(
    name: str,
    share: float,
    classes: Sequence[str],
    *,
    validation: Predictions | None,
    test: Predictions | None,
    temperature: float,
) -> Acceptance:
    """The limit at which at most `share` of the pictures of other classes are accepted as `name`.

    validation: chooses the limit
    test:       says how it does; None: not examined
    temperature: by which the network's logits are divided

    Raises SeedtrialError for an unknown class, a share out of (0, 1), and without validation images of other classes.
    """
    if name not in classes:
        raise unknown("class", name, classes)
    if not 0 < share < 1:
        raise SeedtrialError(f"--false-accepts is a share between 0 and 1, such as 0.01, not {share:g}.")
    label = list(classes).index(name)
    if validation is None or (validation.labels == label).all():
        raise SeedtrialError("The limit of acceptance is chosen on validation images of other classes; there are none.")
    scores, own = _scores(validation, label, temperature), validation.labels == label
    limit, bound = choose_limit(scores, own, share)
    return Acceptance(
        name,
        limit,
        share,
        bound,
        errors_at(scores, own, limit),
        None if test is None else errors_at(_scores(test, label, temperature), test.labels == label, limit),
    )


def choose_limit(scores: np.ndarray, own: np.ndarray, share: float) -> tuple[float, float]:
    """The limit above which images are accepted, and the upper bound of false accepts that it proves.

    scores: (N,) probability of the class
    own:    (N,) bool, whether an image is of the class; at least one is not

    >>> limit, bound = choose_limit(np.array([0.1] * 99 + [0.5, 0.9]), np.array([False] * 100 + [True]), 0.05)
    >>> round(limit, 2), round(bound, 4)
    (0.3, 0.0466)
    """
    others = np.sort(scores[~own])[::-1].astype(np.float64)
    allowed = most_allowed(len(others), share) or 0
    last = others[allowed]  # the highest score that must not be accepted
    higher = scores[scores > last].astype(np.float64)
    # Half-way to the next score, so that rounding elsewhere (a browser, another processor) cannot turn an answer round.
    limit = (last + higher.min()) / 2 if len(higher) else last
    return float(limit), upper_bound(allowed, len(others))


def _scores(predictions: Predictions, label: int, temperature: float) -> np.ndarray:
    logits = np.log(np.clip(predictions.probs.astype(np.float64), 1e-30, 1))
    return at_temperature(logits, temperature)[:, label]


def _share(count: int, total: int) -> str:
    if not total:
        return "not measured"
    low, high = exact_interval(count, total)
    interval = f"95 % interval {100 * low:.2f} to {100 * high:.2f}"
    return f"{count:,} of {total:,} ({100 * count / total:.2f} %, {interval})"


def _limit(limit: float) -> str:
    return f"{100 * limit:.2f} %" if limit < 0.9999 else f"{100 * limit:.6f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
