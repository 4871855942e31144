"""Early stopping: of equals the first is best, and patience counts from it."""

import pytest

from seedtrial.training.spec import Stopping
from seedtrial.training.stopping import Stopper


def watch(spec: Stopping | None, accuracies: list[float], losses: list[float] | None = None) -> Stopper:
    """A stopper that has seen these epochs, or as many of them as it let pass."""
    stopper = Stopper(spec)
    for epoch, accuracy in enumerate(accuracies, start=1):
        stopper.update(epoch, {"val_accuracy": accuracy, "val_loss": (losses or accuracies)[epoch - 1]})
        if stopper.should_stop():
            break
    return stopper


def test_it_ends_after_as_many_epochs_without_a_better_one_as_patience_allows() -> None:
    stopper = watch(Stopping(patience=2), [0.1, 0.5, 0.4, 0.3, 0.9])
    assert (stopper.epoch, stopper.best_epoch, stopper.best_value) == (4, 2, 0.5)


def test_a_better_epoch_starts_the_count_anew() -> None:
    assert watch(Stopping(patience=2), [0.1, 0.0, 0.2, 0.1, 0.3, 0.2, 0.2, 0.9]).epoch == 7


def test_an_equal_epoch_is_not_better() -> None:
    stopper = watch(Stopping(patience=2), [0.5, 0.5, 0.5, 0.6])
    assert (stopper.epoch, stopper.best_epoch) == (3, 1)


def test_update_says_whether_the_epoch_is_the_best_so_far() -> None:
    stopper = Stopper(Stopping())
    said = [stopper.update(epoch, {"val_accuracy": value}) for epoch, value in enumerate([0.1, 0.3, 0.2, 0.3, 0.4], 1)]
    assert said == [True, True, False, False, True]


def test_of_losses_the_lowest_is_best() -> None:
    stopper = watch(Stopping(monitor="val_loss", patience=2), [0.1, 0.2, 0.3, 0.4, 0.5], [0.5, 0.3, 0.4, 0.3, 0.1])
    assert (stopper.epoch, stopper.best_epoch) == (4, 2)


def test_a_loss_that_is_not_a_number_is_never_the_best() -> None:
    nan = float("nan")
    stopper = watch(Stopping(monitor="val_loss", patience=3), [0.1] * 4, [nan, 0.5, nan, 0.4])
    assert (stopper.epoch, stopper.best_epoch) == (4, 4)


def test_the_best_weights_are_kept_by_default_and_the_last_if_asked_for() -> None:
    accuracies = [0.1, 0.5, 0.4]
    best, last = (watch(Stopping(keep=keep), accuracies) for keep in ("best", "last"))
    assert (best.keeps_best, best.kept_epoch) == (True, 2)
    assert (last.keeps_best, last.kept_epoch) == (False, 3)


def test_without_patience_it_never_ends_but_keeps_the_best() -> None:
    stopper = watch(Stopping(patience=None), [0.9] + [0.1] * 50)
    assert (stopper.epoch, stopper.kept_epoch) == (51, 1)


def test_without_a_specification_all_epochs_pass_and_the_last_is_kept() -> None:
    stopper = watch(None, [0.9, 0.1, 0.1])
    assert (stopper.epoch, stopper.kept_epoch, stopper.keeps_best) == (3, 3, False)


@pytest.mark.parametrize("patience", [1, 3])
def test_the_first_epoch_never_ends_it(patience: int) -> None:
    assert watch(Stopping(patience=patience), [0.0]).should_stop() is False
