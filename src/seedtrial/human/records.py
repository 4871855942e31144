"""The values that the store takes and returns. Times are seconds since 1970."""

from dataclasses import dataclass

from seedtrial.human.answers import Mode


@dataclass(frozen=True)
class LabelledData:
    """Identifies the data set whose test images people label.

    images: number of test images

    >>> LabelledData("f" * 64, "boots", ("left", "right"), images=3).classes
    ('left', 'right')
    """

    fingerprint: str
    name: str
    classes: tuple[str, ...]
    images: int


@dataclass(frozen=True)
class StoredSession:
    """A session as it is stored.

    plan:     (n,) rows of the test part in the order of the session; the answered ones come first
    choices:  the answers so far
    last:     time of the last answer, or of opening the session if that was later
    open:     whether this is the player's latest session, the only one that accepts answers
    finished: whether the session has ended

    >>> session = StoredSession(1, "learn", plan=(2, 0, 1), choices=(1,), last=0.0, open=True, finished=False)
    >>> len(session.choices), session.plan[1]
    (1, 0)
    """

    id: int
    mode: Mode
    plan: tuple[int, ...]
    choices: tuple[int, ...]
    last: float
    open: bool
    finished: bool


@dataclass(frozen=True)
class StoredAnswer:
    """An answer as it is stored: `image` is a row of the test part, `label` its true class, `at` the time.

    >>> answer = StoredAnswer(position=1, image=7, label=2, choice=2, seconds=1.3, at=0.0)
    >>> answer.choice == answer.label
    True
    """

    position: int
    image: int
    label: int
    choice: int
    seconds: float
    at: float
