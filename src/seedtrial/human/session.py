"""Playing: a game joined to the images and to the store, so that every move is committed before its effect is seen."""

import math
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np

from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL, Mode
from seedtrial.human.game import Game, Refused, plan
from seedtrial.human.store import Answer, Data, Row, Store

LONGEST = 64  # characters of a nickname
JOINERS = "\u200c\u200d"  # invisible, but scripts and emoji need them


@dataclass(frozen=True)
class Material:
    """The test part that is labelled.

    images: (N, C, H, W) uint8
    labels: (N,) int64
    """

    data: Data
    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Rules:
    """What is the same for everybody who plays.

    images: how many are to be answered; fewer where the data set has no more
    """

    mode: Mode
    seed: int
    images: int


@dataclass(frozen=True)
class Playing:
    """A session of a player, as it stands."""

    player: int
    session: int
    game: Game
    last: float  # seconds since 1970


@dataclass(frozen=True)
class ClassResult:
    """Right answers of images shown, of one class."""

    name: str
    right: int
    shown: int


@dataclass(frozen=True)
class Result:
    """Right answers of images shown; how often "I can't tell" was said; the classes that were shown."""

    right: int
    shown: int
    cannot_tell: int
    classes: tuple[ClassResult, ...]


def nickname(text: str) -> str:
    """A nickname as it is kept: trimmed, in one normal form. Raises SeedtrialError for what nobody could read."""
    name = unicodedata.normalize("NFC", text.strip()) if len(text) <= 10 * LONGEST else text
    if not 1 <= len(name) <= LONGEST:
        raise SeedtrialError(f"A nickname has 1 to {LONGEST} characters, not {len(name):,}.")
    kinds = Counter(unicodedata.category(letter) for letter in name if letter not in JOINERS)
    if any(kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for kind in kinds):
        raise SeedtrialError("A nickname needs visible characters; this one contains invisible ones.")
    if not any(kind[0] in "LNPS" for kind in kinds):
        raise SeedtrialError("A nickname needs at least one letter, number or sign.")
    return name


class Sessions:
    """All who play on some material by the same rules. Used by many threads at once."""

    def __init__(self, store: Store, material: Material, rules: Rules) -> None:
        self.store, self.material, self.rules = store, material, rules

    def open(self, player: int) -> Playing:
        """Begin this player's session, or go on with it. Raises SeedtrialError when a blind one was finished before."""
        rules, data = self.rules, self.material.data

        def planned(before: Row | None, seen: frozenset[int]) -> list[int]:
            answered = list(before.plan[: len(before.choices)]) if before else []
            if before and before.finished and rules.mode == "blind":
                if min(rules.images, data.images) > len(answered):
                    raise SeedtrialError(
                        f"This blind session ended after {len(answered):,} images and its result was shown; "
                        "another --seed begins another."
                    )
                return answered
            rows = plan(rules.seed, data.images, rules.images, answered=answered, seen=seen)
            if not rows:
                raise SeedtrialError(f"This player has answered all {data.images:,} test images of {data.name} before.")
            return rows

        session = self.store.open_session(player, data, rules.mode, rules.seed, planned, now=time.time())
        playing = self.playing(player, session)
        if playing.game.complete and rules.mode == "learn":  # fewer images are asked for than before
            return self.finish(playing)
        return playing

    def playing(self, player: int, session: int) -> Playing:
        """A session as it stands. Raises Refused when it is not this player's, or another was opened since."""
        row = self.store.session(player, session)
        if row is None:
            raise Refused("This session is not yours.")
        if not row.open:
            raise Refused("This player has opened another session since; open this one again to continue here.")
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
        """Commit an answer. Raises Refused when it is not the one that is due.

        seconds: how long the image was looked at; no more is believed than has passed since the answer before
        """
        now = time.time()
        after = before.game.answer(position, choice)
        believed = min(seconds, max(now - before.last, 0.0)) if math.isfinite(seconds) else 0.0
        image, label = before.game.plan[position - 1], before.game.labels[position - 1]
        given = Answer(position, image, label, choice, max(believed, 0.0), now)
        if not self.store.add(before.session, given, finished=after.finished):
            raise Refused(f"Image {position} has been answered already, or the session continued elsewhere.")
        return Playing(before.player, before.session, after, now)

    def undo(self, before: Playing, position: int) -> Playing:
        """Take the last answer back. Raises Refused when it is not the one at `position`, or its result was shown."""
        after = before.game.undo(position)
        if not self.store.remove_last(before.session, position):
            raise Refused("Only the last answer can be taken back.")
        return Playing(before.player, before.session, after, before.last)

    def finish(self, before: Playing) -> Playing:
        """End a session whose images are all answered; after that its result may be shown."""
        after = before.game.finish()
        self.store.finish(before.session)
        return Playing(before.player, before.session, after, before.last)

    def result(self, playing: Playing) -> Result:
        """The result. Raises Refused before the end."""
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
