"""Does convolution beat dense layers with batch norm and L2, as Korssjoen (2020) found with ten epochs each?

    seedtrial run korssjoen2020 && seedtrial report korssjoen2020

Both networks as the code in the report's appendix defines them: the first 5,000 training images for validation, pixels
divided by 255, Adam at 1e-4, batches of 32 (Keras's default), 10 epochs, weights of the last epoch.

The convolutional network has 7.3 million parameters, so it runs with one seed; then the claim is not tested.
`--seeds 3` runs three.

About 50 minutes on 2 cores. Result: docs/results/korssjoen2020.json.
"""

import numpy as np

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.models import Conv, Dense
from seedtrial.models.convnet import ConvBlock
from seedtrial.study.published import Published, PublishedMatrix
from seedtrial.training.optimiser import Adam
from seedtrial.training.spec import TrainSpec

DENSE = Dense(widths=(1024, 512, 256), activation="leaky_relu", batch_norm="after", averages=None, l2=1e-4)
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

FIGURE_2 = """
863 0 9 16 5 2 103 0 2 0 / 4 983 1 7 1 0 4 0 0 0 / 13 1 875 9 37 1 64 0 0 0 / 9 2 6 946 16 0 20 0 1 0
2 0 59 33 851 0 55 0 0 0 / 0 0 0 0 0 991 0 8 0 1 / 96 0 48 30 40 0 785 0 1 0 / 0 0 0 0 0 12 0 970 1 17
6 2 0 7 3 2 14 2 963 1 / 0 0 0 0 0 8 0 26 0 966
"""  # captioned as the fully-connected network's
FIGURE_4 = """
964 0 0 0 0 5 6 2 3 0 / 0 1113 3 1 0 0 5 1 12 0 / 4 0 1009 2 0 1 1 7 8 0 / 0 0 7 967 0 17 0 8 9 2
1 0 6 0 939 0 5 4 4 23 / 4 0 0 4 0 874 5 1 3 1 / 6 2 1 0 2 6 938 0 3 0 / 1 4 13 6 1 0 0 993 0 10
6 0 2 6 2 7 3 1 946 1 / 5 6 0 6 10 8 2 10 6 956
"""  # captioned as the convolutional network's
MNIST_TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def matrix(printed: str) -> np.ndarray:
    """A confusion matrix as printed, (10, 10): rows are true classes.

    >>> matrix(FIGURE_4).shape, int(matrix(FIGURE_4).sum())
    ((10, 10), 10000)
    """
    rows = printed.replace("\n", " / ").strip(" /").split(" / ")
    return np.array([[int(number) for number in row.split()] for row in rows])


def observations() -> tuple[str, ...]:
    """What the two printed confusion matrices reveal.

    >>> len(observations())
    3
    """
    dense, conv = matrix(FIGURE_2), matrix(FIGURE_4)
    digits = tuple(conv.sum(axis=1).tolist()) == MNIST_TEST_COUNTS
    return (
        f"Figure 2 has the caption “fully-connected”. It counts {np.trace(dense):,} of {dense.sum():,} images as "
        f"correct, {100 * np.trace(dense) / dense.sum():.2f} %: the accuracy of the convolutional network, not of the "
        "dense one.",
        f"Figure 4 has the caption “convolutional”. Its rows sum to {', '.join(map(str, conv.sum(axis=1)))}, which are "
        f"{'' if digits else 'not '}the class counts of MNIST's digits; {100 * np.trace(conv) / conv.sum():.2f} % are "
        "correct. It is not a result on Fashion-MNIST.",
        "The report's claim that the networks confuse different pairs of classes rests on these two figures.",
    )


def printed(figure: str, caption: str, *, classes: tuple[str, ...] | None = None) -> PublishedMatrix:
    """One of the two figures, to be shown beside the network whose accuracy it has, or whose caption.

    >>> printed(FIGURE_2, "Figure 2").counts[0][0]
    863
    """
    return PublishedMatrix(counts=tuple(map(tuple, matrix(figure).tolist())), caption=caption, classes=classes)


def study() -> Study:
    """The two networks and the claim that the second is better.

    >>> len(study().recipes), study().seeds
    (2, 3)
    """
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
        seeds_of={"conv": 1},
        observations=observations(),
        claims=(Claim.beats("conv", "dense"),),
        published={
            "dense": Published(
                accuracy=0.8913,
                digits=4,
                where="test accuracy of the fully-connected network",
                matrix=printed(
                    FIGURE_4,
                    "Figure 4, captioned “convolutional”; this matrix is for MNIST digits, not Fashion-MNIST.",
                    classes=tuple(f"digit {digit}" for digit in range(10)),
                ),
            ),
            "conv": Published(
                accuracy=0.9193,
                digits=4,
                where="test accuracy of the convolutional network",
                matrix=printed(
                    FIGURE_2, "Figure 2, captioned “fully-connected”; its accuracy is that of this network."
                ),
            ),
        },
    )
