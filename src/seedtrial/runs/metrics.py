"""What the files of a run say, as types: metrics.json, test.json, machine.json and the lines of epochs.jsonl.

Fields that a file does not have keep their defaults, and fields that we do not know are passed over, so that folders of
other versions open. The bytes of a file are checked by `record`, not here.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from seedtrial.training.device import Engine

VERSION = 2  # of metrics.json and test.json; in version 1 metrics.json held the test scores as well


class Entry(BaseModel):
    """A frozen value that stands in a file of a run.

    >>> Scores(accuracy=0.9, loss=0.3).plain()
    {'accuracy': 0.9, 'loss': 0.3}
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def plain(self) -> dict[str, Any]:
        """The fields that were set, as JSON values; None is left out."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


class EpochLine(Entry):
    """One line of epochs.jsonl: what a pass gave, and the scores on the validation images, if there are any.

    The fields up to rate are those of `models.learner.Epoch`. Losses are in nats, accuracies are shares in [0, 1].

    >>> EpochLine(epoch=1, loss=0.5, accuracy=0.8, seconds=2.0, images_per_second=30.0, rate=0.01).validated
    False
    """

    epoch: int
    loss: float
    penalty: float = 0.0
    accuracy: float
    seconds: float
    images_per_second: float
    rate: float
    val_accuracy: float | None = None
    val_loss: float | None = None

    @property
    def validated(self) -> bool:
        """Whether there were validation images."""
        return self.val_accuracy is not None


class Scores(Entry):
    """Scores on one split.

    accuracy:            share of the images that are classified correctly
    loss:                mean cross-entropy, nats
    accuracy_unmirrored: accuracy without the mirrored image, for a recipe that predicts from both

    >>> Scores(accuracy=0.9, loss=0.3).plain()
    {'accuracy': 0.9, 'loss': 0.3}
    """

    accuracy: float
    loss: float
    accuracy_unmirrored: float | None = None


class Seconds(Entry):
    """How long a run took, wall-clock seconds.

    per_epoch: median over epochs
    training:  all epochs, validation not included
    total:     the whole training, validation included
    processor: processor time of the whole training, summed over threads
    testing:   predicting the test images; only in version 1, later it is in test.json

    >>> Seconds(total=12.5).training
    0.0
    """

    per_epoch: float = 0.0
    training: float = 0.0
    total: float = 0.0
    processor: float | None = None
    testing: float | None = None


class Machine(Entry):
    """machine.json: the versions, the hardware and the command of a run.

    >>> from seedtrial.training.device import Engine
    >>> engine = Engine("cpu", "fp32", 2)
    >>> Machine(python="3.11", versions={}, system="Linux", processor="x", engine=engine, command="").engine.threads
    2
    """

    python: str
    versions: dict[str, str]
    commit: str | None = None
    system: str
    processor: str
    cores: int | None = None
    gpu: str | None = None
    engine: Engine
    kernels: str | None = None
    command: str


class Resumed(Entry):
    """An interruption: the last epoch before it, and the machine of the epochs up to there.

    >>> from seedtrial.training.device import Engine
    >>> engine = Engine("cpu", "fp32", 2)
    >>> machine = Machine(python="3.11", versions={}, system="Linux", processor="x", engine=engine, command="")
    >>> Resumed(after_epoch=17, machine=machine).after_epoch
    17
    """

    after_epoch: int
    machine: Machine


class Metrics(Entry):
    """metrics.json: how a training ended. Its existence means that the run is trained and validated.

    scores:     by split: "validation", where there are validation images; "test" only in version 1
    kept:       which epoch's weights are kept, and kept_epoch its number
    message:    why it diverged, with the epoch and the step
    opened_by:  the study that opened the test set; only in version 1
    remarks:    what is odd about the network, a sentence each
    files:      SHA-256 of every other file of the training
    sha256:     of all the fields above

    A diverged run has no scores, no weights and no predictions.

    >>> metrics = Metrics(status="finished", seed=0, scores={"validation": Scores(accuracy=0.9, loss=0.3)})
    >>> metrics.validation.accuracy
    0.9
    """

    version: int = 1
    status: Literal["finished", "diverged"]
    seed: int
    scores: dict[str, Scores] = {}
    seconds: Seconds = Seconds()
    epochs: int = 0
    kept: Literal["best", "last"] = "last"
    kept_epoch: int = 0
    stopped_early: bool = False
    images_per_second: float = 0.0
    resumed: tuple[Resumed, ...] = ()
    message: str = ""
    epoch: int = 0
    step: int = 0
    opened_by: str | None = None
    remarks: tuple[str, ...] = ()
    files: dict[str, str] = {}
    sha256: str = ""

    @property
    def validation(self) -> Scores | None:
        """The scores on the validation images; None without such images."""
        return self.scores.get("validation")


class TestMetrics(Entry):
    """test.json: the scores on the test images. Its existence means that the run is examined.

    seconds:   wall-clock time for opening and predicting the test images
    opened_by: the study whose ledger has the opening
    trained:   `sha256` of the metrics.json that it belongs to
    files:     SHA-256 of the file with the predictions
    sha256:    of all the fields above

    >>> TestMetrics(seed=0, scores=Scores(accuracy=0.9, loss=0.3), seconds=0.1, opened_by="mine").scores.accuracy
    0.9
    """

    __test__ = False  # its name makes pytest think of a test

    version: int = VERSION
    seed: int
    scores: Scores
    seconds: float
    opened_by: str
    trained: str = ""
    files: dict[str, str] = {}
    sha256: str = ""
