"""A network with one hidden layer in NumPy alone: forward, backward, mini-batch gradient descent.

N images of a batch, D pixels, H hidden units, K classes. Images are rows: x is (N, D). Source: Neelamraju 2019, Using
neural networks for classification of Fashion-MNIST images, section 4.1, where images are columns.
"""

import math
import time
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import DTypeLike
from pydantic import Field
from threadpoolctl import ThreadpoolController

from seedtrial.data.parts import Split
from seedtrial.errors import Diverged
from seedtrial.models.dense import Dense, Width
from seedtrial.models.inside import FirstLayer, Inside, Stage
from seedtrial.models.layers import Network
from seedtrial.models.learner import Epoch, Weights
from seedtrial.models.model import Model, Only, OwnTraining
from seedtrial.models.numpy_arithmetic import TRAINED, first_weights, forward, gradients, scaled, softmax
from seedtrial.models.plain import PlainDense
from seedtrial.seeds import Seeds
from seedtrial.spec import Unit

# Products of matrices as small as a batch of 32 images take several times longer on two threads than on one.
THREADS = 1
PREDICT_BATCH = 1000  # images at once
SCALER_BATCH = 5000  # images at once; scikit-learn makes float64 of them

DESCENT = "learns by plain gradient descent"  # why it honours few settings of the training


class NumpyNet(Model):
    """One hidden layer, written from scratch in NumPy; every pixel is standardised.

    Each pixel gets mean 0 and deviation 1 over the training images. Kernels begin Glorot-uniform and biases at 0, which
    is assumed: the report does not say.

    >>> NumpyNet(hidden=32).summary((1, 28, 28), 10).parameters
    25450
    """

    kind: Literal["scratch"] = "scratch"
    hidden: Annotated[Width, Unit("units")] = Field(128, examples=[64], description="units of the hidden layer")
    activation: Literal["sigmoid"] = Field("sigmoid", description="of the hidden layer")
    divide_by: Literal["batch", "train"] = Field(
        "batch",
        description="what gradients, summed over the batch, are divided by: its images or, as the report prints, all "
        "training images",
    )

    title: ClassVar[str] = "NumPy network"
    usual: ClassVar[Mapping[str, object]] = {"batch_size": 32, "optimiser": {"kind": "sgd", "rate": 0.03}}
    only: ClassVar[Mapping[str, Only]] = {
        "data.scaling": Only(("unit",), "standardises every pixel itself"),
        "optimiser.kind": Only(("sgd",), DESCENT),
        "optimiser.momentum": Only((0,), DESCENT),
        "optimiser.nesterov": Only((False,), DESCENT),
        "optimiser.weight_decay": Only((0,), DESCENT),
        "schedule.kind": Only(("constant",), DESCENT),
        "label_smoothing": Only((0,), DESCENT),
        **{
            name: Only((None,), DESCENT)
            for name in ("averaging", "balance", "mix", "sam", "mirrored", "shifted", "skip", "compiled")
        },
        "augment": Only((None,), "learns from the images as they are"),
        "precision": Only(("auto", "fp32"), "computes in float32"),
    }
    own_threads: ClassVar[int | None] = THREADS

    def build(self, shape: tuple[int, ...], classes: int, generator: Any = None) -> Network:
        """The same layers in torch, which are counted; what learns is `learner`."""
        return Dense(widths=(self.hidden,), activation=self.activation).build(shape, classes, generator)

    def learner(
        self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds
    ) -> "NumpyNetLearner":
        """The network with its first weights, and plain gradient descent."""
        return NumpyNetLearner(
            self,
            shape=shape,
            classes=classes,
            epochs=training.epochs,
            batch_size=training.batch_size,
            rate=training.optimiser.rate,
            seeds=seeds,
        )


