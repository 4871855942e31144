"""How fast does a single network reach 94 % on one GPU, and how accurate can it become?

    seedtrial run gpu --device cuda && seedtrial report gpu

`gpu-94` is a wider network of the study `records`, with batches of 1,024, which suit a GPU. `best` is a residual
network of 17 million parameters that trains for a hundred epochs. Both train once on all 60,000 images and keep the
last epoch. An interrupted study goes on with the missing seeds, and an interrupted run from its checkpoint.
`--set training.compiled=true` compiles the training steps, with CUDA graphs.

Not run yet, for want of a GPU. `seedtrial plan` estimates 4 minutes per run of gpu-94 on 2 cores, and 20 hours of best.
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
    common = {"label_smoothing": 0.1, "skip": Skip(share=0.7), "mirrored": True}
    momentum = {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
    fast = TrainSpec(
        epochs=12,
        batch_size=1024,
        optimiser=SGD(rate=0.4, **momentum),
        schedule=LinearDecay(warmup=0.2),
        augment=Augment(flip=True),
        **common,
    )
    best = TrainSpec(
        epochs=100,
        batch_size=512,
        optimiser=SGD(rate=0.2, **momentum),
        schedule=Cosine(warmup=0.05),
        augment=Augment(flip=True, crop=2, erase=0.5),
        averaging=0.999,
        **common,
    )
    return Study(
        name="gpu",
        question="How fast does a single network reach 94 % on one GPU, and how accurate can it become?",
        recipes={
            "gpu-94": Recipe(
                data=DATA, model=ResNet(widths=(64, 128, 256), stem_pool=True, head="max", averages=None), training=fast
            ),
            "best": Recipe(
                data=DATA, model=ResNet(widths=(128, 256, 512), blocks=3, head="max", averages=None), training=best
            ),
        },
        seeds=20,
        seeds_of={"best": 3},
        claims=(Claim.reaches("gpu-94", 94.0), Claim.reaches("best", 96.0)),
    )
