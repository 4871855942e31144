"""Sessions: the game with its images and its store. Every move is committed before its effect is shown."""

import math
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np

from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL, Mode
from seedtrial.human.game import Game, Refused, session_rows
from seedtrial.human.records import LabelledData, StoredAnswer, StoredSession
from seedtrial.human.store import Store
from seedtrial.words import counted

MAX_NICKNAME = 64  # characters
JOINERS = "\u200c\u200d"  # invisible, but needed by some scripts and by emoji


@dataclass(frozen=True)
class Material:
    """The test images that people label.

    images: (N, C, H, W) uint8
    labels: (N,) int64

    >>> data = LabelledData("f" * 64, "boots", ("left", "right"), 3)
    >>> Material(data, np.zeros((3, 1, 8, 8), np.uint8), np.array([0, 1, 1])).labels.tolist()
    [0, 1, 1]
    """

    data: LabelledData
    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Rules:
    """The rules that all players share.

    mode:   learn: the true class is shown after each answer; blind: results are shown at the end
    seed:   decides which images are shown, and in which order
    images: images per session; fewer if the data set has no more

    >>> Rules("blind", seed=0, images=200).mode
    'blind'
    """

    mode: Mode
    seed: int
    images: int


@dataclass(frozen=True)
class Playing:
    """The state of a player's session.

    player, session: their numbers in the store
    last:            time of the last answer or of opening the session, in seconds since 1970

    >>> Playing(player=1, session=1, game=Game("learn", 2, (4, 2), (0, 1)), last=0.0).game.image
    4
    """

    player: int
    session: int
    game: Game
    last: float


@dataclass(frozen=True)
class ClassResult:
    """Correct answers among the images of one class that were shown.

    >>> ClassResult("boot", right=9, shown=10).right
    9
    """

    name: str
    right: int
    shown: int


@dataclass(frozen=True)
class Result:
    """The result of a session.

    right, shown: correct answers among the images that were shown
    cannot_tell:  how often the answer was "I can't tell"
    classes:      the same class by class, for classes that were shown

    >>> Result(right=9, shown=10, cannot_tell=1, classes=(ClassResult("boot", 9, 10),)).classes[0].name
    'boot'
    """

    right: int
    shown: int
    cannot_tell: int
    classes: tuple[ClassResult, ...]


def nickname(text: str) -> str:
    """A nickname as it is stored: trimmed and in Unicode normal form NFC.

    Raises SeedtrialError when it is empty, too long, or cannot be read.

    >>> nickname("  Ada ")
    'Ada'
    """
    name = unicodedata.normalize("NFC", text.strip()) if len(text) <= 10 * MAX_NICKNAME else text
    if not 1 <= len(name) <= MAX_NICKNAME:
        raise SeedtrialError(f"A nickname has 1 to {MAX_NICKNAME} characters, not {len(name):,}.")
    # Control characters would reach the terminals and spreadsheets of others, and marks that reverse the direction of
    # text make one name look like another.
    kinds = Counter(unicodedata.category(letter) for letter in name if letter not in JOINERS)
    if any(kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for kind in kinds):
        raise SeedtrialError("A nickname needs visible characters; this one contains invisible ones.")
    if not any(kind[0] in "LNPS" for kind in kinds):
        raise SeedtrialError("A nickname needs at least one letter, number or sign.")
    return name


