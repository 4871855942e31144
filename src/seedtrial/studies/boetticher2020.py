"""Do convolution, depth, L2, augmentation and dropout pay on Fashion-MNIST?

    seedtrial run boetticher2020 && seedtrial report boetticher2020

All fourteen experiments of Boetticher's report (MSDS 458, assignment 2; its year is taken from its references): seven
networks, each without and with dropout, 20 epochs of batches of 100 under Adam. Where its words and its parameter
counts differ, the counts decide: "DNN 2" is 784-10-5-10, and "CNN 4" has two poolings. What it leaves open is listed
in `ASSUMED`, and on the page.

About 35 minutes on 2 cores. Result: docs/results/boetticher2020.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.augment import Augment
from seedtrial.data.dataset import DataSpec, Validation
from seedtrial.models import Conv, Dense, ModelSpec
from seedtrial.models.convnet import ConvBlock
from seedtrial.study.published import Published
from seedtrial.training.optimiser import Adam
from seedtrial.training.spec import TrainSpec

VALIDATION = Validation(take="first", size=5_000)
L2 = 1e-2
DROPOUT = 0.25
AUGMENT = Augment(rotation=40, shift=0.2, shear=0.2, zoom=0.2, flip=True)
NOTABLE = 1.0  # points
LITTLE = 1.5  # times as long
CALLED_BEST = "CNN 3a"
VAL_ACC = (
    0.8482, 0.8578, 0.9102, 0.8732, 0.7222, 0.9150, 0.8528, 0.8116, 0.7602, 0.9198, 0.8532, 0.7226, 0.9220, 0.8384,
)  # fmt: skip
SECONDS = (  # training (on a GPU), testing
    (33.46, 0.960), (33.35, 0.907), (46.69, 1.093), (43.90, 1.082), (436.08, 1.025), (44.82, 1.113), (48.28, 1.098),
    (25.84, 0.655), (25.39, 0.638), (43.52, 0.802), (40.01, 0.826), (274.08, 0.760), (41.46, 0.794), (43.00, 1.006),
)  # fmt: skip

ASSUMED = (
    "The year of the report, 2020, is assumed from its references.",
    f"Validation images: assumed to be the {VALIDATION.take} {VALIDATION.size:,} of the training part; the report only "
    "says how many.",
    "Pixels are assumed to be divided by 255; the report says “normalized”.",
    "Adam's rate is assumed to be Keras's default, 0.001; the report names the optimiser alone.",
    "Convolutions are assumed to be 3x3 and valid, dense layers of 128 units (CNN 3) and 64 (CNN 4), with no third "
    "pooling in CNN 4, and DNN 2 to be 10 units before 5: these give the report's numbers of parameters.",
    f"L2 factor: assumed to be {L2:g} on every kernel, of {{1e-4, 1e-3, 1e-2}} the one whose validation accuracies of "
    "CNN 3b and CNN 4b are nearest to the report's in sum; 1e-3 is nearly as near, so the true one may lie between.",
    f"Dropout: assumed to follow every hidden layer, after its pooling where it has one, at a rate of {DROPOUT:g}, of "
    "{0.2, 0.25, 0.3, 0.5} the one that comes nearest to the report's validation accuracies of DNN 1 and DNN 2.",
    "Augmentation: assumed to be that of Chollet 2016, Building powerful image classification models using very little "
    f"data (the Keras blog): rotation {AUGMENT.rotation:g} degrees, shifts {AUGMENT.shift:g}, zoom {AUGMENT.zoom:g}, "
    f"shear {AUGMENT.shear:g} (in degrees, as Keras takes it, so next to none), horizontal flips; validation images "
    "stay as they are.",
    f"“No notable advantage” of a deeper network is assumed to mean less than {NOTABLE:g} point.",
    f"“Only slightly higher” process times are assumed to mean at most {LITTLE:g} times as long; the report measured "
    "them on a GPU.",
    "“Overfitting” is assumed to be what the report sees it by, the rise of the validation loss, here from its lowest "
    "epoch to the last.",
)


def study() -> Study:
    """Seven networks, each without and with dropout, three seeds each."""
    names = tuple(networks())
    plain = {name: f"{number} {name}" for number, name in enumerate(names)}
    dropped = {name: f"{number} {name} dropout" for number, name in enumerate(names, len(names))}
    made = {plain[name]: network for name, network in networks().items()}
    made |= {dropped[name]: network for name, network in networks(dropout=DROPOUT).items()}
    recipes = {label: recipe(network, augment=AUGMENT if "3c" in label else None) for label, network in made.items()}
    return Study(
        name="boetticher2020",
        question="Do convolution, depth, L2, augmentation and dropout pay on Fashion-MNIST?",
        recipes=recipes,
        seeds=3,
        claims=(
            # Convolutions beat dense networks at little extra time.
            Claim.beats(plain["CNN 3a"], plain["DNN 2"]),
            Claim.beats(plain["CNN 3a"], plain["DNN 1"]),
            Claim.trains_within(plain["CNN 3a"], plain["DNN 2"], times=LITTLE),
            Claim.trains_within(plain["CNN 3a"], plain["DNN 1"], times=LITTLE),
            # L2 lowers accuracy but mends over-fitting.
            Claim.beats(plain["CNN 3a"], plain["CNN 3b"]),
            Claim.beats(plain["CNN 4a"], plain["CNN 4b"]),
            Claim.overfits_less(plain["CNN 3b"], plain["CNN 3a"]),
            Claim.overfits_less(plain["CNN 4b"], plain["CNN 4a"]),
            # Augmentation hurts.
            Claim.beats(plain["CNN 3a"], plain["CNN 3c"]),
            # Dropout lowers performance across all experiments.
            *(Claim.beats(plain[name], dropped[name]) for name in networks()),
            # Depth brings no notable advantage.
            Claim.equals(plain["CNN 4a"], plain["CNN 3a"], within=NOTABLE),
            Claim.best(plain[CALLED_BEST]),
        ),
        observations=observations(),
        assumptions=ASSUMED,
        published={
            label: Published(
                accuracy=VAL_ACC[number],
                digits=4,
                split="validation",
                where="its table, val_acc",
                reason=reason(recipes[label]),
                training_seconds=SECONDS[number][0],
                testing_seconds=SECONDS[number][1],
            )
            for number, label in enumerate(made)
        },
    )


def observations() -> tuple[str, ...]:
    """What the report's table says of what its text says."""
    names = tuple(networks())
    plain, dropped = (dict(zip(names, part, strict=True)) for part in (VAL_ACC[: len(names)], VAL_ACC[len(names) :]))
    raised = [name for name in names if dropped[name] > plain[name]]
    told = ", ".join(f"{name} (from {100 * plain[name]:.2f} to {100 * dropped[name]:.2f} %)" for name in raised)
    best, best_dropped = max(plain, key=plain.__getitem__), max(dropped, key=dropped.__getitem__)
    return (
        "Its text says that dropout lowered performance across all experiments; in its table it raised the validation "
        f"accuracy of {len(raised)} of {len(names)} networks: {told}.",
        f"Its text calls {CALLED_BEST} the best; in its table {best} has the highest validation accuracy without "
        f"dropout, {100 * plain[best]:.2f} against {100 * plain[CALLED_BEST]:.2f} %, and {best_dropped} the highest "
        f"with dropout, {100 * dropped[best_dropped]:.2f} %.",
    )


