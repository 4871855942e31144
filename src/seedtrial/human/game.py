"""The labelling game without any input or output: which images come, what a move does, the running numbers.

A session shows one player n images of a test part of N; K classes. An image is named by its row in the test part.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL, Mode
from seedtrial.seeds import Seeds

KEYS = "0123456789abcdefghijklmnopqrstuvwxyz"  # of the first 36 classes; further ones are chosen by arrow keys or touch
RECENT = 50  # answers in the second of the running numbers


class Refused(SeedtrialError):
    """A move that cannot be made now."""


@lru_cache(maxsize=16)
def order(seed: int, count: int) -> tuple[int, ...]:
    """All rows of a test set of `count` images, shuffled by a seed: the same for every player."""
    return tuple(Seeds(seed).numpy("game").permutation(count).tolist())


def plan(seed: int, count: int, images: int, *, answered: Sequence[int] = (), seen: Collection[int] = ()) -> list[int]:
    """The rows that a session shows, first to last: those answered, then as many more of the seed's order as it takes.

    images:   how many there shall be; fewer where the test part has no more, never fewer than were answered
    answered: rows that this session has answers to, in their order
    seen:     rows that the player answered in other sessions; they are passed over, as their class may be known by now
    """
    passed = {*answered, *seen}
    fresh = (row for row in order(seed, count) if row not in passed)
    return [*answered, *islice(fresh, max(images - len(answered), 0))]


@dataclass(frozen=True)
class Scoreboard:
    """The numbers on screen. Accuracies are shares; None before the first answer, and while results are hidden."""

    answered: int
    total: int
    accuracy: float | None
    recent: float | None  # over the last RECENT answers


@dataclass(frozen=True)
class Game:
    """Where a session stands. A move gives a new Game.

    plan:     (n,) rows of the test part
    labels:   (n,) their right answers, never shown before the answer
    choices:  the answers so far, each a class in [0, classes) or CANNOT_TELL
    finished: nothing can be answered or taken back any more, and everything may be told
    """

    mode: Mode
    classes: int
    plan: tuple[int, ...]
    labels: tuple[int, ...]
    choices: tuple[int, ...] = ()
    finished: bool = False

    @property
    def complete(self) -> bool:
        """Every image has an answer; a blind session may still take the last one back."""
        return len(self.choices) == len(self.plan)

    @property
    def position(self) -> int | None:
        """The number of the image to be answered, from 1; None where there is none."""
        return None if self.complete or self.finished else len(self.choices) + 1

    @property
    def image(self) -> int | None:
        """Its row in the test set."""
        return None if self.position is None else self.plan[self.position - 1]

    @property
    def told(self) -> bool:
        """Whether results may be shown."""
        return self.mode == "learn" or self.finished

    @property
    def undoable(self) -> bool:
        """Whether the last answer can be taken back: only while its result is hidden."""
        return bool(self.choices) and not self.told

    @property
    def right(self) -> tuple[bool, ...]:
        """Of each answer so far."""
        return tuple(choice == label for choice, label in zip(self.choices, self.labels, strict=False))

    @property
    def numbers(self) -> Scoreboard:
        """How many images are answered, and how well if that may be shown."""
        right = self.right if self.told else ()
        recent = right[-RECENT:]
        return Scoreboard(
            answered=len(self.choices),
            total=len(self.plan),
            accuracy=sum(right) / len(right) if right else None,
            recent=sum(recent) / len(recent) if recent else None,
        )

    def answer(self, position: int, choice: int) -> "Game":
        """With an answer to the image at `position`. Raises Refused when that is not the image to be answered."""
        if self.position is None:
            raise Refused("All images are answered.")
        if position != self.position:
            raise Refused(f"Image {self.position} comes next, not image {position}.")
        if choice != CANNOT_TELL and not 0 <= choice < self.classes:
            raise Refused(f"An answer is a class from 0 to {self.classes - 1}, not {choice}.")
        after = replace(self, choices=(*self.choices, choice))
        return replace(after, finished=after.complete and self.mode == "learn")

    def undo(self, position: int) -> "Game":
        """Without the last answer, the one at `position`. Raises Refused if it is not, or its result was shown."""
        if self.told:
            raise Refused("An answer can be taken back only in blind mode, before the result is shown.")
        if not self.choices or position != len(self.choices):
            raise Refused("Only the last answer can be taken back.")
        return replace(self, choices=self.choices[:-1])

    def finish(self) -> "Game":
        """With the result shown. Raises Refused while images are left."""
        if not self.complete:
            raise Refused(f"{len(self.plan) - len(self.choices)} images are still to be answered.")
        return replace(self, finished=True)


@dataclass(frozen=True)
class Stopwatch:
    """Seconds that an image was on screen, without pauses. Any monotonic clock gives the times."""

    before: float = 0.0  # seconds until the last pause
    since: float | None = None  # when it went on; None while paused

    def going(self, now: float) -> "Stopwatch":
        """Started, or going on after a pause."""
        return self if self.since is not None else replace(self, since=now)

    def paused(self, now: float) -> "Stopwatch":
        """Paused."""
        return Stopwatch(before=self.seconds(now))

    def seconds(self, now: float) -> float:
        """Seconds without pauses."""
        return self.before + (0.0 if self.since is None else now - self.since)
