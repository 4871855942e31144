"""Numbers of a crowd's votes, compared with networks.

N test images, K classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.agreement import Kappa, cohen, one_hot
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import Spread
from seedtrial.human import crowd as imported
from seedtrial.human.crowd import Votes


@dataclass(frozen=True)
class NetworkAndCrowd:
    """A network compared with a crowd's votes.

    kappa:           Cohen's kappa of one vote and one seed, both drawn at random
    where_unanimous: the network's accuracy on unanimous images; None if there are none
    elsewhere:       the network's accuracy on the other images; None if there are none
    """

    network: str
    kappa: Kappa
    where_unanimous: Spread | None
    elsewhere: Spread | None


@dataclass(frozen=True)
class Crowd:
    """The accuracy of a crowd's votes.

    images:           number of test images
    votes:            lowest and highest number of votes on an image
    single, majority: accuracy of a single vote and of the majority vote, over images
    *_by_class:       (K,) the same for each class
    unanimous:        number of images where all votes are for the same class
    right_there:      accuracy of the majority on unanimous images; None if there are none
    networks:         each network compared with the votes
    """

    images: int
    votes: tuple[int, int]
    single: Spread
    majority: Spread
    single_by_class: list[float]
    majority_by_class: list[float]
    unanimous: int
    right_there: float | None
    networks: tuple[NetworkAndCrowd, ...]


def crowd(
    votes: Votes,
    labels: np.ndarray,
    networks: Mapping[str, Sequence[Predictions]],
    *,
    generator: np.random.Generator,
) -> Crowd:
    """Computes the numbers of votes on all test images.

    labels:   (N,) int64, true classes
    networks: label -> predictions on the test part, one per seed

    >>> votes = Votes(np.array([[3, 0], [1, 2], [2, 1]]))
    >>> numbers = crowd(votes, np.array([0, 1, 1]), {}, generator=np.random.default_rng(0))
    >>> numbers.votes, numbers.unanimous, round(numbers.majority.mean, 3)
    ((3, 3), 1, 0.667)
    """
    classes = votes.counts.shape[1]
    single, majority, agreed = imported.single(votes, labels), imported.majority(votes, labels), votes.unanimous

    def compared(network: str, seeds: Sequence[Predictions]) -> NetworkAndCrowd:
        answers = np.mean([one_hot(seed.answers, classes) for seed in seeds], axis=0)
        right = np.mean([seed.right for seed in seeds], axis=0)
        parts = (imported.over_images(right[where]) if where.any() else None for where in (agreed, ~agreed))
        return NetworkAndCrowd(network, cohen(votes.shares, answers, generator=generator), *parts)

    return Crowd(
        images=len(labels),
        votes=(int(votes.total.min()), int(votes.total.max())),
        single=imported.over_images(single),
        majority=imported.over_images(majority),
        single_by_class=imported.votes_by_class(single, labels, classes).tolist(),
        majority_by_class=imported.votes_by_class(majority, labels, classes).tolist(),
        unanimous=int(agreed.sum()),
        right_there=float(majority[agreed].mean()) if agreed.any() else None,
        networks=tuple(compared(label, seeds) for label, seeds in networks.items()),
    )
