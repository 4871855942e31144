"""Evidence of studies that are judged by another measure than accuracy: balanced accuracy, macro-F1, AUROC.

Measures are in per cent, their differences in points. What is asked is the same as of accuracies: would retraining show
the same, and would other images. For the second, images are resampled, since these measures are no means over images.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seedtrial.claims.evidence import Comparison, over_seeds
from seedtrial.claims.observed import NotTested, Observed, repetitions
from seedtrial.evaluation.measures import WORDS, MeasureName, error_by_resampling, measured
from seedtrial.evaluation.statistics import Spread, mean_is_zero, share_over_folds, share_spread, spread, tail


def compare_measures(a: str, b: str, paired: Sequence[tuple[Observed, Observed]]) -> Comparison | NotTested:
    """The measure of A less that of B over seeds or folds, points; or why there is none.

    paired: what both left, seed by seed
    """
    name = paired[0][0].measure
    values = [[_gap(name, x, y) for x, y in zip(one.parts, other.parts, strict=True)] for one, other in paired]
    whole = [_gap(name, x, y) for x, y in paired]
    if not np.isfinite([*whole, *sum(values, [])]).all():
        return NotTested(f"{_capital(name)} is not defined on these images, or on those of a fold: a class is missing.")
    first, second = ([side.predictions for side in sides] for sides in zip(*paired, strict=True))
    image_error = 100 * error_by_resampling(name, first, second)
    folds, images = paired[0][0].folds, len(first[0])
    difference = over_seeds(
        repetitions(values, [seen for seen, _ in paired]),
        image_error=image_error,
        resolution=100 * max(1, len(folds)) / images,
        ratio=paired[0][0].ratio,
        mean=float(np.mean(whole)) if folds else None,
    )
    difference = replace(difference, low=max(-100.0, difference.low), high=min(100.0, difference.high))
    p_seeds = mean_is_zero(difference) if difference.n > 1 else None
    p_images = min(1.0, 2 * tail(abs(float(np.mean(whole))), error=image_error, freedom=np.inf))
    return Comparison(f"difference of {WORDS[name]}", a, b, difference, image_error, p_seeds, p_images)


def measure_spread(observed: Sequence[Observed], *, scale: float = 1.0) -> Spread:
    """The study's measure over seeds or folds, with an interval that stays between 0 and 1 (times `scale`).

    With a single seed the interval is over images, by resampling.
    """
    name, first = observed[0].measure, observed[0]
    values = [[scale * measured(name, part.predictions) for part in seen.parts] for seen in observed]
    whole = [scale * measured(name, seen.predictions) for seen in observed]
    images, mean = len(first.predictions), float(np.mean(whole))
    if not np.isfinite([*whole, *sum(values, [])]).all():
        return spread([mean])
    if first.folds:
        over_folds = repetitions(values, observed)
        folds = len(first.folds)
        return share_over_folds(over_folds, images=images, folds=folds, ratio=first.ratio, mean=mean, scale=scale)
    if len(whole) > 1:
        return share_spread(whole, images=images, scale=scale)
    half = 1.96 * scale * error_by_resampling(name, [first.predictions])
    return replace(spread(whole), low=max(0.0, mean - half), high=min(scale, mean + half))


def _gap(name: MeasureName, a: Observed, b: Observed) -> float:
    return 100 * measured(name, a.predictions) - 100 * measured(name, b.predictions)


def _capital(name: MeasureName) -> str:
    return WORDS[name][0].upper() + WORDS[name][1:]
