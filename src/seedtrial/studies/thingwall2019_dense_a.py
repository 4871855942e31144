"""Which learning rate and batch size suit the dense network (Thingwall, Lunde and Borg 2019, figure 8)?

    seedtrial run thingwall2019-dense-a && seedtrial report thingwall2019-dense-a

Twelve recipes, one seed each. The report chooses its best recipe on the images that it reports on; we choose ours on
validation images.

At most 45 minutes on 2 cores by the estimate of `seedtrial plan`. Result, without batches of 8 at the two lower rates:
docs/results/thingwall2019-dense-a.json.
"""

from seedtrial import Claim, Recipe, Study, cross
from seedtrial.models import Dense
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, training
from seedtrial.study.published import Published

BASE = Recipe(data=DATA, model=Dense(first=1024, layers=5), training=training(batch_size=64))
CROSSED = cross(
    {"training.optimiser.rate": (1e-2, 1e-3, 1e-4), "training.batch_size": (8, 64, 512, 4096)},
    BASE,
    label="rate {:g}, batch {}",
    names=("learning rate", "batch size"),
)


def study() -> Study:
    """Learning rates by batch sizes; five layers, the first of 1,024 units.

    >>> len(study().recipes), study().seeds
    (12, 1)
    """
    best = CROSSED.label(1e-3, 8)
    return Study(
        name="thingwall2019-dense-a",
        question="Which learning rate and batch size suit the dense network?",
        recipes=CROSSED.recipes,
        seeds=1,
        table=CROSSED.table,
        claims=(Claim.worst(CROSSED.label(1e-2, 8)), Claim.best(best)),
        assumptions=ASSUMED,
        published={best: Published(accuracy=0.9054, digits=4, where="figure 8, its best cell")},
    )
