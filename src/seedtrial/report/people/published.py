"""What others published of people's accuracy on Fashion-MNIST, and which number of ours it compares with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtrial.data.readers import built_in
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
class Beside:
    """A published number of people and ours that measures the same; ours and word are None where we have none.

    what:    who was asked and how much
    measure: what ours is
    """

    what: str
    published: Published
    measure: str
    ours: Spread | None
    word: PublishedWord | None


def of(fingerprint: str) -> tuple[Published, ...]:
    """What was published of people on a data set."""
    known = built_in()["fashion-mnist"].facts
    return (GAME, AUTHORS) if known and fingerprint == known.fingerprint else ()


def beside(
    fingerprint: str, players: Sequence[Answers], mean: Spread | None, votes: Crowd | None, labels: np.ndarray
) -> list[Beside]:
    """The published numbers of a data set beside ours; [] for data of which none are known.

    mean:   accuracy over the players
    votes:  numbers of imported votes
    labels: (N,) int64, of the test part
    """
    if not of(fingerprint):
        return []
    single = votes.single if votes else None
    polled = votes.majority if votes else _majority(players, labels)
    asked = "majority of the imported votes" if votes else "majority of the players, on the images that all saw"
    rows = [
        ("3 players, 1,000 images each", GAME, "mean of the players", mean, GAME_ANSWERS),
        ("majority of 3 votes on each of 1,000 images", AUTHORS, asked, polled, AUTHORS_IMAGES),
    ]
    if single is not None:
        rows.insert(1, (rows[0][0], GAME, "a single vote of those imported", single, GAME_ANSWERS))
    answers = sum(map(len, players))
    told = []
    for what, published, measure, ours, images in rows:
        # Both numbers have images of their own. Of ours the interval has that already, but for a single player's.
        either = round(1 / (1 / images + 1 / answers)) if ours is not None and ours.n == 1 else images
        word = reproduction("people", published, ours, images=either).word if ours else None
        told.append(Beside(what, published, measure, ours, word))
    return told


def _majority(players: Sequence[Answers], labels: np.ndarray) -> Spread | None:
    """Of at least three players, on the images that all of them saw; "can't tell" is no vote."""
    images = together.shared(players) if len(players) > 2 else np.array([], np.int64)
    if not len(images):
        return None
    classes = 1 + int(labels.max())
    counts = together.counts(players, images, classes)[:, :classes]
    return crowd.over_images(crowd.majority(Votes(counts), labels[images]))
