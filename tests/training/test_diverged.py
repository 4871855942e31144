"""A loss that is not a number ends the training, and says where."""

import pytest

from seedtrial.data.dataset import Dataset
from seedtrial.errors import Diverged
from seedtrial.models.dense import Dense
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.optimiser import SGD
from seedtrial.training.prepare import prepare
from seedtrial.training.schedule import LinearDecay
from seedtrial.training.spec import TrainSpec


@pytest.mark.parametrize(
    "batch_size, epoch, step",
    [(16, 1, 2), (48, 2, 1), (24, 1, 2)],
    ids=["second of three", "second pass", "second of two"],
)
def test_epoch_and_step_of_the_first_broken_loss_are_reported(
    batch_size: int, epoch: int, step: int, tiny: Dataset, engine: Engine
) -> None:
    spec = TrainSpec(epochs=3, batch_size=batch_size, optimiser=SGD(rate=1e30))
    learner = prepare(Dense(widths=(8, 8)), spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    words = rf"^Loss is (nan|inf) in epoch {epoch}, step {step}; the rate 1e\+30 may be too high\.$"
    with pytest.raises(Diverged, match=words) as caught:
        list(learner.fit(tiny.train))
    assert (caught.value.epoch, caught.value.step) == (epoch, step)


def test_passes_before_the_broken_one_are_given(tiny: Dataset, engine: Engine) -> None:
    """The rate rises from 0, so that the first pass, of one step, changes nothing and the next one breaks."""
    spec = TrainSpec(epochs=4, batch_size=48, optimiser=SGD(rate=1e30), schedule=LinearDecay(warmup=0.5))
    learner = prepare(Dense(widths=(8, 8)), spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    given = []
    with pytest.raises(Diverged, match="epoch 3, step 1"):
        for epoch in learner.fit(tiny.train):
            given.append(epoch.epoch)
    assert given == [1, 2]


def test_a_penalty_that_is_not_finite_after_the_last_step_is_reported_too(tiny: Dataset, engine: Engine) -> None:
    spec = TrainSpec(epochs=1, batch_size=24, optimiser=SGD(rate=1e30), schedule=LinearDecay(warmup=0.5))
    learner = prepare(Dense(widths=(8,), l2=0.1), spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    with pytest.raises(Diverged, match="Loss is (nan|inf) in epoch 1, step 2;"):
        list(learner.fit(tiny.train))