class NumpyNetLearner:
    """The network, plain gradient descent, and one thread of the CPU. It keeps the `Learner` protocol.

    shape: of an image, (C, H, W)
    rate:  learning rate
    dtype: of the weights and of all that is computed

    >>> learner = NumpyNetLearner(
    ...     NumpyNet(hidden=4), shape=(1, 2, 2), classes=2, epochs=2, batch_size=2, rate=0.1, seeds=Seeds(0)
    ... )
    >>> train = Split("train", np.arange(16, dtype=np.uint8).reshape(4, 1, 2, 2), np.arange(4) % 2)
    >>> [epoch.epoch for epoch in learner.fit(train)], learner.predict(train.images).shape
    ([1, 2], (4, 2))
    """

    def __init__(
        self,
        model: NumpyNet,
        *,
        shape: tuple[int, int, int],
        classes: int,
        epochs: int,
        batch_size: int,
        rate: float,
        seeds: Seeds,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.model, self.shape, self.seeds = model, shape, seeds
        self.epochs, self.batch_size, self.rate = epochs, batch_size, rate
        self.learnt = first_weights(math.prod(shape), model.hidden, classes, seeds.numpy("weights"), dtype)
        self.threads = ThreadpoolController()
        self.step = self.steps = self.epoch = 0

    def fit(self, train: Split, *, after: Mapping[str, np.ndarray] | None = None) -> Iterator[Epoch]:
        """Learn, yielding after each pass; who iterates may stop. Raises Diverged when the loss is not finite.

        after: what `checkpoint` gave between two passes; it goes on from there, as if it had never stopped
        """
        images = train.images.reshape(len(train), -1)  # (all, D) uint8
        self._standardise(images)
        order = self.seeds.numpy("batches")
        self.steps = math.ceil(len(train) / self.batch_size)
        if after is not None:
            self.restore(after)
            self.epoch = int(after["epoch"])
            for _ in range(self.epoch):
                order.permutation(len(train))  # as the passes before drew them
        for epoch in range(self.epoch + 1, self.epochs + 1):
            started = time.perf_counter()
            losses, right = self._pass(images, train.labels, order.permutation(len(train)))
            self.epoch = epoch
            broken = np.flatnonzero(~np.isfinite(losses))
            if len(broken):
                first = int(broken[0])
                raise Diverged(loss=float(losses[first]), epoch=epoch, step=first + 1, rate=self.rate)
            yield Epoch(
                epoch=epoch,
                loss=float(losses.sum()) / len(train),
                penalty=0.0,
                accuracy=right / len(train),
                seconds=(seconds := time.perf_counter() - started),
                images_per_second=len(train) / seconds,
                rate=self.rate,
            )

    def checkpoint(self) -> Weights:
        """A copy of all that `fit` needs to go on after the latest pass."""
        return self.weights() | {"epoch": np.array(self.epoch)}

    def predict(self, images: np.ndarray, *, mirrored: bool | None = None) -> np.ndarray:
        """Probabilities (N, K) float32, rows summing to 1, for images (N, C, H, W) uint8; never of mirrored images."""
        flat = images.reshape(len(images), -1)
        probs = np.empty((len(flat), len(self.learnt["output.bias"])), np.float32)
        with self.threads.limit(limits=THREADS, user_api="blas"), np.errstate(all="ignore"):
            for start in range(0, len(flat), PREDICT_BATCH):
                rows = slice(start, start + PREDICT_BATCH)
                probs[rows] = softmax(forward(self.learnt, scaled(self.learnt, flat[rows]))[1])[0]
        return probs

    def inside(self, images: np.ndarray) -> Inside:
        """Its hidden units' weights as images, and the outputs of its layers for images (N, C, H, W) uint8."""
        weights = self.learnt["hidden.kernel"].T.reshape(-1, *self.shape).copy()
        hidden, logits = forward(self.learnt, scaled(self.learnt, images.reshape(len(images), -1)))
        stages = (Stage(("hidden", "sigmoid"), hidden), Stage(("output",), logits))
        return Inside(FirstLayer("hidden", weights, slides=False), stages)

    def module(self) -> PlainDense:
        """The network as a plain torch module, (N, C, H, W) uint8 -> (N, K) float32 logits."""
        return PlainDense(self.weights())

    def weights(self) -> Weights:
        """A copy of all that was learnt, the scaler's mean and deviation included."""
        return {name: array.copy() for name, array in self.learnt.items()}

    def restore(self, weights: Mapping[str, np.ndarray]) -> None:
        """Go back to weights that this kind of learner gave."""
        for name, array in self.learnt.items():
            array[...] = weights[name]

    def _pass(self, images: np.ndarray, labels: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, int]:
        """One pass over the images in this order: every step's summed loss, and how many answers were right."""
        learnt, size = self.learnt, min(self.batch_size, len(images))
        pixels = np.empty((size, images.shape[1]), np.uint8)
        x = np.empty(pixels.shape, learnt["hidden.kernel"].dtype)
        slopes = {name: np.empty_like(learnt[name]) for name in TRAINED}  # a step writes where the one before did
        losses, right = np.zeros(self.steps), 0
        # A loss that overflows is for `fit` to tell, in words.
        with self.threads.limit(limits=THREADS, user_api="blas"), np.errstate(all="ignore"):
            for step in range(self.steps):
                self.step = step
                rows = order[step * size : (step + 1) * size]
                count = len(rows)  # the last batch may be smaller
                np.take(images, rows, axis=0, out=pixels[:count], mode="clip")
                target = labels[rows]
                divisor = count if self.model.divide_by == "batch" else len(images)
                losses[step], hits = gradients(
                    learnt, scaled(learnt, pixels[:count], x[:count]), target, divisor=divisor, out=slopes
                )
                right += hits
                for name, slope in slopes.items():
                    slope *= self.rate
                    learnt[name] -= slope
        return losses, right

    def _standardise(self, images: np.ndarray) -> None:
        """Take every pixel's mean and deviation from the training images; a pixel that is always the same has 1."""
        from sklearn.preprocessing import StandardScaler  # takes long to import

        scaler = StandardScaler()
        for start in range(0, len(images), SCALER_BATCH):
            scaler.partial_fit(images[start : start + SCALER_BATCH])
        self.learnt["pixels.mean"][...] = scaler.mean_
        self.learnt["pixels.scale"][...] = scaler.scale_
