"""Do depth and width matter for the dense network (Thingwall, Lunde and Borg 2019, figure 9)?

    seedtrial run thingwall2019-dense-b && seedtrial report thingwall2019-dense-b

Twenty-five recipes, one seed each: 1 to 10 layers, the first with 256 to 4,096 units, each half as wide as the one
before. Rate 1e-3, batch 512. From 256 units the tenth layer would have half a unit, so halving stops at 1.

At most 2 hours on 2 cores by the estimate of `seedtrial plan`. Result, without the five networks from 4,096 units:
docs/results/thingwall2019-dense-b.json.
"""

from seedtrial import Claim, Recipe, Study, cross
from seedtrial.models import Dense
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, training
from seedtrial.study.published import Published
from seedtrial.words import counted

NEGLIGIBLE = 0.5  # points; the report says that smaller differences mean nothing


def recipe(layers: int, first: int) -> Recipe:
    """A network of so many layers, each half as wide as the one before.

    >>> recipe(3, 256).model.widths
    (256, 128, 64)
    """
    widths = tuple(max(1, first >> layer) for layer in range(layers))
    return Recipe(data=DATA, model=Dense(widths=widths), training=training(batch_size=512))


CROSSED = cross(
    {"layers": (1, 2, 4, 6, 10), "first width": (256, 512, 1024, 2048, 4096)},
    recipe,
    label=lambda layers, first: f"{counted(layers, 'layer')} from {first}",
)


def study() -> Study:
    """Numbers of layers by widths of the first.

    >>> len(study().recipes), study().seeds
    (25, 1)
    """
    label = CROSSED.label
    return Study(
        name="thingwall2019-dense-b",
        question="Do depth and width matter for the dense network?",
        recipes=CROSSED.recipes,
        seeds=1,
        table=CROSSED.table,
        claims=(
            Claim.equals(label(1, 2048), label(4, 1024), within=NEGLIGIBLE),
            Claim.equals(label(1, 256), label(1, 4096), within=NEGLIGIBLE),
        ),
        assumptions=ASSUMED,
        published={label(1, 2048): Published(accuracy=0.9091, digits=4, where="figure 9, its best cell")},
    )
