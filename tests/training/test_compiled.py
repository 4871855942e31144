"""Training steps that torch compiles learn what the others learn."""

import pytest

from seedtrial.data.augment import Augment
from seedtrial.data.dataset import Dataset
from seedtrial.models import ResNet
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.optimiser import SGD
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch's compiler itself
def test_compiled_steps_give_the_losses_of_the_others(tiny: Dataset, engine: Engine) -> None:
    training = TrainSpec(
        epochs=2, batch_size=20, optimiser=SGD(rate=0.05, momentum=0.9), augment=Augment(flip=True), label_smoothing=0.1
    )
    losses = []
    for compiled in (None, True):
        learner = prepare(
            ResNet(widths=(4, 6), stem_pool=True, head="max"),
            training.model_copy(update={"compiled": compiled}),
            shape=(1, 8, 8),
            classes=3,
            engine=engine,
            seeds=Seeds(0),
        )
        losses.append([epoch.loss for epoch in learner.fit(tiny.train)])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
