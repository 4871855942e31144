"""Which learning rate and batch size suit the dense network (Thingwall, Lunde and Borg 2019, figure 8)?

    seedtrial run thingwall2019-dense-a && seedtrial report thingwall2019-dense-a

Twelve cells, one seed each; its winner is chosen and reported on the same images, ours is chosen on validation
images.

At most 45 minutes on 2 cores by the estimate of `seedtrial plan`. Result, without batches of 8 at the two lower rates:
docs/results/thingwall2019-dense-a.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.models import Dense
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, training
from seedtrial.study.published import Published
from seedtrial.study.table import Grid

RATES = (1e-2, 1e-3, 1e-4)
SIZES = (8, 64, 512, 4096)


def label(rate: float, size: int) -> str:
    """What a cell is called."""
    return f"rate {rate:g}, batch {size}"


def study() -> Study:
    """Rates times batch sizes, five layers from 1,024."""
    return Study(
        name="thingwall2019-dense-a",
        question="Which learning rate and batch size suit the dense network?",
        recipes={
            label(rate, size): Recipe(
                data=DATA, model=Dense(first=1024, layers=5), training=training(batch_size=size, rate=rate)
            )
            for rate in RATES
            for size in SIZES
        },
        seeds=1,
        grid=Grid(
            rows="learning rate",
            columns="batch size",
            cells={label(rate, size): (f"{rate:g}", str(size)) for rate in RATES for size in SIZES},
        ),
        claims=(Claim.worst(label(1e-2, 8)), Claim.best(label(1e-3, 8))),
        assumptions=ASSUMED,
        published={"rate 0.001, batch 8": Published(accuracy=0.9054, digits=4, where="figure 8, its best cell")},
    )
