"""Does convolution beat several dense layers, and do those beat one hidden layer written from scratch?

    seedtrial run neelamraju2019 && seedtrial report neelamraju2019

The three networks of Neelamraju (2019), Using neural networks for classification of Fashion-MNIST images:

- one hidden layer of 128 sigmoid units in NumPy, with plain gradient descent and every pixel standardised;
- three dense layers of 512, 256 and 128 units; the report stopped it by hand after 15 epochs, so it trains for 15;
- two convolutions of 64 and 32 filters with dropout.

The report's formula divides the gradients of the first network by the number of all training images. With batches of 32
that is a rate 1,875 times lower, so we assume that the batch's images are meant; `--set model.divide_by=train` follows
the formula, and notes/log.md shows its result. The report does not give this network's first weights either.

As in the report, all 60,000 training images are trained on, so there are no validation images. The report chose epochs,
rates and batch sizes on its test images, so its numbers are optimistic. We open the test part once per run, but use the
settings that were chosen on it. The report says that dropout prevents overfitting; we make no such claim, since it has
no network without dropout to compare with, and there is no validation loss to show overfitting.

About 10 minutes on 2 cores. Result: docs/results/neelamraju2019.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.models import Conv, Dense, NumpyNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.study.published import Published
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.spec import TrainSpec

ONE, MULTI, CONV = "one hidden layer (NumPy)", "multi-layer", "conv"
ALIKE = (("T-shirt/top", "Pullover", "Coat", "Shirt"), ("Sandal", "Sneaker", "Ankle boot"))  # in its section on results
# Per-class accuracy of the one-layer network, from the legible rows of its confusion matrix; 1,000 images per class.
LEGIBLE = (None, 0.964, 0.693, 0.864, 0.836, 0.915, 0.514, 0.937, 0.953, 0.937)


def study() -> Study:
    """Three networks, three seeds each.

    >>> len(study().recipes), study().seeds
    (3, 3)
    """
    data = DataSpec(source="fashion-mnist", validation=None)
    one = Recipe(
        data=data, model=NumpyNet(hidden=128), training=TrainSpec(epochs=50, batch_size=32, optimiser=SGD(rate=0.03))
    )
    multi = Recipe(
        data=data,
        model=Dense(widths=(512, 256, 128)),
        training=TrainSpec(epochs=15, batch_size=256, optimiser=Adam(rate=1e-4)),
    )
    conv = Recipe(
        data=data,
        model=Conv(blocks=(ConvBlock(filters=64, dropout=0.2), ConvBlock(filters=32, dropout=0.2)), dense=(256,)),
        training=TrainSpec(epochs=10, batch_size=64, optimiser=Adam(rate=1e-3)),
    )
    return Study(
        name="neelamraju2019",
        question="Does convolution beat several dense layers, and do those beat one hidden layer written from scratch?",
        recipes={ONE: one, MULTI: multi, CONV: conv},
        seeds=3,
        claims=(
            Claim.beats(CONV, MULTI),
            Claim.beats(MULTI, ONE),
            Claim.separates(CONV, MULTI, classes=("Coat", "Pullover")),
            Claim.separates(CONV, ONE, classes=("Coat", "Pullover")),
            *(Claim.confuses(label, *ALIKE) for label in (ONE, MULTI, CONV)),
        ),
        assumptions=(
            "We assumed that the classes which the report calls alike are confusable if more than half of a network's "
            "errors confuse two classes of the same group.",
        ),
        published={
            ONE: Published(accuracy=0.84, digits=2, where="about 84 %, next to figure 5", per_class=LEGIBLE),
            MULTI: Published(accuracy=0.8828, digits=4, where="test images, which it also used for validation"),
            CONV: Published(accuracy=0.9199, digits=4, where="test images, which it also used for validation"),
        },
    )
