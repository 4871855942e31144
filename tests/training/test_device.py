"""The engine is chosen once, and says what it is."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from seedtrial.errors import SeedtrialError
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense
from seedtrial.training.device import choose_engine, has_bf16
from seedtrial.training.prepare import engine_for
from seedtrial.training.spec import TrainSpec


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_asking_for_cuda_where_there_is_none_is_an_error() -> None:
    with pytest.raises(
        SeedtrialError, match=r"^There is no CUDA device here that torch can use; leave --device at auto"
    ):
        choose_engine("cuda")


def test_an_unknown_device_suggests_the_nearest_name() -> None:
    with pytest.raises(SeedtrialError, match=r"no device 'cdua'\. Did you mean 'cuda'\? Known: auto, cpu, cuda\."):
        choose_engine("cdua")


def test_auto_takes_cuda_where_there_is_one() -> None:
    assert choose_engine("auto").device == ("cuda" if torch.cuda.is_available() else "cpu")


def test_precision_is_what_the_hardware_has_unless_it_is_asked_for() -> None:
    assert choose_engine("cpu").precision == ("bf16" if has_bf16("cpu") else "fp32")
    assert choose_engine("cpu", "fp32").precision == "fp32"
    assert choose_engine("cpu", "bf16").precision == "bf16"


@pytest.mark.skipif(not has_bf16("cpu"), reason="bf16 would be emulated")
@pytest.mark.parametrize(
    "model, batch_size, precision",
    [
        (Dense(widths=(5,)), 100, "fp32"),
        (Dense(widths=(5,)), 1024, "bf16"),
        (Dense(widths=(256,)), 128, "bf16"),
        (Conv(blocks=(ConvBlock(filters=2),), dense=()), 16, "bf16"),
    ],
    ids=["small", "small in large batches", "large", "convolutions"],
)
def test_a_dense_network_with_little_to_compute_runs_in_float32(
    model: Dense | Conv, batch_size: int, precision: str
) -> None:
    training = TrainSpec(batch_size=batch_size)
    assert engine_for(model, training, "cpu", shape=(1, 28, 28), classes=10).precision == precision
    asked = training.model_copy(update={"precision": "bf16"})
    assert engine_for(model, asked, "cpu", shape=(1, 28, 28), classes=10).precision == "bf16"


def test_the_record_says_device_precision_and_threads() -> None:
    assert choose_engine("cpu", "fp32").record() == {
        "device": "cpu",
        "precision": "fp32",
        "threads": torch.get_num_threads(),
    }


def test_threads_can_be_chosen() -> None:
    before = torch.get_num_threads()
    try:
        assert choose_engine("cpu", threads=2).threads == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_on_the_cpu_images_are_not_copied() -> None:
    images = np.zeros((3, 1, 2, 2), np.uint8)
    tensor = choose_engine("cpu").tensor(images)
    images[0] = 7
    assert tensor[0].min() == 7


def test_bf16_changes_rounding_and_nothing_else() -> None:
    model = Conv(blocks=(ConvBlock(filters=4),), dense=(8,))
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, 1, 8, 8), dtype=np.uint8))
    logits = {}
    for precision in ("fp32", "bf16"):
        engine = choose_engine("cpu", precision)
        network = engine.place(model.build((1, 8, 8), 3, torch.Generator().manual_seed(0)))
        with engine.autocast():
            logits[precision] = network(images).detach()
    assert (logits["fp32"].dtype, logits["bf16"].dtype) == (torch.float32, torch.bfloat16)
    assert not torch.equal(logits["bf16"].float(), logits["fp32"])
    assert torch.allclose(logits["bf16"].float(), logits["fp32"], atol=0.02)


FAULTS = """
import resource, sys, torch
from seedtrial.training.device import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(10_000_000)  # 40 MB, 9,800 pages of 4 kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(keep_freed_memory(), *(faults() for _ in range(12)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc gets settings, where there is one")
def test_large_blocks_that_are_freed_are_used_again_without_asking_the_system() -> None:
    # In a process of its own: where blocks go depends on all that was freed before.
    ours, *faults = subprocess.run(
        [sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True
    ).stdout.split()
    if ours == "False":
        pytest.skip("another C library")
    # A freed block can be a few bytes too short for its like, while up to seven splinters wait beside such blocks.
    assert int(faults[-1]) < 1000
