"""Do layers, filters and dropout matter for the convolutional network (Thingwall et al. 2019, figures 11 and 12)?

    seedtrial run thingwall2019-conv-b && seedtrial report thingwall2019-conv-b

Eighteen recipes, one seed each. Rate 1e-3, batch 256 as the caption says (its section 3.3.2 says 1,024).

At most a day on 2 cores by the estimate of `seedtrial plan`.
"""

from seedtrial import Claim, Recipe, Study, cross
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, GAIN, conv, training
from seedtrial.study.published import Published
from seedtrial.study.table import Table

REPEATS, FILTERS, DROPOUTS = (1, 2, 3), (16, 32, 64), (0.0, 0.2)


def recipe(repeat: int, filters: int, dropout: float) -> Recipe:
    """The report's network with so many convolutions per block, filters in the first block, and dropout.

    >>> recipe(2, 32, 0.2).training.batch_size
    256
    """
    model = conv(repeat=repeat, filters=filters, dropout=dropout)
    return Recipe(data=DATA, model=model, training=training(batch_size=256))


CROSSED = cross({"m": REPEATS, "n": FILTERS, "d": DROPOUTS}, recipe, label="m={}, n={}, d={:g}")
TABLE = Table(  # three settings: two of them share the rows
    rows="layers per block and dropout",
    columns="filters",
    cells={label: (f"m={m}, d={d:g}", f"n={n}") for label, (m, n, d) in CROSSED.values.items()},
)


def study() -> Study:
    """Layers per block by filters by dropout.

    >>> len(study().recipes), study().seeds
    (18, 1)
    """
    label = CROSSED.label
    return Study(
        name="thingwall2019-conv-b",
        question="Do layers, filters and dropout matter for the convolutional network?",
        recipes=CROSSED.recipes,
        seeds=1,
        table=TABLE,
        claims=tuple(Claim.beats(label(m, n, 0.2), label(m, n, 0.0), by=GAIN) for m in REPEATS for n in FILTERS),
        assumptions=ASSUMED,
        grouped_by="model.dense_dropout",
        published={label(2, 64, 0.2): Published(accuracy=0.9347, digits=4, where="figure 11, its best cell")},
    )
