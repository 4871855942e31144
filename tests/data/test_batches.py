"""A pass draws every image once, in an order that the generator alone decides."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seedtrial.data.batches import balanced_rows, batches, steps_per_epoch


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 300), st.integers(1, 400))
def test_every_image_is_drawn_once(images: int, size: int) -> None:
    drawn = list(batches(images, size, generator()))
    assert torch.cat(drawn).sort().values.tolist() == list(range(images))
    assert len(drawn) == steps_per_epoch(images, size)
    assert all(len(batch) == size for batch in drawn[:-1])


@pytest.mark.parametrize("images, size, last", [(10, 4, 2), (10, 5, 5), (10, 1, 1), (10, 64, 10)])
def test_the_last_batch_is_what_is_left(images: int, size: int, last: int) -> None:
    assert len(list(batches(images, size, generator()))[-1]) == last


def test_the_next_pass_has_another_order() -> None:
    draw = generator()
    first, second = (torch.cat(list(batches(50, 7, draw))) for _ in range(2))
    assert not torch.equal(first, second)


def test_the_order_does_not_depend_on_the_batch_size() -> None:
    orders = [torch.cat(list(batches(50, size, generator()))) for size in (1, 7, 64)]
    assert torch.equal(orders[0], orders[1]) and torch.equal(orders[1], orders[2])


def test_another_seed_gives_another_order() -> None:
    assert not torch.equal(next(batches(50, 50, generator(0))), next(batches(50, 50, generator(1))))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.integers(0, 1000))
def test_a_balanced_pass_has_as_many_images_of_each_class_and_repeats_them_evenly(values: list[int], seed: int) -> None:
    labels = torch.tensor(values)
    rows = balanced_rows(labels, generator(seed))
    assert len(rows) == len(labels)
    of_class = torch.bincount(labels[rows], minlength=6)[labels.unique()]
    assert of_class.max() - of_class.min() <= 1
    times = torch.bincount(rows, minlength=len(labels))
    for label in labels.unique():
        used = times[labels == label]
        assert used.max() - used.min() <= 1
    assert torch.equal(rows, balanced_rows(labels, generator(seed)))
