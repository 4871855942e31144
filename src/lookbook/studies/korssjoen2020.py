"""Does convolution beat dense layers with batch norm and L2, as Korssjoen (2020) found with ten epochs each?

    lookbook run korssjoen2020 && lookbook report korssjoen2020

Both networks exactly as the report's appendix codes them: the first 5,000 training images for validation, pixels /
255, Adam at 1e-4, batches of 32 (Keras's default), 10 epochs, weights of the last.

About 2 hours on 2 cores for three seeds, nearly all of it for the convolutional network (7.3 million parameters),
by the estimate of `lookbook plan`.
"""

from lookbook import Claim, Recipe, Study
from lookbook.data.dataset import DataSpec, Validation
from lookbook.models import Conv, Dense
from lookbook.models.convnet import ConvBlock
from lookbook.study.published import Published
from lookbook.training.optimiser import Adam
from lookbook.training.spec import TrainSpec

DENSE = Dense(widths=(1024, 512, 256), activation="leaky_relu", batch_norm="after", l2=1e-4)
CONV = Conv(
    blocks=(
        ConvBlock(filters=128, kernel=5),
        ConvBlock(filters=256, kernel=5),
        ConvBlock(filters=512, kernel=5, pool=None),
    ),
    activation="tanh",
    dense=(128, 64),
    dense_activation="leaky_relu",
    dense_l2=1e-4,
)


def study() -> Study:
    """The two networks and the claim that the second is better."""
    data = DataSpec(source="fashion-mnist", validation=Validation(take="first", size=5_000))
    training = TrainSpec(epochs=10, batch_size=32, optimiser=Adam(rate=1e-4))
    return Study(
        name="korssjoen2020",
        question="Does convolution beat dense layers with batch norm and L2?",
        recipes={
            "dense": Recipe(data=data, model=DENSE, training=training),
            "conv": Recipe(data=data, model=CONV, training=training),
        },
        seeds=3,
        claims=(Claim.beats("conv", "dense"),),
        published={
            "dense": Published(accuracy=0.8913, digits=4, where="test accuracy of the fully-connected network"),
            "conv": Published(accuracy=0.9193, digits=4, where="test accuracy of the convolutional network"),
        },
    )
