"""Do convolution, depth, L2, augmentation and dropout pay on Fashion-MNIST?

    seedtrial run boetticher2020 && seedtrial report boetticher2020

All fourteen experiments of Boetticher's report (MSDS 458, assignment 2; its references suggest 2020): seven networks,
each without and with dropout, trained with Adam for 20 epochs in batches of 100. Where the report's text and its
parameter counts disagree, we follow the counts: "DNN 2" is 784-10-5-10, and "CNN 4" has two pooling layers. `ASSUMED`
lists what the report leaves open; so does the report page.

About 35 minutes on 2 cores. Result: docs/results/boetticher2020.json.
"""

from seedtrial import Claim, Recipe, Study
from seedtrial.data.augment import Augment
from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
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
    "We assumed the year 2020 from the report's references.",
    f"We assumed that the validation images are the {VALIDATION.take} {VALIDATION.size:,} of the training images; the "
    "report gives only their number.",
    "We assumed that pixels are divided by 255; the report says “normalized”.",
    "We assumed Keras's default learning rate for Adam, 0.001; the report names only the optimiser.",
    "We assumed 3x3 convolutions without padding, dense layers of 128 units (CNN 3) and 64 units (CNN 4), no third "
    "pooling layer in CNN 4, and 10 units before 5 in DNN 2: these give the report's parameter counts.",
    f"We assumed an L2 factor of {L2:g} on every kernel. Of 1e-4, 1e-3 and 1e-2 it gives validation accuracies of "
    "CNN 3b and CNN 4b closest in sum to the report's; 1e-3 is nearly as close, so the true factor may lie between.",
    "We assumed dropout after every hidden layer, after its pooling layer where it has one, at a rate of "
    f"{DROPOUT:g}. Of 0.2, 0.25, 0.3 and 0.5 this rate comes closest to the report's validation accuracies of DNN 1 "
    "and DNN 2.",
    "We assumed the augmentation of Chollet 2016, Building powerful image classification models using very little data "
    f"(Keras blog): rotation by {AUGMENT.rotation:g} degrees, shifts {AUGMENT.shift:g}, zoom {AUGMENT.zoom:g}, shear "
    f"{AUGMENT.shear:g} (Keras reads it in degrees, so it does almost nothing), and horizontal flips. Validation "
    "images are not augmented.",
    f"We assumed that “no notable advantage” of a deeper network means less than {NOTABLE:g} point.",
    f"We assumed that “only slightly higher” process times are at most {LITTLE:g} times as long; the report measured "
    "them on a GPU.",
    "We assumed that “overfitting” is the rise of the validation loss, by which the report judges it; we measure it "
    "from the lowest epoch to the last.",
)


def study() -> Study:
    """Seven networks, each without and with dropout, three seeds each.

    >>> len(study().recipes), study().seeds
    (14, 3)
    """
    names = tuple(networks())
    plain = {name: f"{number} {name}" for number, name in enumerate(names)}
    dropped = {name: f"{number} {name} dropout" for number, name in enumerate(names, len(names))}
    models = {plain[name]: network for name, network in networks().items()}
    models |= {dropped[name]: network for name, network in networks(dropout=DROPOUT).items()}
    recipes = {label: recipe(network, augment=AUGMENT if "3c" in label else None) for label, network in models.items()}
    return Study(
        name="boetticher2020",
        question="Do convolution, depth, L2, augmentation and dropout pay on Fashion-MNIST?",
        recipes=recipes,
        seeds=3,
        claims=(
            # Convolutions beat dense networks and take little more time.
            Claim.beats(plain["CNN 3a"], plain["DNN 2"]),
            Claim.beats(plain["CNN 3a"], plain["DNN 1"]),
            Claim.trains_within(plain["CNN 3a"], plain["DNN 2"], times=LITTLE),
            Claim.trains_within(plain["CNN 3a"], plain["DNN 1"], times=LITTLE),
            # L2 lowers accuracy but reduces overfitting.
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
            for number, label in enumerate(models)
        },
    )


def observations() -> tuple[str, ...]:
    """Where the report's table contradicts its text.

    >>> len(observations())
    2
    """
    names = tuple(networks())
    plain, dropped = (dict(zip(names, part, strict=True)) for part in (VAL_ACC[: len(names)], VAL_ACC[len(names) :]))
    raised = [name for name in names if dropped[name] > plain[name]]
    gains = ", ".join(f"{name} (from {100 * plain[name]:.2f} to {100 * dropped[name]:.2f} %)" for name in raised)
    best, best_dropped = max(plain, key=plain.__getitem__), max(dropped, key=dropped.__getitem__)
    return (
        "The text says that dropout lowered performance in all experiments. In the table it raised the validation "
        f"accuracy of {len(raised)} of {len(names)} networks: {gains}.",
        f"The text calls {CALLED_BEST} the best network. In the table {best} has the highest validation accuracy "
        f"without dropout, {100 * plain[best]:.2f} against {100 * plain[CALLED_BEST]:.2f} %, and {best_dropped} the "
        f"highest with dropout, {100 * dropped[best_dropped]:.2f} %.",
    )


def reason(recipe: Recipe) -> str | None:
    """Why our number may differ: what we assumed about this experiment.

    >>> reason(recipe(networks()["CNN 3a"], augment=Augment()))
    'We assumed the augmentation'
    """
    model = recipe.model
    dropout = model.dense_dropout if isinstance(model, Conv) else getattr(model, "dropout", 0)
    assumed = {
        "the L2 factor": isinstance(model, Conv) and model.l2 > 0,
        "the augmentation": recipe.training.augment is not None,
        "the dropout rate": dropout > 0,
    }
    parts = [what for what, so in assumed.items() if so]
    return f"We assumed {' and '.join(parts)}" if parts else None


def recipe(model: ModelSpec, *, augment: Augment | None = None) -> Recipe:
    """A network with the training that all of them share.

    >>> recipe(networks()["DNN 1"]).model.kind
    'dense'
    """
    training = TrainSpec(epochs=20, batch_size=100, optimiser=Adam(rate=1e-3), augment=augment)
    return Recipe(data=DataSpec(source="fashion-mnist", validation=VALIDATION), model=model, training=training)


def networks(*, dropout: float = 0.0, l2: float = L2) -> dict[str, ModelSpec]:
    """The seven networks by the report's names.

    dropout: rate after every hidden layer
    l2:      factor on every kernel of the networks called b

    >>> sorted(networks())[:3]
    ['CNN 3a', 'CNN 3b', 'CNN 3c']
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
    """28-26-13-11-5 pixels, then 1,600 numbers, 128 units and the classes.

    >>> two_convolutions(dropout=0.0).summary((1, 28, 28), 10).parameters
    225034
    """
    return Conv(blocks=_pooled(dropout), dense=(128,), dense_dropout=dropout, l2=l2, dense_l2=l2)


def three_convolutions(*, dropout: float, l2: float = 0.0) -> Conv:
    """28-26-13-11-5-3 pixels, then 576 numbers, 64 units and the classes; a third pooling would leave one pixel.

    >>> three_convolutions(dropout=0.0).summary((1, 28, 28), 10).parameters
    93322
    """
    last = ConvBlock(filters=64, padding="valid", dropout=dropout, pool=None)
    return Conv(blocks=(*_pooled(dropout), last), dense=(64,), dense_dropout=dropout, l2=l2, dense_l2=l2)


def _pooled(dropout: float) -> tuple[ConvBlock, ...]:
    return tuple(ConvBlock(filters=filters, padding="valid", pool_dropout=dropout) for filters in (32, 64))
