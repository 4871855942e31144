"""How fast does a single network reach 94 % on one GPU, and how accurate can it become?

    seedtrial run gpu --device cuda && seedtrial report gpu

`gpu-94` is a wider network of the study `records`, with batches of 512, which suit a GPU. `best` is a residual network
of 17 million parameters that trains for forty epochs. Both train once on all 60,000 images and keep the last epoch. An
interrupted study goes on with the missing seeds, and an interrupted run from its checkpoint.

The rate, the batch and the head of gpu-94 were chosen on 5,000 validation images, one seed per setting, on an NVIDIA
H200 (notes/log.md). gpu-94 then had 93.71 % on the test images (sd 0.19, n 16), 8.7 s of training per run on that GPU:
the aim of 94 % is missed. `best` has not been scored yet. `seedtrial plan` estimates 4 minutes per run of gpu-94 on 2
cores, and 17 hours of best.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.augment import Augment
from seedtrial.data.dataset import DataSpec
from seedtrial.models import ResNet
from seedtrial.training.optimiser import SGD
from seedtrial.training.schedule import Cosine, LinearDecay
from seedtrial.training.skipping import Skip
from seedtrial.training.spec import TrainSpec

DATA = DataSpec(scaling="standard", validation=None)


def study() -> Study:
    """Twenty seeds of the fast network, three of the accurate one.

    >>> len(study().recipes), study().seeds
    (2, 20)
    """
    common = {"label_smoothing": 0.1, "mirrored": True}
    momentum = {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
    fast = TrainSpec(
        epochs=12,
        batch_size=512,
        optimiser=SGD(rate=0.1, **momentum),
        schedule=LinearDecay(warmup=0.2),
        augment=Augment(flip=True),
        skip=Skip(share=0.7),
        **common,
    )
    best = TrainSpec(
        epochs=40,
        batch_size=256,
        optimiser=SGD(rate=0.1, **momentum),
        schedule=Cosine(warmup=0.05),
        augment=Augment(flip=True, crop=2, erase=0.5),
        averaging=0.999,
        **common,
    )
    return Study(
        name="gpu",
        question="How fast does a single network reach 94 % on one GPU, and how accurate can it become?",
        recipes={
            "gpu-94": Recipe(data=DATA, model=ResNet(widths=(64, 128, 256), stem_pool=True), training=fast),
            "best": Recipe(data=DATA, model=ResNet(widths=(128, 256, 512), blocks=3), training=best),
        },
        seeds=20,
        seeds_of={"best": 3},
        claims=(Claim.reaches("gpu-94", 94.0), Claim.reaches("best", 96.0)),
    )
