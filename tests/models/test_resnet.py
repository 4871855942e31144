"""Residual networks: what a block adds, and what is counted."""

import pytest
import torch

from seedtrial.errors import SeedtrialError
from seedtrial.models import ResNet
from seedtrial.models.resnet import Residual


def build(spec: ResNet) -> dict[str, torch.nn.Module]:
    return dict(spec.build((1, 8, 8), 3, torch.Generator().manual_seed(0)).layers.items())


@pytest.mark.parametrize("widths", [(4, 4), (4, 6)])
def test_a_block_whose_second_norm_gives_nothing_passes_its_input_on(widths: tuple[int, int]) -> None:
    block = build(ResNet(widths=widths))["residual2"]
    assert isinstance(block, Residual)
    torch.nn.init.zeros_(block.second_norm.weight)
    x = torch.rand(2, widths[0], 5, 5)
    assert torch.equal(block.eval()(x), block.shortcut(x).relu())


def test_only_a_block_that_changes_channels_has_a_convolution_on_its_way_round() -> None:
    blocks = [layer for layer in build(ResNet(widths=(4, 6), blocks=2)).values() if isinstance(layer, Residual)]
    assert [type(block.shortcut).__name__ for block in blocks] == ["Identity", "Identity", "Conv2d", "Identity"]


def test_parameters_and_multiply_adds_are_those_of_all_convolutions_within() -> None:
    rows = {row.name: row for row in ResNet(widths=(4, 6)).summary((1, 8, 8), 3).layers}
    convolutions = 9 * 4 * 6 + 9 * 6 * 6 + 4 * 6
    assert rows["residual2"].parameters == convolutions + 2 * 4 * 6  # and what two batch norms hold
    assert rows["residual2"].multiply_adds == convolutions * 4 * 4
    assert rows["residual2"].shape == (6, 4, 4)


def test_pooling_after_the_first_convolution_halves_the_side_from_there_on() -> None:
    rows = {row.name: row for row in ResNet(widths=(4, 6), stem_pool=True).summary((1, 8, 8), 3).layers}
    assert rows["residual1"].shape == (4, 4, 4) and rows["residual2"].shape == (6, 2, 2)


def test_stages_that_leave_no_pixel_are_refused() -> None:
    with pytest.raises(SeedtrialError, match="A 2x2 pooling does not fit on 1x1 pixels"):
        ResNet(widths=(4,) * 5).summary((1, 8, 8), 3)
