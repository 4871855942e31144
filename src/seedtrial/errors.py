"""Errors that the user can correct: one sentence that says what was expected, what came, and what would work.

SeedtrialError             every error below; the command line prints its sentence and exits with 1
├── Unknown                a name that does not exist, with the nearest one that does
├── Busy                   another process holds the run
├── Diverged               the loss is no longer a number
├── data.picture.Unusable  a picture file that is skipped, with the reason
├── human.game.Refused     a move that the game does not allow now
└── human.web.Stranger     somebody who is not a player of this game
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SeedtrialError(Exception):
    """An error that the user can correct; the message is one sentence for the person at the keyboard.

    >>> try:
    ...     raise SeedtrialError("There is no folder images.")
    ... except SeedtrialError as error:
    ...     print(error)
    There is no folder images.
    """


class Diverged(SeedtrialError):
    """The training loss is no longer a finite number.

    loss:        the loss of that step
    epoch, step: where it happened, both counted from 1
    rate:        the learning rate at that step

    >>> print(Diverged(loss=float("nan"), epoch=3, step=7, rate=0.1))
    Loss is nan in epoch 3, step 7; the rate 0.1 may be too high.
    """

    def __init__(self, *, loss: float, epoch: int, step: int, rate: float) -> None:
        super().__init__(f"Loss is {loss} in epoch {epoch}, step {step}; the rate {rate:g} may be too high.")
        self.loss, self.epoch, self.step = loss, epoch, step


class Busy(SeedtrialError):
    """Another process is working on the same run.

    >>> raise Busy("Another seedtrial is working on runs/341ae1fdfea4-s0.")
    Traceback (most recent call last):
        ...
    seedtrial.errors.Busy: Another seedtrial is working on runs/341ae1fdfea4-s0.
    """


class Unknown(SeedtrialError):
    """A name that does not exist; `unknown` writes its sentence.

    >>> raise unknown("data set", "digit", ["digits"])
    Traceback (most recent call last):
        ...
    seedtrial.errors.Unknown: There is no data set 'digit'. Did you mean 'digits'? Known: digits.
    """


def unknown(kind: str, name: str, known: Iterable[str]) -> Unknown:
    """The error for a name that does not exist, with the nearest one that does.

    >>> print(unknown("architecture", "resnit", ["conv", "resnet"]))
    There is no architecture 'resnit'. Did you mean 'resnet'? Known: conv, resnet.
    """
    names = sorted(known)
    nearest = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    listed = f" Known: {', '.join(names)}." if names else ""
    return Unknown(f"There is no {kind} '{name}'.{hint}{listed}")
