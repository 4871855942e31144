"""Mixed images have mixed labels, to the last digit, and mixing leaves all other chance as it was."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from seedtrial.data.dataset import Dataset
from seedtrial.errors import SeedtrialError
from seedtrial.models import Conv, Dense, NumpyNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.loss import Loss
from seedtrial.training.mixing import CutMix, Mixed, Mixup
from seedtrial.training.optimiser import Adam
from seedtrial.training.prepare import prepare, problem
from seedtrial.training.spec import TrainSpec


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, generator=generator(), dtype=torch.uint8)


def test_mixup_gives_the_weighted_mean_of_an_image_and_its_partner() -> None:
    images = noise(6, 3, 4, 5)
    mixed = Mixup(alpha=1).mix(images, generator(1))
    assert 0 < mixed.share < 1 and sorted(mixed.partner.tolist()) == list(range(6))
    expected = mixed.share * images.double() + (1 - mixed.share) * images[mixed.partner].double()
    assert torch.allclose(mixed.images.double(), expected, atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_cutmix_shows_a_rectangle_of_the_partner_and_counts_its_pixels(seed: int) -> None:
    images = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(-1, 1, 10, 12)  # each of one value
    mixed = CutMix().mix(images, generator(seed))
    theirs = mixed.images == mixed.partner.view(4, 1, 1, 1)
    moved = mixed.partner != torch.arange(4)
    for image in theirs[moved]:
        assert image.float().mean() == pytest.approx(1 - mixed.share)
        rows, columns = image[0].any(1).sum(), image[0].any(0).sum()
        assert rows * columns == image.sum()  # a full rectangle
    assert images.unique().tolist() == [0, 1, 2, 3]  # the batch itself stays


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_shares_come_from_the_beta_distribution(alpha: float) -> None:
    chance = generator()
    shares = np.array([Mixup(alpha=alpha).mix(torch.zeros(1, 1, 1, 1), chance).share for _ in range(2000)])
    assert shares.mean() == pytest.approx(0.5, abs=0.03)
    assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


@pytest.mark.parametrize("weights", [None, "weights"])
def test_the_loss_is_the_cross_entropy_with_mixed_and_smoothed_labels(weights: str | None) -> None:
    labels, logits = torch.tensor([0, 2, 1, 0]), torch.randn(4, 3, generator=generator())
    mixed = Mixed(torch.zeros(4, 1, 1, 1), torch.tensor([1, 0, 3, 2]), share=0.7)
    loss_of = Loss(TrainSpec(label_smoothing=0.1, mix="mixup", balance=weights), labels)
    of_class = torch.ones(3) if weights is None else torch.tensor([4 / 6, 4 / 3, 4 / 3])
    soft = [(0.9 * one_hot(each, 3) + 0.1 / 3) * of_class[each][:, None] for each in (labels, labels[mixed.partner])]
    expected = cross_entropy(logits, 0.7 * soft[0] + 0.3 * soft[1], reduction="none")
    assert torch.allclose(loss_of(logits, labels, mixed), expected, atol=1e-6)


@pytest.mark.parametrize("mix", ["mixup", "cutmix"])
def test_mixed_images_are_learnt_and_the_same_seed_gives_the_same_weights(
    mix: str, tiny: Dataset, engine: Engine
) -> None:
    def trained() -> tuple[dict[str, np.ndarray], np.ndarray]:
        spec = TrainSpec(epochs=25, batch_size=16, optimiser=Adam(rate=0.01), mix=mix, label_smoothing=0.1)
        conv = Conv(blocks=(ConvBlock(filters=8),), dense=(16,))
        net = prepare(conv, spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
        list(net.fit(tiny.train))
        return net.weights(), net.predict(tiny.validation.images)

    (first, probs), (again, _) = trained(), trained()
    assert (probs.argmax(1) == tiny.validation.labels).mean() > 0.8
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_models_and_settings_that_mixing_does_not_fit_refuse_it() -> None:
    assert "training.mix should be null" in str(problem(NumpyNet(), TrainSpec(optimiser="sgd", mix="mixup")))
    with pytest.raises(SeedtrialError, match="skip goes by the loss of single images, so mix should be null"):
        TrainSpec(mix="cutmix", skip={})
    assert problem(Dense(), TrainSpec(mix="cutmix")) is None
