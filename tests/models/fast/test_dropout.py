"""Dropout zeroes the share that it says, keeps the mean, and draws from its own generator."""

import itertools
import math
from contextlib import nullcontext

import pytest
import torch

from seedtrial.models.fast import kernels
from seedtrial.models.fast.dropout import Dropout, Masked
from seedtrial.models.fast.random_bits import lanes, words

N = 200_000


def dropout(rate: float, seed: int = 0) -> Dropout:
    layer = Dropout(rate)
    layer.generator = torch.Generator().manual_seed(seed)
    return layer


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.4, 0.5, 0.9])
def test_the_share_of_zeros_is_the_rate(rate: float) -> None:
    zeros = int((dropout(rate)(torch.ones(N)) == 0).sum())
    assert abs(zeros - N * rate) < 5 * math.sqrt(N * rate * (1 - rate))


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_what_is_left_grows_so_that_the_mean_stays(rate: float) -> None:
    out = dropout(rate)(torch.full((N,), 3.0))
    assert torch.allclose(out[out != 0], torch.tensor(3 / (1 - rate)))
    deviation = 3 * math.sqrt(rate / (1 - rate) / N)
    assert abs(float(out.double().mean()) - 3) < 5 * deviation


@pytest.mark.parametrize("rate", [0.99, 0.9999, 0.999999])
def test_a_rate_close_to_one_leaves_close_to_nothing(rate: float) -> None:
    assert int((dropout(rate)(torch.ones(1000)) != 0).sum()) < 30


def test_when_predicting_nothing_is_dropped() -> None:
    x = torch.rand(100)
    assert dropout(0.5).eval()(x) is x


def test_the_same_generator_state_drops_the_same() -> None:
    x = torch.ones(3, 5, 7)
    assert torch.equal(dropout(0.5, seed=4)(x), dropout(0.5, seed=4)(x))
    assert not torch.equal(dropout(0.5, seed=4)(x), dropout(0.5, seed=5)(x))


def test_the_next_mask_does_not_depend_on_the_one_before() -> None:
    layer = dropout(0.5)
    first, second = (layer(torch.ones(N)) > 0 for _ in range(2))
    assert abs(int((first & second).sum()) - N / 4) < 5 * math.sqrt(N * 3 / 16)


@pytest.mark.parametrize("distance", [1, 2, 3, 4])
def test_neighbours_are_dropped_independently(distance: int) -> None:
    kept = dropout(0.5)(torch.ones(N)) > 0
    both = int((kept[:-distance] & kept[distance:]).sum())
    assert abs(both - N / 4) < 5 * math.sqrt(N * 3 / 16)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.25, 0.4, 0.5, 0.8])
def test_numbers_of_a_word_and_of_the_next_are_dropped_independently(rate: float, dtype: torch.dtype) -> None:
    """Of four lanes in a row, any two, three and all four go together as often as chance would have it."""
    zeros = (dropout(rate)(torch.ones(500_000, 4, dtype=dtype)) == 0).double().T
    for together in (2, 3, 4):
        for some in itertools.combinations(zeros, together):
            share = rate**together
            actual = float(torch.stack(some).prod(0).mean())
            assert abs(actual - share) < 5 * math.sqrt(share * (1 - share) / 500_000)


def test_words_are_those_of_splitmix64() -> None:
    """The first three from seed 1234567, as its authors' C code gives them."""
    actual = [word % 2**64 for word in words(3, torch.tensor([1234567])).tolist()]
    assert actual == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_every_bit_of_the_words_is_set_half_of_the_time() -> None:
    actual = words(100_000, torch.tensor([-5]))
    for bit in range(64):
        assert abs(float(((actual >> bit) & 1).double().mean()) - 0.5) < 5 * 0.5 / math.sqrt(100_000)


@pytest.mark.parametrize("shape", [(1,), (3,), (5, 7), (2, 3, 5, 5)], ids=str)
def test_any_shape_keeps_its_shape(shape: tuple[int, ...]) -> None:
    assert dropout(0.5)(torch.ones(shape)).shape == shape


def test_a_channels_last_batch_is_dropped_evenly() -> None:
    x = torch.ones(20, 8, 30, 30).to(memory_format=torch.channels_last)
    zeros = (dropout(0.3)(x) == 0).float()
    assert torch.allclose(zeros.mean(dim=(0, 2, 3)), torch.tensor(0.3), atol=0.02)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_type_is_kept(dtype: torch.dtype) -> None:
    assert dropout(0.5)(torch.ones(10, dtype=dtype)).dtype == dtype


def test_global_randomness_is_left_alone() -> None:
    before = torch.get_rng_state()
    dropout(0.5)(torch.ones(1000))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_gradient_passes_where_the_number_passed() -> None:
    x = torch.ones(1000, requires_grad=True)
    out = dropout(0.5)(x)
    out.sum().backward()
    assert x.grad is not None and torch.equal(x.grad, out.detach())


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_the_memory_format_is_kept_so_that_later_layers_stay_fast(layout: torch.memory_format) -> None:
    x = torch.ones(2, 8, 6, 6, dtype=torch.bfloat16).to(memory_format=layout)
    assert lanes(x, torch.tensor([3])).stride() == dropout(0.5)(x).stride() == x.stride()


def test_dropout_works_on_any_memory_layout() -> None:
    x = torch.ones(400, 100)[:, ::2].T
    zeros = int((dropout(0.3)(x) == 0).sum())
    assert abs(zeros - x.numel() * 0.3) < 5 * math.sqrt(x.numel() * 0.21)


def test_numbers_that_are_not_finite_are_dropped_as_well() -> None:
    out = dropout(0.5)(torch.full((1000,), math.inf))
    assert set(out.tolist()) == {0.0, math.inf}


def test_the_gradient_is_the_derivative() -> None:
    x = torch.randn(4, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    chance = lanes(x.detach(), torch.tensor([3]))
    assert torch.autograd.gradcheck(lambda x: Masked.apply(x, chance, 0.4), (x,))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_compiled_it_drops_the_same(dtype: torch.dtype, layout: torch.memory_format) -> None:
    x = torch.randn(7, 24, 9, 8, generator=torch.Generator().manual_seed(0)).to(dtype).to(memory_format=layout)
    x.requires_grad_()
    weights = torch.randn(x.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    actual = []
    for switch in (nullcontext, kernels.off):
        with switch():
            out = dropout(0.3)(x)
            actual.append((out, *torch.autograd.grad(out, x, weights)))
    assert all(torch.equal(a, b) for a, b in zip(*actual, strict=True))


def test_compiled_its_gradient_is_the_derivative() -> None:
    x = torch.randn(4, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: dropout(0.4)(x), (x,))


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.3, 0.4])
def test_bfloat16_rounds_the_result_and_not_the_factor(rate: float) -> None:
    out = dropout(rate)(torch.full((N,), 3.0, dtype=torch.bfloat16))
    assert set(out[out != 0].tolist()) == {float(torch.tensor(3 / (1 - rate)).bfloat16())}
