"""How probabilities become an answer: a class, or that there is none. N images, K classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedtrial.errors import SeedtrialError
from seedtrial.serving.acceptance import Acceptance

NOT_SURE, UNLIKE, NOT_ACCEPTED = "not sure", "looks like none of the classes", "not accepted"


@dataclass(frozen=True)
class Decision:
    """What is answered.

    threshold:  below this probability of the likeliest class the answer is "not sure"
    acceptance: one class is asked about, and the answer is that class or "not accepted"; then there is no threshold

    Raises SeedtrialError for a threshold out of [0, 1], and for both at once.

    >>> probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]])
    >>> Decision(threshold=0.8).words(("cat", "dog"), probs, np.array([False, False, True]))
    ['cat', 'not sure', 'looks like none of the classes']
    """

    threshold: float = 0.0
    acceptance: Acceptance | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise SeedtrialError(f"--threshold is a probability from 0 to 1, not {self.threshold:g}.")
        if self.threshold and self.acceptance:
            raise SeedtrialError("--accept has its own limit, so --threshold cannot be given with it.")

    def words(self, classes: Sequence[str], probs: np.ndarray, unlike: np.ndarray) -> list[str]:
        """The answer to each image.

        probs:  (N, K) calibrated
        unlike: (N,) bool, whether it looks like none of the classes
        """
        if self.acceptance:
            accepted = probs[:, list(classes).index(self.acceptance.name)] > self.acceptance.limit
            answers = [self.acceptance.name if yes else NOT_ACCEPTED for yes in accepted.tolist()]
        else:
            unsure, labels = probs.max(axis=1) < self.threshold, probs.argmax(axis=1)
            answers = [
                NOT_SURE if no else classes[label] for no, label in zip(unsure.tolist(), labels.tolist(), strict=True)
            ]
        return [UNLIKE if none else word for none, word in zip(unlike.tolist(), answers, strict=True)]

    def sentences(self) -> list[str]:
        """How it is answered, where that is not by the likeliest class alone."""
        if self.acceptance:
            return self.acceptance.sentences()
        return [f"Below {100 * self.threshold:g} % the answer is: {NOT_SURE}."] if self.threshold else []

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {"threshold": self.threshold, "acceptance": self.acceptance.plain() if self.acceptance else None}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Decision":
        """From JSON values; of earlier bundles, which have none, the likeliest class is answered.

        Raises KeyError, TypeError or ValueError when they are damaged.
        """
        acceptance = plain.get("acceptance")
        return cls(float(plain.get("threshold", 0.0)), Acceptance.of(acceptance) if acceptance else None)