def reason(recipe: Recipe) -> str | None:
    """Why ours may differ: what had to be assumed of this experiment."""
    model = recipe.model
    dropout = model.dense_dropout if isinstance(model, Conv) else getattr(model, "dropout", 0)
    assumed = {
        "the L2 factor": isinstance(model, Conv) and model.l2 > 0,
        "the augmentation": recipe.training.augment is not None,
        "the rate of dropout": dropout > 0,
    }
    parts = [what for what, so in assumed.items() if so]
    return f"Assumed: {' and '.join(parts)}" if parts else None


def recipe(model: ModelSpec, *, augment: Augment | None = None) -> Recipe:
    """A network, trained as all of them are."""
    training = TrainSpec(epochs=20, batch_size=100, optimiser=Adam(rate=1e-3), augment=augment)
    return Recipe(data=DataSpec(source="fashion-mnist", validation=VALIDATION), model=model, training=training)


def networks(*, dropout: float = 0.0, l2: float = L2) -> dict[str, ModelSpec]:
    """The seven networks by the report's names.

    dropout: rate, assumed to be that of every hidden layer
    l2:      factor of the networks called b, assumed to be on every kernel
    """
    return {
        "DNN 1": Dense(widths=(5,), dropout=dropout),
        "DNN 2": Dense(widths=(10, 5), dropout=dropout),
        "CNN 3a": two_convolutions(dropout=dropout),
        "CNN 3b": two_convolutions(dropout=dropout, l2=l2),
        "CNN 3c": two_convolutions(dropout=dropout),
        "CNN 4a": three_convolutions(dropout=dropout),
        "CNN 4b": three_convolutions(dropout=dropout, l2=l2),
    }


def two_convolutions(*, dropout: float, l2: float = 0.0) -> Conv:
    """28-26-13-11-5 pixels, then 1,600 numbers, 128 units and the classes."""
    return Conv(blocks=_pooled(dropout), dense=(128,), dense_dropout=dropout, l2=l2, dense_l2=l2)


def three_convolutions(*, dropout: float, l2: float = 0.0) -> Conv:
    """28-26-13-11-5-3 pixels, then 576 numbers, 64 units and the classes; a third pooling would leave one pixel."""
    last = ConvBlock(filters=64, padding="valid", dropout=dropout, pool=None)
    return Conv(blocks=(*_pooled(dropout), last), dense=(64,), dense_dropout=dropout, l2=l2, dense_l2=l2)


def _pooled(dropout: float) -> tuple[ConvBlock, ...]:
    return tuple(ConvBlock(filters=filters, padding="valid", pool_dropout=dropout) for filters in (32, 64))
