"""Early stopping: which epoch was best so far, and whether to go on."""

import math

from seedtrial.training.spec import Stopping


class Stopper:
    """Watches one validation quantity; without a spec it only counts, and the last epoch is kept.

    >>> stopper = Stopper(Stopping(patience=1))
    >>> [stopper.update(epoch, {"val_accuracy": score}) for epoch, score in ((1, 0.8), (2, 0.7))]
    [True, False]
    >>> stopper.should_stop(), stopper.kept_epoch
    (True, 1)
    """

    def __init__(self, spec: Stopping | None) -> None:
        self.spec = spec
        self.best_epoch = 0
        self.best_value: float | None = None
        self.epoch = 0

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's weights are what counts in the end."""
        return self.spec is not None and self.spec.keep == "best"

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights are kept."""
        return self.best_epoch if self.keeps_best else self.epoch

    def update(self, epoch: int, scores: dict[str, float]) -> bool:
        """Take an epoch's validation scores in; True when it is the best so far. Of equals the first is best."""
        self.epoch = epoch
        if self.spec is None:
            return False
        value = scores[self.spec.monitor]
        higher_is_better = self.spec.monitor == "val_accuracy"
        if math.isnan(value):
            return False
        if self.best_value is not None:
            better = value > self.best_value if higher_is_better else value < self.best_value
            if not better:
                return False
        self.best_epoch, self.best_value = epoch, value
        return True

    def should_stop(self) -> bool:
        """Whether patience is at its end."""
        if self.spec is None or self.spec.patience is None:
            return False
        return self.epoch - self.best_epoch >= self.spec.patience
