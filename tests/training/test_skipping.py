"""Easy images are left out of some passes, drawn anew, and nothing else changes."""

import pytest
import torch

from seedtrial.data.dataset import Dataset
from seedtrial.errors import Wrong
from seedtrial.models import Dense, NumpyNet
from seedtrial.models.learner import Epoch
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.prepare import prepare, problem
from seedtrial.training.skipping import Skip, Skipper
from seedtrial.training.spec import TrainSpec

IMAGES = 1000


def skipper(epochs: int = 10, **spec: float) -> Skipper:
    """Every second image easy: 500 losses of 0.1, 500 of 2."""
    skips = Skipper(Skip(**spec), IMAGES, epochs, torch.Generator().manual_seed(0))
    skips.note(torch.arange(IMAGES), torch.tensor([0.1, 2.0]).repeat(IMAGES // 2))
    return skips


def seen(tiny: Dataset, engine: Engine, **training: object) -> tuple[list[Epoch], list[int]]:
    """What every pass yielded, and how many images each put through the network."""
    spec = TrainSpec(**({"batch_size": 16, "optimiser": Adam(rate=0.01)} | training))
    net = prepare(Dense(widths=(16,)), spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    counts: list[int] = []
    net.network.register_forward_pre_hook(lambda _, args: counts.append(len(args[0])))
    epochs, passes = [], []
    for epoch in net.fit(tiny.train):
        epochs.append(epoch)
        passes.append(sum(counts))
        counts.clear()
    return epochs, passes


def test_hard_images_stay_and_of_easy_ones_a_share_goes() -> None:
    rows = skipper(share=0.7).rows(2)
    assert rows is not None
    assert set(range(1, IMAGES, 2)) <= set(rows.tolist())
    assert len(set(rows.tolist())) == len(rows)
    assert 500 + 120 < len(rows) < 500 + 180  # 150 easy ones are expected; 3 standard deviations are 31


def test_each_pass_leaves_out_others() -> None:
    skips = skipper(share=0.5)
    first, second = (set(skips.rows(epoch).tolist()) for epoch in (2, 3))  # type: ignore[union-attr]
    assert first != second
    assert len(first | second) > 500 + 330  # of the 500 easy ones 375 are expected


def test_the_first_and_the_last_passes_use_all() -> None:
    skips = skipper(epochs=10, first=2, last=0.3)
    assert [skips.rows(epoch) is None for epoch in range(1, 11)] == [True] * 2 + [False] * 5 + [True] * 3


def test_its_cost_is_guessed_in_whole_passes() -> None:
    assert Skip(share=0.5, first=2, last=0.3).whole(10) == pytest.approx(5 + 5 * 0.55)
    assert Skip(first=3).whole(3) == 3


def test_an_image_that_became_hard_is_used() -> None:
    skips = skipper(share=0.99)
    skips.note(torch.tensor([0]), torch.tensor([9.0], dtype=torch.float64))
    assert 0 in skips.rows(5).tolist()  # type: ignore[union-attr]


def test_without_skipping_nothing_is_chosen_nor_kept() -> None:
    skips = Skipper(None, IMAGES, 10, torch.Generator())
    skips.note(torch.arange(3), torch.ones(3))
    assert skips.rows(5) is None
    assert len(skips.losses) == 0


def test_training_with_it_sees_fewer_images_and_still_learns(tiny: Dataset, engine: Engine) -> None:
    whole, passes = seen(tiny, engine, epochs=40)
    assert set(passes) == {48}
    skipping, fewer = seen(tiny, engine, epochs=40, skip=Skip(share=0.7, first=2, last=0.1))
    assert fewer[:2] == [48, 48]
    assert fewer[-4:] == [48] * 4
    assert max(fewer[2:-4]) < 48
    assert sum(fewer) < 0.7 * sum(passes)
    assert skipping[-1].accuracy > 0.95
    assert skipping[:2] == [
        epoch.model_copy(update=_clock(other)) for epoch, other in zip(whole, skipping[:2], strict=False)
    ]
    assert {epoch.rate for epoch in skipping} == {0.01}


def _clock(epoch: Epoch) -> dict[str, float]:
    return {"seconds": epoch.seconds, "images_per_second": epoch.images_per_second}


def test_what_a_pass_tells_is_of_the_images_it_used(tiny: Dataset, engine: Engine) -> None:
    epochs, passes = seen(tiny, engine, epochs=8, skip=Skip(share=0.9, last=0.0), optimiser=SGD(rate=1e-30))
    assert passes[0] == 48 > passes[1]
    assert epochs[1].accuracy < epochs[0].accuracy  # weights stand still; easy images, mostly right ones, are gone
    assert epochs[1].loss > epochs[0].loss
    rights = [round(epoch.accuracy * count, 6) for epoch, count in zip(epochs, passes, strict=True)]
    assert all(right == round(right) for right in rights)


def test_a_network_from_scratch_says_that_it_cannot() -> None:
    training = TrainSpec(optimiser=SGD(rate=0.03), skip=Skip())
    assert "training.skip should be null" in str(problem(NumpyNet(), training))


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"share": 1.0}, {"first": 0}, {"last": 1.5}])
def test_settings_without_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(Wrong):
        Skip(**wrong)
