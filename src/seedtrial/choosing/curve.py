"""What more images would give: the winner on a tenth and a third of them, and a power law through the errors."""

import math
from dataclasses import dataclass

from seedtrial.choosing.bench import Bench
from seedtrial.choosing.trial import Trial
from seedtrial.spec import override

SHARES = (1 / 3, 1 / 10)
LONGER = 3  # times the epochs at most, so that few images still give enough steps


@dataclass(frozen=True)
class Curve:
    """Accuracy on the validation images by the number of training images.

    points: (images, accuracy), the fewest images first
    judged: number of validation images; 0: so many that chance has no part in the accuracies

    >>> round(Curve(((100, 0.5), (1000, 0.75))).at(2000), 3)
    0.797
    """

    points: tuple[tuple[int, float], ...]
    judged: int = 0

    def at(self, images: int) -> float | None:
        """The accuracy that a power law expects with so many images; None where it rose no more than chance explains.

        Source: Cortes et al. 1993, Learning curves: asymptotic values and rate of convergence (without an asymptote).
        """
        points = [(math.log(count), math.log(max(1 - accuracy, 1e-6))) for count, accuracy in self.points]
        if len(points) < 2:
            return None
        (_, before), (_, now) = self.points[0], self.points[-1]
        error = math.sqrt(2 * now * (1 - now) / self.judged) if self.judged else 0.0
        if now - before < 2 * error:
            return None
        mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        last = points[-1]
        return None if slope >= 0 else 1 - math.exp(last[1] + slope * (math.log(images) - last[0]))


def learning_curve(bench: Bench, winner: Trial, *, seconds: float, jobs: int) -> Curve:
    """Train the winner on a third and a tenth of the images, as far as the time suffices."""
    total, full = len(bench.dataset.train), winner.at(winner.rung)
    recipes, cost = {}, 0.0
    for share in SHARES:
        images, times = round(total * share), min(LONGER, 1 / share)
        cost += winner.seconds[winner.rung] * times * share
        if images < 2 * len(bench.dataset.classes) or cost > seconds * jobs:
            break
        epochs = full.training.epochs if not winner.candidate.grows else round(full.training.epochs * times)
        recipes[str(images)] = override(full, [f"data.limit={images}", f"training.epochs={epochs}"])
    points = {total: winner.accuracy}
    if recipes:
        scored = bench.train(recipes, seconds=seconds)
        points |= {int(label): each.accuracy for label, each in scored.items() if each.accuracy is not None}
    validation = bench.dataset.validation
    return Curve(tuple(sorted(points.items())), judged=0 if validation is None else len(validation))
