"""Do convolutions make about 30 % fewer errors than dense layers, as Thingwall, Lunde and Borg (2019) found?

    seedtrial run thingwall2019 && seedtrial report thingwall2019

The default dense and convolutional networks, each without and with 20 % dropout after every layer. 50,000 images for
training; the last 10,000 training images decide when to stop (the report calls them its test set); the test part is
what the report calls validation. Adam, ReLU, pixels divided by 255. `ASSUMED` lists what the report leaves open; so
does the report page.

The report's tables of crossed settings are studies of their own: thingwall2019-dense-a, -dense-b, -conv-a, -conv-b.

About 50 minutes on 2 cores. Result: docs/results/thingwall2019.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.models import Conv, Dense
from seedtrial.models.convnet import ConvBlock
from seedtrial.study.published import Published
from seedtrial.training.optimiser import Adam
from seedtrial.training.spec import Stopping, TrainSpec

DATA = DataSpec(source="fashion-mnist", validation=Validation(take="last", size=10_000))
PATIENCE = 10  # assumed
TABLE_3 = (86, 100, 89, 91, 88, 99, 84, 96, 99, 98)  # %, per class, of its best convolutional network
EPOCHS = 100  # assumed; its figure 7 shows 90
FEWER = (25.0, 35.0)  # per cent; assumed range of "around 30 %"
GAIN = (0.5, 1.0)  # points gained by 20 % dropout
BEST_DENSE, BEST_CONV, DEFAULT_DENSE = 0.9091, 0.9350, 0.899  # its figures 9 and 10, its section 4.1

ASSUMED = (
    "We assumed that pixels are divided by 255 and that convolutions have `same` padding, from section 2.3.1.",
    f"We assumed that early stopping waits {PATIENCE} epochs, trains at most {EPOCHS}, and keeps the weights of the "
    "best epoch.",
)


def training(*, batch_size: int, rate: float = 1e-3) -> TrainSpec:
    """Section 3.1.3: train until the monitored images are classified best.

    >>> training(batch_size=256).batch_size
    256
    """
    stopping = Stopping(monitor="val_accuracy", patience=PATIENCE, keep="best")
    return TrainSpec(epochs=EPOCHS, batch_size=batch_size, optimiser=Adam(rate=rate), stopping=stopping)


def conv(*, repeat: int = 2, filters: int = 32, dropout: float = 0.2) -> Conv:
    """The report's builder: two blocks of m convolutions and pooling, two dense layers, dropout after every layer.

    The first block has 5x5 convolutions of n filters, the second 3x3 convolutions of 2n; dense layers have 256 units.
    `same` padding is assumed from section 2.3.1.

    >>> len(conv().blocks)
    2
    """
    return Conv(
        blocks=(
            ConvBlock(filters=filters, kernel=5, repeat=repeat, dropout=dropout),
            ConvBlock(filters=2 * filters, kernel=3, repeat=repeat, dropout=dropout),
        ),
        dense=(256, 256),
        dense_dropout=dropout,
    )


def study() -> Study:
    """The default networks, without and with dropout.

    >>> len(study().recipes), study().seeds
    (4, 3)
    """
    dense = Dense(first=1024, layers=5)
    return Study(
        name="thingwall2019",
        question="Do convolutions make about 30 % fewer errors than dense layers?",
        recipes={
            "dense": Recipe(data=DATA, model=dense, training=training(batch_size=1024)),
            "dense, dropout": Recipe(
                data=DATA, model=dense.model_copy(update={"dropout": 0.2}), training=training(batch_size=1024)
            ),
            "conv": Recipe(data=DATA, model=conv(), training=training(batch_size=256)),
            "conv, no dropout": Recipe(data=DATA, model=conv(dropout=0.0), training=training(batch_size=256)),
        },
        seeds=3,
        claims=(
            Claim.beats("conv", "dense"),
            Claim.errs_less("conv", "dense", by=FEWER),
            Claim.beats("conv", "conv, no dropout"),
            Claim.beats("conv", "conv, no dropout", by=GAIN),
            Claim.beats("dense, dropout", "dense"),
            Claim.beats("dense, dropout", "dense", by=GAIN),
        ),
        assumptions=(*ASSUMED, f"We assumed that “around 30 %” fewer errors means {FEWER[0]:g} to {FEWER[1]:g} %."),
        observations=(
            f"The per-class accuracies of table 3 average {sum(TABLE_3) / len(TABLE_3):.1f} %. Rounding only just "
            "allows the 93.5 % reported for the best network.",
            "The best cell of each table is chosen and reported on the same 10,000 images.",
            f"Its best convolutional network makes {_fewer(BEST_DENSE):.0f} % fewer errors than its best dense one, "
            f"and {_fewer(DEFAULT_DENSE):.0f} % fewer than its default dense one.",
            "One network scored 93.50 % and 92.3 % in two runs. The text calls this a variance of 0.2 %.",
        ),
        published={
            "dense": Published(accuracy=DEFAULT_DENSE, digits=3, where="section 4.1"),
            "conv": Published(
                accuracy=BEST_CONV,
                digits=4,
                where="figure 10, batch 256; 92.3 % in another run",
                reason="Best cell of a table, chosen on the images that it is reported on",
                per_class=tuple(share / 100 for share in TABLE_3),
            ),
        },
    )


def _fewer(dense: float) -> float:
    """How many per cent fewer errors its best convolutional network makes than a dense one of this accuracy."""
    return 100 * (1 - (1 - BEST_CONV) / (1 - dense))
