"""Which learning rate and batch size suit the convolutional network (Thingwall, Lunde and Borg 2019, figure 10)?

    seedtrial run thingwall2019-conv-a && seedtrial report thingwall2019-conv-a

Twelve cells, and batch 256, which the report names as its best but does not list; one seed each.

At most 14 hours on 2 cores by the estimate of `seedtrial plan`.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, conv, training
from seedtrial.study.published import Published
from seedtrial.study.table import Grid

RATES = (1e-2, 1e-3, 1e-4)
SIZES = (8, 64, 256, 512, 4096)


def label(rate: float, size: int) -> str:
    """What a cell is called."""
    return f"rate {rate:g}, batch {size}"


def study() -> Study:
    """Rates times batch sizes, the default network."""
    return Study(
        name="thingwall2019-conv-a",
        question="Which learning rate and batch size suit the convolutional network?",
        recipes={
            label(rate, size): Recipe(data=DATA, model=conv(), training=training(batch_size=size, rate=rate))
            for rate in RATES
            for size in SIZES
        },
        seeds=1,
        grid=Grid(
            rows="learning rate",
            columns="batch size",
            cells={label(rate, size): (f"{rate:g}", str(size)) for rate in RATES for size in SIZES},
        ),
        claims=(Claim.worst(label(1e-2, 8)), Claim.best(label(1e-3, 256))),
        assumptions=ASSUMED,
        published={"rate 0.001, batch 256": Published(accuracy=0.9350, digits=4, where="figure 10, its best cell")},
    )
