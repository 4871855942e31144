"""What trains and predicts: a torch network with its loop, or anything else that keeps this protocol."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seedtrial.data.parts import Split
from seedtrial.models.inside import Inside
from seedtrial.spec import Spec

if TYPE_CHECKING:
    from torch import nn

Weights = dict[str, np.ndarray]  # by name: all that a learner predicts by


class Epoch(Spec):
    """What one pass over the training images gave; of those it used, where easy ones are left out.

    loss:     mean over the pass while the weights changed, what was minimised (penalty and smoothing included)
    penalty:  L2's part of the loss, at the end of the pass
    accuracy: share of right answers over the pass, while the weights changed
    seconds:  the pass alone, validation not included
    rate:     learning rate at the end of the pass

    >>> epoch = Epoch(epoch=1, loss=0.5, penalty=0.0, accuracy=0.9, seconds=2.0, images_per_second=30.0, rate=0.1)
    >>> epoch.accuracy
    0.9
    """

    epoch: int
    loss: float
    penalty: float
    accuracy: float
    seconds: float
    images_per_second: float
    rate: float


class Learner(Protocol):
    """Something that can be fitted and asked.

    step, steps: where it is within the present epoch, for whoever shows progress

    >>> from seedtrial.models import Majority
    >>> from seedtrial.seeds import Seeds
    >>> from seedtrial.training.device import choose_engine
    >>> from seedtrial.training.prepare import prepare, usual
    >>> model, engine = Majority(), choose_engine("cpu")
    >>> learner = prepare(model, usual(model), shape=(1, 2, 2), classes=2, engine=engine, seeds=Seeds(0))
    >>> train = Split("train", np.zeros((4, 1, 2, 2), np.uint8), np.array([0, 1, 1, 1]))
    >>> len(list(learner.fit(train))), learner.predict(train.images)[0].tolist()
    (1, [0.25, 0.7500000596046448])
    """

    step: int
    steps: int

    def fit(self, train: Split, *, after: Mapping[str, np.ndarray] | None = None) -> Iterator[Epoch]:
        """Learn, yielding after each pass; who iterates may stop. Raises Diverged when the loss is not finite.

        after: what `checkpoint` gave between two passes; it goes on from there, as if it had never stopped
        """
        ...

    def checkpoint(self) -> dict[str, np.ndarray]:
        """A copy of all that `fit` needs to go on after the latest pass."""
        ...

    def predict(self, images: np.ndarray, *, mirrored: bool | None = None) -> np.ndarray:
        """Probabilities (N, K) float32, rows summing to 1, for images (N, C, H, W) uint8.

        mirrored: whether mirrored images are averaged in; None: as the training's settings say
        """
        ...

    def inside(self, images: np.ndarray) -> Inside:
        """The first weights, and the output of every stage for images (N, C, H, W) uint8, as when predicting."""
        ...

    def module(self) -> "nn.Module":
        """The network as a plain torch module, (N, C, H, W) uint8 -> (N, K) float32 logits, for exporters."""
        ...

    def weights(self) -> Weights:
        """A copy of all that was learnt."""
        ...

    def restore(self, weights: Mapping[str, np.ndarray]) -> None:
        """Go back to weights that this kind of learner gave."""
        ...
