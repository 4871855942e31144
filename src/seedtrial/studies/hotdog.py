"""Can a small convolutional network tell hot dogs from other food by 160 photographs?

    seedtrial run hotdog --data-dir DIR && seedtrial report hotdog --data-dir DIR

Appendix A of Thingwall, Lunde and Borg (2019), which states no network and no number: a conv network on two folders of
colour photographs, DIR/train/hotdog and DIR/train/not_hotdog, the same two in DIR/val, and perhaps in DIR/test. Assumed
here: squares of 64 pixels, three blocks of 8, 16 and 32 filters with some dropout, and the weights of the epoch that is
best on the validation pictures. The dense network, of nearly three times its parameters, says what convolution adds.

With 100 photographs per class in train and no folder test, 160 are left to learn from and 40 to test on: one test set
of that size leaves about 15 points open, and three seeds hardly tell such a network from chance.

About 20 seconds on 2 cores. Result: docs/results/hotdog.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Conv, Dense
from seedtrial.models.convnet import ConvBlock
from seedtrial.training.spec import Stopping, TrainSpec


def study() -> Study:
    """Dense against conv on the user's pictures, three seeds each.

    >>> len(study().recipes), study().seeds
    (2, 3)
    """
    data = DataSpec(source="data-dir", size=64, channels=3)
    training = TrainSpec(epochs=40, batch_size=16, stopping=Stopping())
    conv = Conv(
        blocks=tuple(ConvBlock(filters=filters, pool_dropout=0.1) for filters in (8, 16, 32)),
        dense=(32,),
        dense_dropout=0.3,
    )
    return Study(
        name="hotdog",
        question="Can a small convolutional network tell hot dogs from other food by 160 photographs?",
        recipes={
            "dense": Recipe(data=data, model=Dense(widths=(16,)), training=training),
            "conv": Recipe(data=data, model=conv, training=training),
        },
        seeds=3,
        claims=(Claim.beats("conv", "dense"),),
    )
