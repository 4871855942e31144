"""What a crowd's votes say, beside networks. N test images, K classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.evaluation.agreement import Kappa, cohen, one_hot
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import Spread
from seedtrial.human import crowd as votes_of
from seedtrial.human.crowd import Votes


@dataclass(frozen=True)
class NetworkAndCrowd:
    """A network beside a crowd's votes; accuracies are None where there is no such image.

    kappa:           of one vote and one seed, both at random
    where_unanimous: accuracy on the images where all votes are for one class, over these images
    elsewhere:       on the others
    """

    network: str
    kappa: Kappa
    where_unanimous: Spread | None
    elsewhere: Spread | None


@dataclass(frozen=True)
class Crowd:
    """A crowd's numbers.

    votes:            least and most of an image
    single, majority: accuracies over images; `*_by_class`: (K,) class by class
    unanimous:        images where all votes are for one class; right_there: share of these where it is the label
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
    """The numbers of votes on a whole test part.

    labels:   (N,) int64
    networks: label -> predictions on the test part, one per seed
    """
    classes = votes.counts.shape[1]
    single, majority, agreed = votes_of.single(votes, labels), votes_of.majority(votes, labels), votes.unanimous

    def beside(network: str, seeds: Sequence[Predictions]) -> NetworkAndCrowd:
        answers = np.mean([one_hot(seed.answers, classes) for seed in seeds], axis=0)
        right = np.mean([seed.right for seed in seeds], axis=0)
        parts = (votes_of.over_images(right[where]) if where.any() else None for where in (agreed, ~agreed))
        return NetworkAndCrowd(network, cohen(votes.shares, answers, generator=generator), *parts)

    return Crowd(
        images=len(labels),
        votes=(int(votes.total.min()), int(votes.total.max())),
        single=votes_of.over_images(single),
        majority=votes_of.over_images(majority),
        single_by_class=votes_of.by_class(single, labels, classes).tolist(),
        majority_by_class=votes_of.by_class(majority, labels, classes).tolist(),
        unanimous=int(agreed.sum()),
        right_there=float(majority[agreed].mean()) if agreed.any() else None,
        networks=tuple(beside(label, seeds) for label, seeds in networks.items()),
    )
