"""The same seed gives the same weights, bit for bit; another seed gives others."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.data.splits import Validation
from seedtrial.models import ModelSpec
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense
from seedtrial.seeds import Seeds
from seedtrial.training.device import choose_engine
from seedtrial.training.prepare import prepare
from seedtrial.training.spec import TrainSpec

DENSE = Dense(widths=(16, 8), dropout=0.3, batch_norm="after", l2=1e-3)
CONV = Conv(blocks=(ConvBlock(filters=4, dropout=0.2), ConvBlock(filters=6, pool_dropout=0.1)), dense=(8,))


def fingerprint(model: ModelSpec, dataset: Dataset, seed: int = 0, precision: str = "fp32") -> str:
    """SHA-256 of the weights after three passes."""
    engine = choose_engine("cpu", precision)
    spec = TrainSpec(epochs=3, batch_size=10, schedule="one-cycle", label_smoothing=0.1)
    learner = prepare(model, spec, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(seed))
    for _ in learner.fit(dataset.train):
        pass
    total = hashlib.sha256()
    for name, weight in sorted(learner.weights().items()):
        total.update(name.encode() + weight.tobytes())
    return total.hexdigest()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("model", [DENSE, CONV], ids=["dense", "conv"])
def test_the_same_seed_gives_bit_identical_weights(model: ModelSpec, precision: str, tiny: Dataset) -> None:
    torch.manual_seed(1)
    first = fingerprint(model, tiny, precision=precision)
    torch.manual_seed(2)
    torch.rand(100)
    assert fingerprint(model, tiny, precision=precision) == first


@pytest.mark.parametrize("model", [DENSE, CONV], ids=["dense", "conv"])
def test_another_seed_gives_other_weights(model: ModelSpec, tiny: Dataset) -> None:
    assert len({fingerprint(model, tiny, seed) for seed in range(3)}) == 3


def test_training_leaves_global_randomness_alone(tiny: Dataset) -> None:
    before = torch.get_rng_state()
    fingerprint(CONV, tiny)
    assert torch.equal(torch.get_rng_state(), before)


def test_another_process_gives_the_same_weights(idx_folder: Path) -> None:
    """What this file prints when it is run as a program is what is computed here."""
    run = [sys.executable, __file__, str(idx_folder)]
    printed = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert printed == fingerprints(idx_folder)


def fingerprints(folder: Path) -> list[str]:
    dataset = load(DataSpec(source=str(folder), validation=Validation(take="stratified", size=16)))
    return [fingerprint(model, dataset) for model in (DENSE, CONV)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(*fingerprints(Path(sys.argv[1])))
