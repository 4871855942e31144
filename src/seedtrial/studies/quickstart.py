"""Does a small convolutional network beat a dense one of more than ten times its size?

    seedtrial run quickstart && seedtrial report quickstart

The dense network is the default of Thingwall, Lunde and Borg (2019): 784-1024-512-256-128-64-10, Adam at 1e-3, batches
of 1,024. The convolutional network has two blocks of 16 and 32 filters. Both train on 50,000 images of Fashion-MNIST;
the last 10,000 training images are for validation, and the test part is opened once per run, for its score.

About 2 minutes on 2 cores. Result: docs/results/quickstart.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.models import Conv, Dense
from seedtrial.models.convnet import ConvBlock
from seedtrial.training.spec import TrainSpec


def study() -> Study:
    """Dense against conv, three seeds each.

    >>> len(study().recipes), study().seeds
    (2, 3)
    """
    data = DataSpec(source="fashion-mnist", validation=Validation(take="last", size=10_000))
    dense = Recipe(data=data, model=Dense(first=1024, layers=5), training=TrainSpec(epochs=8, batch_size=1024))
    conv = Recipe(
        data=data,
        model=Conv(
            blocks=(ConvBlock(filters=16), ConvBlock(filters=32, pool_dropout=0.2)), dense=(64,), dense_dropout=0.2
        ),
        training=TrainSpec(epochs=5, batch_size=128),
    )
    return Study(
        name="quickstart",
        question="Does a small convolutional network beat a dense one of more than ten times its size?",
        recipes={"dense": dense, "conv": conv},
        seeds=3,
        claims=(Claim.beats("conv", "dense"),),
    )
