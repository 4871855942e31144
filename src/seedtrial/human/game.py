"""The rules of the labelling game, without input or output: which images come, what a move does, the running numbers.

A session shows one player n of the N images of a test part. An image is identified by its row in the test part.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL, Mode
from seedtrial.seeds import Seeds
from seedtrial.words import counted

KEYS = "0123456789abcdefghijklmnopqrstuvwxyz"  # for the first 36 classes; others need arrow keys, mouse or touch
RECENT = 50  # answers in the recent accuracy


class Refused(SeedtrialError):
    """The game does not allow this move now.

    >>> try:
    ...     raise Refused("The session is finished.")
    ... except SeedtrialError as error:
    ...     print(error)
    The session is finished.
    """


@lru_cache(maxsize=16)
def order(seed: int, count: int) -> tuple[int, ...]:
    """All rows of a test part of `count` images, shuffled by a seed: the same order for every player.

    >>> order(0, 5) == order(0, 5), sorted(order(0, 5))
    (True, [0, 1, 2, 3, 4])
    """
    return tuple(Seeds(seed).numpy("game").permutation(count).tolist())


def session_rows(
    seed: int, count: int, images: int, *, answered: Sequence[int] = (), seen: Collection[int] = ()
) -> list[int]:
    """The rows that a session shows, in order: first the answered ones, then the next ones of the seed's order.

    count:    images in the test part
    images:   wanted length; fewer if the test part has no more, never fewer than were answered
    answered: rows that have answers in this session, in their order
    seen:     rows that the player answered in other sessions; they are skipped, since the player may know their class

    >>> first = session_rows(0, 10, 3)
    >>> longer = session_rows(0, 10, 5, answered=first)
    >>> longer[:3] == first, len(set(longer))
    (True, 5)
    """
    skipped = {*answered, *seen}
    fresh = (row for row in order(seed, count) if row not in skipped)
    return [*answered, *islice(fresh, max(images - len(answered), 0))]


@dataclass(frozen=True)
class Scoreboard:
    """The numbers on the screen.

    accuracy: in [0, 1], over all answers; None before the first answer and while results are hidden
    recent:   the same over the last RECENT answers

    >>> Scoreboard(answered=3, total=10, accuracy=2 / 3, recent=2 / 3).total
    10
    """

    answered: int
    total: int
    accuracy: float | None
    recent: float | None


@dataclass(frozen=True)
class Game:
    """The state of a session. A move returns a new Game.

    mode:     learn: results are shown all along; blind: results are shown at the end
    classes:  number of classes
    plan:     (n,) rows of the test part, in the order in which they are shown
    labels:   (n,) their true classes, never shown before the answer
    choices:  the answers so far, each a class in [0, classes) or CANNOT_TELL
    finished: no answer can be added or taken back, and all results may be shown

    >>> game = Game("learn", classes=2, plan=(7, 3), labels=(0, 1))
    >>> game = game.answer(1, choice=0)
    >>> game.position, game.image, game.numbers.accuracy
    (2, 3, 1.0)
    """

    mode: Mode
    classes: int
    plan: tuple[int, ...]
    labels: tuple[int, ...]
    choices: tuple[int, ...] = ()
    finished: bool = False

    @property
    def complete(self) -> bool:
        """Whether every image has an answer; in a blind session the last one can still be taken back."""
        return len(self.choices) == len(self.plan)

    @property
    def position(self) -> int | None:
        """The number of the next image, from 1; None if there is none."""
        return None if self.complete or self.finished else len(self.choices) + 1

    @property
    def image(self) -> int | None:
        """The row of the next image in the test part; None if there is none."""
        return None if self.position is None else self.plan[self.position - 1]

    @property
    def results_shown(self) -> bool:
        """Whether results may be shown."""
        return self.mode == "learn" or self.finished

    @property
    def undoable(self) -> bool:
        """Whether the last answer can be taken back, which is possible only while its result is hidden."""
        return bool(self.choices) and not self.results_shown

    @property
    def right(self) -> tuple[bool, ...]:
        """Whether each answer so far is correct."""
        return tuple(choice == label for choice, label in zip(self.choices, self.labels, strict=False))

    @property
    def numbers(self) -> Scoreboard:
        """How many images are answered, and the accuracies if they may be shown."""
        right = self.right if self.results_shown else ()
        recent = right[-RECENT:]
        return Scoreboard(
            answered=len(self.choices),
            total=len(self.plan),
            accuracy=sum(right) / len(right) if right else None,
            recent=sum(recent) / len(recent) if recent else None,
        )

    def answer(self, position: int, choice: int) -> "Game":
        """The game with an answer to the image at `position`.

        Raises Refused when that is not the next image or `choice` is not a class.
        """
        if self.position is None:
            raise Refused("All images are answered.")
        if position != self.position:
            raise Refused(f"Image {self.position} comes next, not image {position}.")
        if choice != CANNOT_TELL and not 0 <= choice < self.classes:
            raise Refused(f"An answer is a class from 0 to {self.classes - 1}, not {choice}.")
        after = replace(self, choices=(*self.choices, choice))
        return replace(after, finished=after.complete and self.mode == "learn")

    def undo(self, position: int) -> "Game":
        """The game without the answer at `position`.

        Raises Refused when that is not the last answer or its result was shown.
        """
        if self.results_shown:
            raise Refused("An answer can be taken back only in blind mode, before the result is shown.")
        if not self.choices or position != len(self.choices):
            raise Refused("Only the last answer can be taken back.")
        return replace(self, choices=self.choices[:-1])

    def finish(self) -> "Game":
        """The game with its results shown. Raises Refused while images are left."""
        if not self.complete:
            raise Refused(f"{counted(len(self.plan) - len(self.choices), 'image')} left to answer.")
        return replace(self, finished=True)


@dataclass(frozen=True)
class Stopwatch:
    """Seconds that an image was on screen, without pauses. All times come from one monotonic clock.

    >>> watch = Stopwatch().going(10.0).paused(12.5).going(100.0)
    >>> watch.seconds(101.0)
    3.5
    """

    before: float = 0.0  # seconds until the last pause
    since: float | None = None  # when it was started or continued; None while paused

    def going(self, now: float) -> "Stopwatch":
        """The watch started, or continued after a pause."""
        return self if self.since is not None else replace(self, since=now)

    def paused(self, now: float) -> "Stopwatch":
        """The watch paused."""
        return Stopwatch(before=self.seconds(now))

    def seconds(self, now: float) -> float:
        """Seconds so far, without pauses."""
        return self.before + (0.0 if self.since is None else now - self.since)