class Sessions:
    """The sessions of all players of one game: the same images, the same rules. Safe for use by many threads.

    >>> import tempfile
    >>> from pathlib import Path
    >>> images, labels = np.zeros((3, 1, 8, 8), np.uint8), np.array([0, 1, 1])
    >>> material = Material(LabelledData("f" * 64, "boots", ("left", "right"), 3), images, labels)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder) / "play.sqlite")
    ...     sessions = Sessions(store, material, Rules("learn", seed=0, images=2))
    ...     playing = sessions.open(store.add_player("Ada"))
    ...     while not playing.game.finished:
    ...         position = playing.game.position
    ...         playing = sessions.answer(playing, position, choice=playing.game.labels[position - 1], seconds=1.0)
    ...     result = sessions.result(playing)
    ...     store.close()
    >>> result.right, result.shown
    (2, 2)
    """

    def __init__(self, store: Store, material: Material, rules: Rules) -> None:
        self.store, self.material, self.rules = store, material, rules

    def open(self, player: int) -> Playing:
        """Starts or continues the player's session.

        Raises SeedtrialError when all images were answered before, or a finished blind session would become longer.
        """
        rules, data = self.rules, self.material.data

        def choose_rows(before: StoredSession | None, seen: frozenset[int]) -> list[int]:
            answered = list(before.plan[: len(before.choices)]) if before else []
            # Whoever has seen the result of a blind session is not blind any more, so it takes no further images.
            if before and before.finished and rules.mode == "blind":
                if min(rules.images, data.images) > len(answered):
                    raise SeedtrialError(
                        f"This blind session ended after {counted(len(answered), 'image')} and its result was shown; "
                        "another --seed starts a new one."
                    )
                return answered
            rows = session_rows(rules.seed, data.images, rules.images, answered=answered, seen=seen)
            if not rows:
                raise SeedtrialError(
                    f"This player has already answered all {data.images:,} test images of {data.name}."
                )
            return rows

        session = self.store.open_session(player, data, rules.mode, rules.seed, choose_rows, now=time.time())
        playing = self.playing(player, session)
        # An unfinished session becomes complete when the game is started again with fewer --images.
        if playing.game.complete and rules.mode == "learn":
            return self.finish(playing)
        return playing

    def playing(self, player: int, session: int) -> Playing:
        """The state of a session. Raises Refused when it is another player's, or this player opened a newer one."""
        row = self.store.session(player, session)
        if row is None:
            raise Refused("This session is not yours.")
        if not row.open:
            raise Refused("This player has opened another session since then; open this one again to continue here.")
        game = Game(
            mode=row.mode,
            classes=len(self.material.data.classes),
            plan=row.plan,
            labels=tuple(self.material.labels[list(row.plan)].tolist()),
            choices=row.choices,
            finished=row.finished,
        )
        return Playing(player, session, game, row.last)

    def answer(self, before: Playing, position: int, choice: int, seconds: float) -> Playing:
        """Commits an answer. Raises Refused when it is not the answer to the next image.

        seconds: how long the player looked at the image, as measured by the browser or the terminal
        """
        now = time.time()
        after = before.game.answer(position, choice)
        # The time comes from the player's machine. The server's clock caps it: an answer cannot have taken longer than
        # the time since the previous answer, or since the session was opened. A clock that was set back gives 0.
        credited = min(seconds, max(now - before.last, 0.0)) if math.isfinite(seconds) else 0.0
        image, label = before.game.plan[position - 1], before.game.labels[position - 1]
        given = StoredAnswer(position, image, label, choice, max(credited, 0.0), now)
        # The store checks again: between reading the session and this line, another tab may have sent the same answer.
        if not self.store.add(before.session, given, finished=after.finished):
            raise Refused(f"Image {position} is already answered, or the session continued elsewhere.")
        return Playing(before.player, before.session, after, now)

    def undo(self, before: Playing, position: int) -> Playing:
        """Takes the answer at `position` back. Raises Refused when it is not the last, or its result was shown."""
        after = before.game.undo(position)
        if not self.store.remove_last(before.session, position):
            raise Refused("Only the last answer can be taken back.")
        return Playing(before.player, before.session, after, before.last)

    def finish(self, before: Playing) -> Playing:
        """Ends a session whose images are all answered; then its result may be shown."""
        after = before.game.finish()
        self.store.finish(before.session)
        return Playing(before.player, before.session, after, before.last)

    def result(self, playing: Playing) -> Result:
        """The result of a finished session. Raises Refused before the end."""
        game = playing.game
        if not game.finished:
            raise Refused("The result is shown at the end.")
        labels = game.labels[: len(game.choices)]
        shown = Counter(labels)
        right = Counter(label for label, good in zip(labels, game.right, strict=True) if good)
        classes = tuple(
            ClassResult(name, right[number], shown[number])
            for number, name in enumerate(self.material.data.classes)
            if shown[number]
        )
        return Result(sum(game.right), len(labels), game.choices.count(CANNOT_TELL), classes)
