"""The ladder of candidates, the simplest first: what is worth trying on images like these, and what may be varied.

A recipe here is as long as it is good for; a search shortens it. The numbers come from the studies records and
frontier, and from notes/log.md.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seedtrial.choosing.ranges import Options, Range
from seedtrial.data.dataset import DataSpec
from seedtrial.errors import SeedtrialError
from seedtrial.models import (
    Conv,
    Dense,
    FineTuned,
    Forest,
    Hog,
    Linear,
    Majority,
    ModelSpec,
    Neighbours,
    Pretrained,
    ResNet,
)  # fmt: skip
from seedtrial.models.backbone import weights_available
from seedtrial.models.convnet import ConvBlock
from seedtrial.runs.recipe import Recipe
from seedtrial.training.optimiser import SGD, Adam, AdamW
from seedtrial.training.prepare import usual
from seedtrial.training.schedule import Cosine, LinearDecay
from seedtrial.training.skipping import Skip
from seedtrial.training.spec import TrainSpec

MANY = 20_000  # images, from which easy ones may be left out of most passes
LARGE = 48  # pixels of a side, from which a network gets one stage more
FOREST = 100  # trees


@dataclass(frozen=True)
class Candidate:
    """Something to try.

    recipe: at its full length
    ranges: what a search may vary, besides the length
    starts: what it tries first, by the name of the range; what is not named is as usual
    grows:  whether a shorter training says anything; else there is only the full one
    early:  whether it is tried before simpler ones, since it is often the best that a short time allows

    >>> rate = Range("training.optimiser.rate", 1e-4, 1e-2, usual=1e-3)
    >>> candidate = Candidate("linear", Recipe(model=Linear()), (rate,))
    >>> candidate.settings({"training.optimiser.rate": 0.002})
    ('training.optimiser.rate=0.002',)
    """

    name: str
    recipe: Recipe
    ranges: tuple[Range | Options, ...] = ()
    starts: tuple[Mapping[str, Any], ...] = ({},)
    grows: bool = True
    early: bool = False

    def start(self, number: int) -> dict[str, Any]:
        """Every range's value in one of the starts."""
        return {each.name: each.usual for each in self.ranges} | dict(self.starts[number])

    def settings(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Values of its ranges, by their names, as settings."""
        return tuple(setting for each in self.ranges for setting in each.settings(values[each.name]))


@dataclass(frozen=True)
class Seen:
    """What the ladder depends on: the number of training images, and their shape (C, H, W)."""

    images: int
    shape: tuple[int, ...]
    classes: int

    @property
    def side(self) -> int:
        """Of an image, the shorter one, pixels."""
        return min(self.shape[1:])

    @property
    def batch(self) -> int:
        """Images per step, so that few images still give many steps."""
        return 128 if self.images >= 5_000 else 32

    def passes(self, steps: int, batch: int, *, least: int, most: int) -> int:
        """Epochs that make about so many steps, between `least` and `most`.

        >>> Seen(800, (1, 28, 28), 5).passes(1500, 32, least=10, most=100)
        60
        """
        return min(most, max(least, math.ceil(steps * batch / self.images)))


def ladder(data: DataSpec, seen: Seen) -> list[Candidate]:
    """All candidates for such images, the simplest first.

    >>> [each.name for each in ladder(DataSpec(), Seen(54_000, (1, 28, 28), 10))][-3:]
    ['conv', 'resnet 16-32-64', 'resnet 32-64-128']
    """
    return [candidate for candidate in _all(data, seen) if _fits(candidate, seen)]


def _all(data: DataSpec, seen: Seen) -> Iterator[Candidate]:
    yield Candidate("majority", _once(data, Majority()), grows=False)
    steps = seen.passes(3000, seen.batch, least=10, most=100)
    training = TrainSpec(epochs=steps, batch_size=seen.batch, optimiser=Adam(rate=1e-3), schedule=Cosine())
    yield Candidate("linear", Recipe(data=data, model=Linear(), training=training), (_rate(1e-3),))
    yield Candidate("neighbours", _once(data, Neighbours()), grows=False)
    training = training.model_copy(update={"optimiser": Adam(rate=0.01)})
    yield Candidate("hog", Recipe(data=data, model=Hog(), training=training), (_rate(0.01),))
    yield Candidate("forest", _once(data, Forest(trees=FOREST)), grows=False)
    yield _dense(data, seen)
    yield _conv(data, seen)
    yield _resnet(data, seen, (16, 32, 64), steps=8000, most=60)
    yield _resnet(data, seen, (32, 64, 128), steps=4200, most=200)
    if (seen.shape[0] == 3 or seen.side >= LARGE) and weights_available():
        yield from _pretrained(data, seen)


def _once(data: DataSpec, model: ModelSpec) -> Recipe:
    return Recipe(data=data, model=model, training=usual(model))


def _by_adamw(seen: Seen, *, steps: int, least: int) -> TrainSpec:
    """So many steps, in at least so many passes."""
    return TrainSpec(
        epochs=seen.passes(steps, seen.batch, least=least, most=120),
        batch_size=seen.batch,
        optimiser=AdamW(rate=1e-3, weight_decay=0.01),
        schedule=Cosine(warmup=0.05),
        label_smoothing=0.1,
    )


def _dense(data: DataSpec, seen: Seen) -> Candidate:
    training = _by_adamw(seen, steps=6000, least=12)
    standard = data.model_copy(update={"scaling": "standard"})
    model = Dense(widths=(512, 256), dropout=0.3)
    widths = {"half": ("model.widths=[256,128]",), "usual": (), "double": ("model.widths=[1024,512]",)}
    width = Options("width", widths, "usual")
    ranges = (_rate(1e-3), Range("model.dropout", 0.05, 0.6, 0.3), width, _moves(seen, mirrored=False))
    return Candidate("dense", Recipe(data=standard, model=model, training=training), ranges)


def _conv(data: DataSpec, seen: Seen) -> Candidate:
    training = _by_adamw(seen, steps=5000, least=10)
    filters = (32, 64) if seen.side < LARGE else (32, 64, 128)
    model = Conv(blocks=tuple(ConvBlock(filters=f) for f in filters), batch_norm="before", dense_dropout=0.3)
    standard = data.model_copy(update={"scaling": "standard"})
    ranges = (_rate(1e-3), Range("training.optimiser.weight_decay", 1e-3, 0.3, 0.01), _moves(seen, mirrored=False))
    return Candidate("conv", Recipe(data=standard, model=model, training=training), ranges, _starts(seen))


def _resnet(data: DataSpec, seen: Seen, widths: tuple[int, ...], *, steps: int, most: int) -> Candidate:
    """The recipe of the study records, with as many steps for fewer images, and smaller batches for few."""
    batch = 256 if seen.images >= MANY else seen.batch
    training = TrainSpec(
        epochs=seen.passes(steps, batch, least=12, most=most),
        batch_size=batch,
        optimiser=SGD(rate=0.2 * batch / 256, momentum=0.9, nesterov=True, weight_decay=5e-4),
        schedule=LinearDecay(warmup=0.2),
        label_smoothing=0.1,
        skip=Skip(share=0.7, first=1, last=0.05) if seen.images >= MANY else None,
    )
    name = "resnet " + "-".join(map(str, widths))
    if seen.side >= LARGE:
        widths = (*widths, widths[-1])
    model = ResNet(widths=widths, stem_pool=seen.side >= 24 and widths[0] > 16 or seen.side >= LARGE)
    standard = data.model_copy(update={"scaling": "standard"})
    ranges = (
        _rate(training.optimiser.rate),
        Range("training.optimiser.weight_decay", 1e-4, 3e-3, 5e-4),
        _moves(seen, mirrored=True),
    )
    starts = _starts(seen) if steps < 5000 or seen.images < MANY else _starts(seen)[:1]  # one of them where it is slow
    return Candidate(name, Recipe(data=standard, model=model, training=training), ranges, starts)


def _pretrained(data: DataSpec, seen: Seen) -> Iterator[Candidate]:
    """Backbones that know pictures of things; small images are enlarged for them."""
    side = max(96, min(160, seen.side))
    yield Candidate("pretrained", _once(data, Pretrained(side=side)), grows=False, early=True)
    model = FineTuned(side=side)
    training = usual(model).model_copy(update={"epochs": seen.passes(400, 32, least=3, most=20)})
    ranges = (_rate(0.03), _moves(seen, mirrored=True))
    yield Candidate("finetuned", Recipe(data=data, model=model, training=training), ranges)


def _rate(usual: float) -> Range:
    return Range("training.optimiser.rate", usual / 4, usual * 4, usual)


def _moves(seen: Seen, *, mirrored: bool) -> Options:
    """How images may be moved. Whether a mirrored image is of the same class, as a shoe is and a digit is not, shows on
    validation images."""
    pixels = max(1, seen.side // 14)
    both = ("training.mirrored=true",) if mirrored else ()
    return Options(
        "augmentation",
        {
            "none": ("training.augment=null",),
            "shifts": (_augment(crop=pixels),),
            "mirrors": (_augment(flip=True), *both),
            "mirrors and shifts": (_augment(flip=True, crop=pixels), *both),
            "turns and zooms": (_augment(flip=True, rotation=12, shift=0.06, zoom=0.12), *both),
            "turns without mirrors": (_augment(rotation=12, shift=0.06, zoom=0.12),),
            "strong": (_augment(flip=True, crop=2 * pixels, erase=0.4), *both),
        },
        "mirrors" if seen.images >= MANY else "mirrors and shifts",
    )


def _starts(seen: Seen) -> tuple[Mapping[str, Any], ...]:
    """With mirrored images and without."""
    with_mirrors = "mirrors" if seen.images >= MANY else "turns and zooms"
    return ({"augmentation": with_mirrors}, {"augmentation": "shifts"})


def _augment(**settings: Any) -> str:
    return f"training.augment={json.dumps(settings)}"


def _fits(candidate: Candidate, seen: Seen) -> bool:
    """Whether its network fits on such images at all; a cell or a kernel may be larger than they are."""
    try:
        candidate.recipe.model.summary(seen.shape, seen.classes)
    except SeedtrialError:
        return False
    return candidate.recipe.problem() is None
