"""Which learning rate and batch size suit the convolutional network (Thingwall, Lunde and Borg 2019, figure 10)?

    seedtrial run thingwall2019-conv-a && seedtrial report thingwall2019-conv-a

Twelve recipes, and three with batches of 256, which the report names as its best but does not list; one seed each.

At most 14 hours on 2 cores by the estimate of `seedtrial plan`.
"""

from seedtrial import Claim, Recipe, Study, cross
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, conv, training
from seedtrial.study.published import Published

CROSSED = cross(
    {"training.optimiser.rate": (1e-2, 1e-3, 1e-4), "training.batch_size": (8, 64, 256, 512, 4096)},
    Recipe(data=DATA, model=conv(), training=training(batch_size=64)),
    label="rate {:g}, batch {}",
    names=("learning rate", "batch size"),
)


def study() -> Study:
    """Learning rates by batch sizes for the default network.

    >>> len(study().recipes), study().seeds
    (15, 1)
    """
    best = CROSSED.label(1e-3, 256)
    return Study(
        name="thingwall2019-conv-a",
        question="Which learning rate and batch size suit the convolutional network?",
        recipes=CROSSED.recipes,
        seeds=1,
        table=CROSSED.table,
        claims=(Claim.worst(CROSSED.label(1e-2, 8)), Claim.best(best)),
        assumptions=ASSUMED,
        published={best: Published(accuracy=0.9350, digits=4, where="figure 10, its best cell")},
    )
