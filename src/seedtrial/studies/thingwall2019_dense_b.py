"""Do depth and width matter for the dense network (Thingwall, Lunde and Borg 2019, figure 9)?

    seedtrial run thingwall2019-dense-b && seedtrial report thingwall2019-dense-b

Twenty-five cells, one seed each: 1 to 10 layers, the first with 256 to 4,096 units, each half of the one before.
Rate 1e-3, batch 512. With 256 units the tenth layer would have half a unit, so halving stops at 1.

At most 2 hours on 2 cores by the estimate of `seedtrial plan`. Result, without the five networks from 4,096 units:
docs/results/thingwall2019-dense-b.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.models import Dense
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, training
from seedtrial.study.published import Published
from seedtrial.study.table import Grid

NOTHING = 0.5  # points; smaller differences mean nothing, the report says
LAYERS = (1, 2, 4, 6, 10)
WIDTHS = (256, 512, 1024, 2048, 4096)


def label(layers: int, first: int) -> str:
    """What a cell is called."""
    return f"{layers} layer{'s' if layers > 1 else ''} from {first}"


def study() -> Study:
    """Layers times first widths."""
    return Study(
        name="thingwall2019-dense-b",
        question="Do depth and width matter for the dense network?",
        recipes={
            label(layers, first): Recipe(
                data=DATA,
                model=Dense(widths=tuple(max(1, first >> layer) for layer in range(layers))),
                training=training(batch_size=512),
            )
            for layers in LAYERS
            for first in WIDTHS
        },
        seeds=1,
        grid=Grid(
            rows="layers",
            columns="first width",
            cells={label(layers, first): (str(layers), str(first)) for layers in LAYERS for first in WIDTHS},
        ),
        claims=(
            Claim.equals(label(1, 2048), label(4, 1024), within=NOTHING),
            Claim.equals(label(1, 256), label(1, 4096), within=NOTHING),
        ),
        assumptions=ASSUMED,
        published={label(1, 2048): Published(accuracy=0.9091, digits=4, where="figure 9, its best cell")},
    )
