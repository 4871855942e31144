"""How the recipes of a study were chosen: what was tried before, and what more images would give."""

from collections.abc import Sequence
from dataclasses import dataclass

from seedtrial.report import figures
from seedtrial.report.drawing import svg


@dataclass(frozen=True)
class Tried:
    """What was tried of one candidate before the study, on validation images.

    settings: how many different ones; seconds: of all their trainings
    accuracy: the best one's, in [0, 1]; None where none was finished; epochs, chosen: of the best one

    >>> chosen = ("model.dropout=0.2",)
    >>> Tried("conv", settings=12, seconds=80.0, accuracy=0.97, epochs=30, chosen=chosen, state="final").settings
    12
    """

    name: str
    settings: int
    seconds: float
    accuracy: float | None
    epochs: int | None
    chosen: Sequence[str]
    state: str


@dataclass(frozen=True)
class Lead:
    """How the recipes of a study were chosen.

    answer: sentences, the most important one first
    curve:  (training images, validation accuracy in [0, 1]) of the chosen recipe, the fewest images first

    >>> Lead(answer=("conv is the best.",), tried=(), curve=((100, 0.7), (1000, 0.9))).curve[-1]
    (1000, 0.9)
    """

    answer: Sequence[str]
    tried: Sequence[Tried]
    curve: Sequence[tuple[int, float]]


def more_images_figure(lead: Lead | None) -> str | None:
    """The figure of accuracy by the number of training images; None without at least two points.

    >>> more_images_figure(None) is None
    True
    """
    if lead is None or len(lead.curve) < 2:
        return None
    title = "Validation accuracy of the chosen recipe by the number of training images"
    return svg(figures.more_images(lead.curve), title=title)
