"""Does convolution beat several dense layers, and do those beat one hidden layer written from scratch?

    seedtrial run neelamraju2019 && seedtrial report neelamraju2019

The three networks of Neelamraju (2019), Using neural networks for classification of Fashion-MNIST images. One hidden
layer of 128 sigmoid units in NumPy, plain gradient descent, every pixel standardised; three dense layers of 512, 256
and 128; two convolutions of 64 and 32 filters with dropout. The report stopped the dense network by hand after 15
epochs, so it has 15. As printed, the gradients of the first network are divided by the number of all training images;
with batches of 32 that is a rate 1,875 times lower, so the batch's images are taken to be meant. The other reading is
`--set model.divide_by=train`; notes/log.md has what it learns. The first weights of this network are not told either.

All 60,000 images of the training part are trained on, as in the report, so there are no validation images. The report
used the test images for that, to choose epochs, rates and batches by, so its numbers lean to the bright side; ours
opens the test part once per run, to score it, but inherits what was chosen. That dropout stops over-fitting is not
claimed here: the report has no such network without it, and there is no validation loss to see it by.

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
ALIKE = (("T-shirt/top", "Pullover", "Coat", "Shirt"), ("Sandal", "Sneaker", "Ankle boot"))  # its section on results
# Rows of its confusion matrix that can be read, 1,000 images each: what the one-layer network answers rightly.
LEGIBLE = (None, 0.964, 0.693, 0.864, 0.836, 0.915, 0.514, 0.937, 0.953, 0.937)


def study() -> Study:
    """Three networks, three seeds each."""
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
            "The classes that the report calls alike are assumed to be confusable if more than half of a network's "
            "mistakes take one of them for another of the same group.",
        ),
        published={
            ONE: Published(accuracy=0.84, digits=2, where="about 84 %, beside its figure 5", per_class=LEGIBLE),
            MULTI: Published(accuracy=0.8828, digits=4, where="test images, which were its validation too"),
            CONV: Published(accuracy=0.9199, digits=4, where="test images, which were its validation too"),
        },
    )
