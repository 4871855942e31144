"""Do layers, filters and dropout matter for the convolutional network (Thingwall et al. 2019, figures 11 and 12)?

    seedtrial run thingwall2019-conv-b && seedtrial report thingwall2019-conv-b

Eighteen cells, one seed each, rate 1e-3, batch 256 as the caption says (its section 3.3.2 says 1,024).

At most a day on 2 cores by the estimate of `seedtrial plan`.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.studies.thingwall2019 import ASSUMED, DATA, GAIN, conv, training
from seedtrial.study.published import Published
from seedtrial.study.table import Grid

REPEATS = (1, 2, 3)
FILTERS = (16, 32, 64)
DROPOUTS = (0.0, 0.2)


def label(repeat: int, filters: int, dropout: float) -> str:
    """What a cell is called."""
    return f"m={repeat}, n={filters}, d={dropout:g}"


def study() -> Study:
    """Layers per block times filters times dropout."""
    return Study(
        name="thingwall2019-conv-b",
        question="Do layers, filters and dropout matter for the convolutional network?",
        recipes={
            label(repeat, filters, dropout): Recipe(
                data=DATA,
                model=conv(repeat=repeat, filters=filters, dropout=dropout),
                training=training(batch_size=256),
            )
            for repeat in REPEATS
            for filters in FILTERS
            for dropout in DROPOUTS
        },
        seeds=1,
        grid=Grid(
            rows="layers per block and dropout",
            columns="filters",
            cells={
                label(repeat, filters, dropout): (f"m={repeat}, d={dropout:g}", f"n={filters}")
                for repeat in REPEATS
                for filters in FILTERS
                for dropout in DROPOUTS
            },
        ),
        claims=tuple(
            Claim.beats(label(repeat, filters, 0.2), label(repeat, filters, 0.0), by=GAIN)
            for repeat in REPEATS
            for filters in FILTERS
        ),
        assumptions=ASSUMED,
        grouped_by="model.dense_dropout",
        published={"m=2, n=64, d=0.2": Published(accuracy=0.9347, digits=4, where="figure 11, its best cell")},
    )
