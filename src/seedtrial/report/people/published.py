"""Published accuracies of people on Fashion-MNIST, and the number of ours that each is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.data.readers import built_in_readers
from seedtrial.evaluation.statistics import Spread
from seedtrial.human import crowd, together
from seedtrial.human.answers import Answers
from seedtrial.human.crowd import Votes
from seedtrial.report.people.crowd import Crowd
from seedtrial.study.published import Published, PublishedWord, reproduction

GAME = Published(
    accuracy=0.845,
    digits=3,
    where="Thingwall, Lunde and Borg 2019, section 3.4 and table 4; printed as 84.5 ± 0.5",
    per_class=(0.81, 0.99, 0.73, 0.82, 0.73, 0.96, 0.68, 0.83, 0.98, 0.92),
)
AUTHORS = Published(accuracy=0.835, digits=3, where="the data set's authors, Xiao, Rasul and Vollgraf 2017")
GAME_ANSWERS = 3 * 1000
AUTHORS_IMAGES = 1000


@dataclass(frozen=True)
class PublishedComparison:
    """A published accuracy of people and our number that measures the same.

    what:    who answered how many images
    measure: what our number is
    ours:    our accuracy with its interval; None if we have none
    word:    whether our number reproduces the published one; None if we have none

    >>> PublishedComparison("3 people, 1,000 images each", GAME, "mean accuracy", None, None).published.accuracy
    0.845
    """

    what: str
    published: Published
    measure: str
    ours: Spread | None
    word: PublishedWord | None


def published_on(fingerprint: str) -> tuple[Published, ...]:
    """The published accuracies of people on a data set.

    >>> [each.accuracy for each in published_on(built_in_readers()["fashion-mnist"].facts.fingerprint)]
    [0.845, 0.835]
    """
    known = built_in_readers()["fashion-mnist"].facts
    return (GAME, AUTHORS) if known and fingerprint == known.fingerprint else ()


def compare_published(
    fingerprint: str, players: Sequence[Answers], mean: Spread | None, votes: Crowd | None, labels: np.ndarray
) -> list[PublishedComparison]:
    """Compares the published numbers on a data set with ours; [] if there are none for it.

    mean:   mean accuracy of the players
    votes:  numbers of imported votes
    labels: (N,) int64, true classes of the test part

    >>> compare_published("f" * 64, [], None, None, np.array([0, 1]))
    []
    """
    if not published_on(fingerprint):
        return []
    single = votes.single if votes else None
    polled = votes.majority if votes else _majority(players, labels)
    asked = "majority of the imported votes" if votes else "majority of the players, on the images that all saw"
    rows = [
        ("3 players, 1,000 images each", GAME, "mean of the players", mean, GAME_ANSWERS),
        ("majority of 3 votes on each of 1,000 images", AUTHORS, asked, polled, AUTHORS_IMAGES),
    ]
    if single is not None:
        rows.insert(1, (rows[0][0], GAME, "a single imported vote", single, GAME_ANSWERS))
    answers = sum(map(len, players))
    comparisons = []
    for what, published, measure, ours, images in rows:
        # The published number and ours are on different images. The interval of our number covers that already, except
        # for a single player, who has no interval over players; then the sampling errors of both are combined.
        either = round(1 / (1 / images + 1 / answers)) if ours is not None and ours.n == 1 else images
        word = reproduction("people", published, ours, images=either).word if ours else None
        comparisons.append(PublishedComparison(what, published, measure, ours, word))
    return comparisons


def _majority(players: Sequence[Answers], labels: np.ndarray) -> Spread | None:
    """Accuracy of the majority of at least three players on the images that all saw; "can't tell" is not a vote."""
    images = together.shared_images(players) if len(players) > 2 else np.array([], np.int64)
    if not len(images):
        return None
    classes = 1 + int(labels.max())
    counts = together.counts(players, images, classes)[:, :classes]
    return crowd.over_images(crowd.majority(Votes(counts), labels[images]))
