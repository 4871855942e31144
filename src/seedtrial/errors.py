"""What seedtrial says when it cannot go on: one sentence for the person at the keyboard."""

from collections.abc import Iterable
from difflib import get_close_matches


class SeedtrialError(Exception):
    """The user can mend this; the message is one sentence that says what was expected, what came, what would work."""


class Diverged(SeedtrialError):
    """Training met a loss that is not a number, in `epoch` (from 1) at `step` (from 1)."""

    def __init__(self, *, loss: float, epoch: int, step: int, rate: float) -> None:
        super().__init__(f"Loss is {loss} in epoch {epoch}, step {step}; the rate {rate:g} may be too high.")
        self.loss, self.epoch, self.step = loss, epoch, step


class Busy(SeedtrialError):
    """Another process works on the same run at this moment."""


class Unknown(SeedtrialError):
    """A name that does not exist."""


def unknown(kind: str, name: str, known: Iterable[str]) -> Unknown:
    """The error for a name that does not exist, with the nearest one that does.

    >>> print(unknown("architecture", "resnit", ["conv", "resnet"]))
    There is no architecture 'resnit'. Did you mean 'resnet'? Known: conv, resnet.
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    told = f" Known: {', '.join(names)}." if names else ""
    return Unknown(f"There is no {kind} '{name}'.{hint}{told}")
