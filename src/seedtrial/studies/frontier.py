"""How accurate can a network be for its size, its multiply-adds and its training time?

    seedtrial run frontier && seedtrial report frontier

Our own residual networks of 5,000 to 900,000 parameters, trained like cpu-93.5 of the study `records`, beside networks
of the five reports; finished runs of those studies are used again. Two of our recipes train longer: `small`, with fewer
than 100,000 parameters, and `dense`, without convolution. Ours train on all 60,000 training images and keep the last
epoch; their settings were chosen on validation images (benchmarks/own/ideas.py). The report page plots accuracy against
parameters, multiply-adds and training time. Korssjoen's convolutional network of 7 million parameters is left out: it
trains for half an hour per run, only to add a point far to the right.

About two hours on 2 cores. Result: docs/results/frontier.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.augment import Augment
from seedtrial.models import Dense, ResNet
from seedtrial.studies.records import DATA, quick
from seedtrial.study.load import load_study
from seedtrial.training.optimiser import AdamW
from seedtrial.training.schedule import Cosine
from seedtrial.training.skipping import Skip
from seedtrial.training.spec import TrainSpec

SIZES = {  # channels per stage -> whether to pool right after the first convolution
    (4, 8, 16): False,
    (8, 16, 32): False,
    (16, 32, 64): False,
    (32, 64, 128): True,
    (64, 128, 192): True,
}
REPORTED = {
    "thingwall2019": ("dense, dropout", "conv"),
    "neelamraju2019": ("multi-layer", "conv"),
    "boetticher2020": ("0 DNN 1", "2 CNN 3a"),
    "mlpcnn2021": ("baseline", "1 hidden", "2 conv, 1 hidden"),
    "korssjoen2020": ("dense",),
}
SLOWEST = "thingwall2019: conv"


def small() -> Recipe:
    """Fewer than 100,000 parameters, long training, random rectangles erased in some images.

    >>> small().model.kind, small().training.epochs > 0
    ('resnet', True)
    """
    training = quick(epochs=50, share=0.5).model_copy(update={"augment": Augment(flip=True, erase=0.3)})
    return Recipe(data=DATA, model=ResNet(widths=(16, 32, 64), head="max", averages=None), training=training)


def dense() -> Recipe:
    """No convolution: three wide layers, shifted and rotated images, averaged weights.

    >>> dense().model.widths
    (1024, 1024, 1024)
    """
    return Recipe(
        data=DATA,
        model=Dense(
            widths=(1024, 1024, 1024), first=None, layers=None, batch_norm="before", averages=None, dropout=0.3
        ),
        training=TrainSpec(
            epochs=150,
            batch_size=256,
            optimiser=AdamW(rate=1e-3, weight_decay=0.05),
            schedule=Cosine(warmup=0.05),
            label_smoothing=0.1,
            augment=Augment(flip=True, rotation=4, shift=0.04, zoom=0.06),
            skip=Skip(share=0.5),
            averaging=0.999,
            mirrored=True,
        ),
    )


def study() -> Study:
    """`small` with five seeds, our other networks with three, the reports' networks with one or two.

    >>> len(study().recipes), study().seeds
    (17, 5)
    """
    recipes, seeds_of = {"small": small(), "dense": dense()}, {"dense": 3}
    for widths, pooled in SIZES.items():
        label = "ResNet " + "-".join(map(str, widths))
        model = ResNet(widths=widths, stem_pool=pooled, head="max", averages=None)
        recipes[label], seeds_of[label] = Recipe(data=DATA, model=model, training=quick(epochs=12, share=0.7)), 3
    for name, labels in REPORTED.items():
        report = load_study(name)
        for original in labels:
            label = f"{name}: {original}"
            recipes[label], seeds_of[label] = report.recipes[original], 1 if label == SLOWEST else 2
    return Study(
        name="frontier",
        question="How accurate can a network be for its size, its multiply-adds and its training time?",
        recipes=recipes,
        seeds=5,
        seeds_of=seeds_of,
        claims=(Claim.reaches("small", 94.5), Claim.reaches("dense", 91.63)),
    )
