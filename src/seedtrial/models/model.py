"""The contract of a model: what a specification of a network answers, so that nobody else asks what kind it is.

C channels, H x W pixels, K classes. A new architecture is a file here whose Spec derives from `Model`, and a line in
`models.ARCHITECTURES`. `dense.py` is a short example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch

from seedtrial.models.count import Summary, summary
from seedtrial.models.layers import Network
from seedtrial.models.learner import Learner
from seedtrial.seeds import Seeds
from seedtrial.spec import Spec


@dataclass(frozen=True)
class Only:
    """The values that a model honours of a setting, the one to recommend first, and why it is no other.

    >>> Only(("sgd",), "learns by plain gradient descent").values
    ('sgd',)
    """

    values: tuple[object, ...]
    reason: str


class OwnTraining(Protocol):
    """The settings of a training that a learner of its own may use.

    >>> from seedtrial.training.spec import TrainSpec
    >>> TrainSpec(epochs=3).epochs
    3
    """

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def optimiser(self) -> Any: ...


class Model(Spec):
    """A specification of a network.

    title:       what pages call it, such as "dense network"
    usual:       settings of the training when nothing is said, where they differ from those of a TrainSpec
    only:        settings that it honours with some values alone, by path ("optimiser.kind", "data.scaling"); all
                 others it honours as they are
    bf16_from:   multiply-adds of a training step, forward, from which bf16 pays on a CPU
    own_threads: CPU threads of a learner of its own, which computes in float32; None: torch's loop trains it
    has_kernels: whether compiled training steps make it faster
    terms:       which weights of others it begins with, what they learnt from, and under which terms; usually none
    recorded_without: what a setting was in recipes that were recorded before it existed

    >>> from seedtrial.models import Dense
    >>> Dense(widths=(32,)).summary((1, 8, 8), 10).parameters, Dense.title
    (2410, 'dense network')
    """

    title: ClassVar[str]
    usual: ClassVar[Mapping[str, object]] = {}
    only: ClassVar[Mapping[str, Only]] = {}
    bf16_from: ClassVar[int] = 0
    own_threads: ClassVar[int | None] = None
    has_kernels: ClassVar[bool] = False
    terms: ClassVar[str] = ""
    recorded_without: ClassVar[Mapping[str, object]] = {}

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """A network for images of this shape (C, H, W); without a generator it has shapes but no weights."""
        raise NotImplementedError

    def learner(
        self, training: OwnTraining, *, shape: tuple[int, int, int], classes: int, seeds: Seeds
    ) -> Learner | None:
        """A learner of its own, with its first weights drawn; None where torch's loop trains what `build` gives."""
        return None

    def summary(self, shape: tuple[int, ...], classes: int) -> Summary:
        """Its layers, counted. Raises SeedtrialError when they do not fit on images of this shape (C, H, W)."""
        return summary(self.build(shape, classes))

    def work(self, shape: tuple[int, ...], classes: int) -> int:
        """What one image costs in a pass of the training, in multiply-adds forward, for guesses of the time."""
        return self.summary(shape, classes).multiply_adds

    def identity(self) -> dict[str, Any]:
        """What a recipe's digest knows of it, as JSON values."""
        return self.canonical()
