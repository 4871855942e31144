"""How fast can a network be trained to 93.5 and to 94 % of Fashion-MNIST's test images on two cores?

    seedtrial run records --jobs 1 && seedtrial report records

Our own recipes. Each trains once on all 60,000 training images, without early stopping, and keeps the last epoch. All
settings were chosen on validation images (benchmarks/own/ideas.py); the test part was opened once per run, for its
score.

| recipe | test accuracy, n = 10 | without mirror images | training | in epochs of the reports' Keras |
|---|---|---|---|---|
| cpu-93.5 | 93.75 % (sd 0.17) | 93.33 % | 53 s | 0.93 |
| cpu-94 | 94.12 % (sd 0.12) | 93.57 % | 110 s | 1.84 |

Measured by `python benchmarks/peers/time_to_accuracy.py`, which alternates these runs with Keras training the
convolutional network of thingwall2019 on the same 60,000 images: seedtrial 0.1.0, torch 2.13.0 with bf16, Keras 3.15 on
TensorFlow 2.21, AMD EPYC with AVX-512, all on two threads.

About 35 minutes on 2 cores. Result: docs/results/records.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.augment import Augment
from seedtrial.data.dataset import DataSpec
from seedtrial.models import ResNet
from seedtrial.training.optimiser import SGD
from seedtrial.training.schedule import LinearDecay
from seedtrial.training.skipping import Skip
from seedtrial.training.spec import TrainSpec

DATA = DataSpec(scaling="standard", validation=None)

# Three residual blocks of 32, 64 and 128 channels: on this hardware a convolution of 32 channels is hardly slower than
# one of 24, and one of 64 hardly slower than one of 48. Pooling right after the first convolution leaves a quarter of
# the pixels.
FAST = ResNet(widths=(32, 64, 128), stem_pool=True, head="max", averages=None)


def quick(epochs: int, share: float) -> TrainSpec:
    """Nesterov momentum; the rate rises for a fifth of the steps, then falls to zero; mirrored images throughout.

    share: of the easy images that every epoch but the first and the last leaves out

    >>> quick(epochs=9, share=0.7).optimiser.nesterov
    True
    """
    return TrainSpec(
        epochs=epochs,
        batch_size=256,
        optimiser=SGD(rate=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4),
        schedule=LinearDecay(warmup=0.2),
        label_smoothing=0.1,
        augment=Augment(flip=True),
        skip=Skip(share=share, first=1, last=0.05),
        mirrored=True,
    )


def study() -> Study:
    """Ten seeds each.

    >>> len(study().recipes), study().seeds
    (2, 10)
    """
    return Study(
        name="records",
        question="How fast can a network be trained to 93.5 and to 94 % of Fashion-MNIST's test images on two cores?",
        recipes={
            "cpu-93.5": Recipe(data=DATA, model=FAST, training=quick(epochs=12, share=0.7)),
            "cpu-94": Recipe(data=DATA, model=FAST, training=quick(epochs=20, share=0.5)),
        },
        seeds=10,
        claims=(Claim.reaches("cpu-93.5", 93.5), Claim.reaches("cpu-94", 94.0)),
    )
