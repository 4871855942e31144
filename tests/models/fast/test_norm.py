"""Batch normalisation computes what torch's layers compute, joined or not, and keeps Keras's running averages."""

from contextlib import nullcontext

import pytest
import torch
from torch import Tensor

from seedtrial.models.fast import kernels
from seedtrial.models.fast.norm import BatchNorm

CLOSE = {torch.float64: 1e-10, torch.float32: 2e-4, torch.bfloat16: 2e-2}  # of the largest number
SHAPES = [(5, 3, 4, 4), (33, 16, 14, 14), (7, 24, 9, 9), (2, 1, 3, 3), (9, 100, 5, 5), (40, 300, 2, 2)]
channels_last = torch.channels_last


def numbers(*shape: int, dtype: torch.dtype, seed: int) -> Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
    return (3 * x + 2).to(memory_format=channels_last)


def batch_norm(channels: int, dtype: torch.dtype) -> BatchNorm:
    norm = BatchNorm(channels)
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 2, channels))
        norm.bias.copy_(torch.linspace(-1, 1, channels))
    return norm.double() if dtype == torch.float64 else norm


def everything(shape: tuple[int, ...], dtype: torch.dtype, *, added: bool, rectifies: bool) -> list[Tensor]:
    """What comes out while training and while predicting, the running averages, and all gradients."""
    norm, x = batch_norm(shape[1], dtype), numbers(*shape, dtype=dtype, seed=0).requires_grad_()
    shortcut = numbers(*shape, dtype=dtype, seed=1).requires_grad_() if added else None
    out = norm(x, shortcut, rectifies=rectifies)
    wanted = [x, norm.weight, norm.bias, *([shortcut] if shortcut is not None else [])]
    gradients = torch.autograd.grad(out, wanted, numbers(*shape, dtype=dtype, seed=2))
    norm.eval()
    with torch.inference_mode():
        predicted = norm(x, shortcut, rectifies=rectifies)
    return [out.detach(), predicted, norm.running_mean, norm.running_var, *gradients]


@pytest.mark.parametrize("rectifies", [False, True])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("dtype", CLOSE, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_joined_it_is_what_torchs_layers_are(
    shape: tuple[int, ...], dtype: torch.dtype, added: bool, rectifies: bool
) -> None:
    assert kernels.normalises(numbers(*shape, dtype=dtype, seed=0), None)
    joined = everything(shape, dtype, added=added, rectifies=rectifies)
    with kernels.off():
        plain = everything(shape, dtype, added=added, rectifies=rectifies)
    if dtype == torch.bfloat16 and rectifies:  # rounded once, not three times: where ReLU cuts may differ
        joined, plain = joined[:4], plain[:4]
    for a, b in zip(joined, plain, strict=True):
        assert float((a - b).abs().max()) <= CLOSE[dtype] * float(b.abs().max())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("rectifies", [False, True])
def test_its_gradient_is_the_derivative(training: bool, added: bool, rectifies: bool) -> None:
    norm = batch_norm(3, torch.float64).train(training)
    shape = (4, 3, 2, 3)
    x, shortcut = (numbers(*shape, dtype=torch.float64, seed=seed).requires_grad_() for seed in (0, 1))

    def again(x: Tensor, shortcut: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.func.functional_call(
            norm, {"weight": weight, "bias": bias}, (x, shortcut if added else None), {"rectifies": rectifies}
        )

    parameters = (norm.weight.detach().clone().requires_grad_(), norm.bias.detach().clone().requires_grad_())
    assert torch.autograd.gradcheck(again, (x, shortcut, *parameters))


def test_every_number_of_threads_gives_the_same_bits() -> None:
    outputs = []
    before = torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        outputs.append(everything((33, 16, 14, 14), torch.bfloat16, added=True, rectifies=True))
    torch.set_num_threads(before)
    for other in outputs[1:]:
        assert all(torch.equal(a, b) for a, b in zip(outputs[0], other, strict=True))


def test_far_from_zero_the_variance_is_still_right() -> None:
    x = (numbers(64, 8, 6, 6, dtype=torch.float32, seed=0) + 10_000).contiguous(memory_format=channels_last)
    mean, variance = kernels.moments(x)
    assert torch.allclose(mean, x.double().mean((0, 2, 3)), rtol=1e-7)
    assert torch.allclose(variance, x.double().var((0, 2, 3), correction=0), rtol=1e-4)


def test_running_averages_keep_99_hundredths_and_take_the_plain_variance_in() -> None:
    norm, x = batch_norm(3, torch.float32), numbers(5, 3, 4, 4, dtype=torch.float32, seed=0)
    norm(x)
    assert torch.allclose(norm.running_mean, 0.01 * x.mean((0, 2, 3)))
    assert torch.allclose(norm.running_var, 0.99 + 0.01 * x.var((0, 2, 3), correction=0))


@pytest.mark.parametrize("joined", [True, False])
def test_a_single_number_per_channel_goes_by_the_running_averages(joined: bool) -> None:
    norm = BatchNorm(3)
    x = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    with nullcontext() if joined else kernels.off():
        assert torch.allclose(norm(x), x / (1 + norm.EPSILON) ** 0.5)
    assert torch.equal(norm.running_mean, torch.zeros(3))


def test_nan_of_a_channel_stays_nan() -> None:
    x = numbers(4, 3, 4, 4, dtype=torch.float32, seed=0)
    x[1, 2, 0, 0] = torch.nan
    out = batch_norm(3, torch.float32)(x, rectifies=True)
    assert out[:, 2].isnan().all() and not out[:, :2].isnan().any()


def test_dense_layers_and_other_memory_formats_take_torchs_own() -> None:
    assert not kernels.normalises(torch.randn(4, 3), None)
    assert not kernels.normalises(torch.randn(4, 3, 5, 5), None)
    x = numbers(4, 3, 5, 5, dtype=torch.float32, seed=0)
    assert kernels.normalises(x, x) and not kernels.normalises(x, x.bfloat16())
    assert torch.allclose(batch_norm(3, torch.float32)(x.contiguous()), batch_norm(3, torch.float32)(x), atol=1e-5)
