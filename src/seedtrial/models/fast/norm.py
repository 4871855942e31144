"""Batch normalisation as Keras does it, with an addition and ReLU behind it in the same pass where kernels.c serves.

N images, C channels, H x W pixels.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from seedtrial.models.fast import kernels


class BatchNorm(nn.Module):
    """Batch normalisation of (N, C) or (N, C, H, W) with Keras's epsilon, and running averages that keep 0.99 of
    themselves per batch and take the batch's plain variance in, where torch takes the unbiased one.

    keep: the share of the running averages that stays at the next batch; `measuring` changes it for a while

    A batch with a single number per channel has no spread and goes by the running averages.

    Source: Ioffe and Szegedy 2015, Batch normalization.

    >>> batch = torch.tensor([[1.0], [3.0]])
    >>> BatchNorm(1)(batch).mean().item()
    0.0
    """

    EPSILON, KEEP = 1e-3, 0.99
    keep: float = KEEP
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor, shortcut: Tensor | None = None, *, rectifies: bool = False) -> Tensor:
        """x normalised. shortcut: what is added then, in x's shape; rectifies: whether ReLU comes last"""
        learn = self.training and x.numel() > x.shape[1]  # else there is one number per channel
        if kernels.normalises(x, shortcut):
            return self._joined(x, shortcut, rectifies=rectifies, learn=learn)
        numbers = x.numel() // x.shape[1]
        variance = self.running_var.clone()  # the backward pass keeps it, so it must not change afterwards
        out = functional.batch_norm(
            x, self.running_mean, variance, self.weight, self.bias, learn, 1 - self.keep, self.EPSILON
        )
        if learn:
            self.running_var.copy_(variance - (variance - self.keep * self.running_var) / numbers)
        if shortcut is not None:
            out = out + shortcut
        return out.relu() if rectifies else out

    def _joined(self, x: Tensor, shortcut: Tensor | None, *, rectifies: bool, learn: bool) -> Tensor:
        if learn:
            mean, variance = kernels.moments(x.detach())
            with torch.no_grad():
                for average, new in ((self.running_mean, mean), (self.running_var, variance)):
                    average.lerp_(new.to(average.dtype), 1 - self.keep)
        else:
            mean, variance = self.running_mean.double(), self.running_var.double()
        deviation = (variance + self.EPSILON).sqrt()
        out: Tensor = _Normalise.apply(  # type: ignore[no-untyped-call]
            x, shortcut, self.weight, self.bias, mean, deviation, rectifies, learn
        )
        return out


def measure(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Replace the running averages of a network by the means over these batches.

    batches: images that the network takes, at least one batch

    Averages that keep 0.99 of themselves per step need some 300 steps to forget how they began, and they are of
    weights that have changed since. After 100 steps on 800 pictures a residual network that had learnt them to 87 %
    answered 22 to 41 % of the validation pictures correctly by them, and 61 to 65 % by measured ones.

    Source: Wu and Johnson 2021, Rethinking "Batch" in BatchNorm ("precise batch norm").

    >>> network = nn.Sequential(BatchNorm(1))
    >>> measure(network, [torch.tensor([[2.0], [4.0]]), torch.tensor([[6.0]])])
    >>> network[0].running_mean.tolist()
    [3.0]
    """
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    trains, seen = network.training, 0
    network.eval()  # dropout rests, as in predicting; only the layers below look at their batch
    try:
        for batch in batches:
            seen += len(batch)
            for norm in norms:
                norm.training, norm.keep = True, 1 - len(batch) / seen  # so that every image counts the same
            network(batch)
    finally:
        for norm in norms:
            norm.keep = BatchNorm.KEEP
        network.train(trains)


class _Normalise(torch.autograd.Function):
    """weight * (x - mean) / deviation + bias + shortcut, then ReLU; mean and deviation are x's own if it learns."""

    @staticmethod
    def forward(  # type: ignore[no-untyped-def]
        ctx,
        x: Tensor,
        shortcut: Tensor | None,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        deviation: Tensor,
        rectifies: bool,
        learn: bool,
    ) -> Tensor:
        scale = weight.double() / deviation
        out = kernels.normalise(x, shortcut, scale, bias.double() - mean * scale, rectifies=rectifies)
        ctx.save_for_backward(x, out if rectifies else None, weight, mean, deviation)
        ctx.shortcut, ctx.learn = shortcut is not None, learn
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[no-untyped-def]
        x, out, weight, mean, deviation = ctx.saved_tensors
        passed, sums, products = kernels.gradient_sums(gradient, out, x, mean)
        scale = weight.double() / deviation
        share = scale * x.shape[1] / x.numel() if ctx.learn else torch.zeros_like(scale)  # 1 / numbers per channel
        back = kernels.normalise_back(passed, x, [scale, share * sums, share * products / deviation.square(), mean])
        for_weight, for_bias = (products / deviation).to(weight.dtype), sums.to(weight.dtype)
        return back, passed if ctx.shortcut else None, for_weight, for_bias, None, None, None, None
