"""Training images are split as asked: each is used once, shares are kept, and the same seed gives the same images."""

import hashlib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seedtrial.data.readers import read
from seedtrial.data.splits import Validation, held_out, keep_back
from seedtrial.errors import SeedtrialError

LABELS = np.random.default_rng(0).choice(3, 200, p=[0.7, 0.2, 0.1]).astype(np.int64)
TAKES = ("first", "last", "random", "stratified")
validations = st.builds(
    Validation,
    take=st.sampled_from(TAKES),
    size=st.integers(1, 199) | st.floats(0.005, 0.99),
    seed=st.integers(0, 10),
)


def indices(spec: Validation, labels: np.ndarray = LABELS) -> tuple[list[int], list[int]]:
    """The image numbers kept and held out."""
    everything = np.arange(len(labels))
    kept, held = held_out(labels, spec)
    return everything[kept].tolist(), everything[held].tolist()


def test_the_first_images_can_be_held_out() -> None:
    assert indices(Validation(take="first", size=30)) == (list(range(30, 200)), list(range(30)))


def test_the_last_images_can_be_held_out() -> None:
    assert indices(Validation(take="last", size=30)) == (list(range(170)), list(range(170, 200)))


@given(st.integers(2, 70_000), st.floats(0.001, 0.999))
def test_the_last_share_is_cut_where_keras_cuts_it(total: int, share: float) -> None:
    kept = int(np.floor(total * (1.0 - share)))
    assume(0 < kept < total)
    spec = Validation(take="last", size=share)
    assert held_out(np.zeros(total, np.int64), spec) == (slice(0, kept), slice(kept, None))


def test_a_fifth_of_fashion_mnist_is_twelve_thousand() -> None:
    assert len(indices(Validation(take="last", size=0.2), np.zeros(60_000, np.int64))[1]) == 12_000


@given(validations)
def test_every_split_uses_every_image_once(spec: Validation) -> None:
    kept, held = indices(spec)
    assert sorted(kept + held) == list(range(200))
    assert kept == sorted(kept) and held == sorted(held)
    assert len(held) == (spec.size if isinstance(spec.size, int) else 200 - int(200 * (1 - spec.size)))


@given(validations)
def test_the_same_seed_gives_the_same_split(spec: Validation) -> None:
    assert indices(spec) == indices(spec)


@pytest.mark.parametrize("take", ["random", "stratified"])
def test_another_seed_gives_another_split(take: str) -> None:
    assert len({tuple(indices(Validation(take=take, size=50, seed=seed))[1]) for seed in range(5)}) == 5


@given(st.integers(1, 199), st.integers(0, 5))
def test_a_stratified_split_keeps_the_share_of_every_class(size: int, seed: int) -> None:
    _, held = indices(Validation(take="stratified", size=size, seed=seed))
    shares = np.bincount(LABELS) * size / len(LABELS)
    assert (np.abs(np.bincount(LABELS[held], minlength=3) - shares) < 1).all()


@pytest.mark.parametrize("size", [200, 201])
def test_a_validation_part_that_leaves_nothing_to_train_on_is_refused(size: int) -> None:
    with pytest.raises(
        SeedtrialError, match=rf"data\.validation\.size asks for {size} of 200 training images; some mu"
    ):
        held_out(LABELS, Validation(size=size))


@pytest.mark.parametrize(
    ("take", "recorded"),
    [
        ("first", "85630e627ad5380c"),
        ("last", "d1c7ebba48821d57"),
        ("random", "f139bf731cd8755d"),
        ("stratified", "dc9f64535935ab2a"),
    ],
)
def test_the_images_held_out_of_digits_are_those_recorded(take: str, recorded: str) -> None:
    _, held = indices(Validation(take=take), read("digits").train.labels)
    assert hashlib.sha256(np.array(held, "<i8").tobytes()).hexdigest()[:16] == recorded


def test_the_test_part_kept_back_from_digits_is_the_one_recorded() -> None:
    parts = read("digits")
    train, test = keep_back(parts.train, parts.classes, "digits")
    assert (len(train), len(test)) == (1150, 287)
    assert hashlib.sha256(test.images.tobytes()).hexdigest()[:16] == "f40cc412916b0dbb"
