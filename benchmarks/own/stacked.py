"""Several seeds of one recipe in one program: is that the same training, and how much sooner are all of them done?

    python benchmarks/own/stacked.py       about a minute on a GPU; writes benchmarks/results/stacked.json
    python benchmarks/own/stacked.py --device cpu --images 2000 --seeds 3 --epochs 1

Weights of all seeds lie stacked in one tensor per layer, and torch.func.vmap runs the network over the stack: small
networks leave most of a GPU idle, and a stack fills it. Every seed has its own first weights, order of the images and
motion, as if it were alone. Networks with dropout are refused, as their masks would be the same for all.

Shown are the largest difference between stacked and separate weights after an epoch of some images in float64, where
rounding is not amplified, relative to the way they went; and the runs per second of both in alternation, in the
precision that the engine would choose.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.functional import cross_entropy

from seedtrial.data.augment import augment
from seedtrial.data.batches import batches, steps_per_epoch
from seedtrial.data.dataset import load
from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.files import write_json
from seedtrial.models.fast import kernels
from seedtrial.runs import machine
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.spec import override
from seedtrial.study.load import load_study
from seedtrial.training.device import Engine, choose_engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.prepare import prepare
from seedtrial.training.schedule import rate_share

OUT = Path(__file__).parent.parent / "results" / "stacked.json"
COMPARED = 2_048  # images that both sides learn from to be compared
AIM = 5.0  # times the runs per second of one after the other


class Stack:
    """Learners of one recipe, one per seed, that train as one."""

    def __init__(self, learners: list[TorchLearner]) -> None:
        self.learners, self.spec, self.engine = learners, learners[0].spec, learners[0].engine
        networks = [learner.network for learner in learners]
        if any(layer.rate for layer in networks[0].dropouts()):
            raise SeedtrialError("A stack's seeds would share their dropout masks; take a network without dropout.")
        if self.spec.averaging or self.spec.skip:
            raise SeedtrialError("A stack has no running average of weights and skips nothing; take a recipe without.")
        self.parameters, self.buffers = stack_module_state(networks)  # name -> (S, ...)
        self.network = copy.deepcopy(networks[0]).train()

    def fit(self, train: Split) -> Iterator[Tensor]:
        """Yields every seed's mean loss (S,) after each pass."""
        spec, engine = self.spec, self.engine
        images, labels = engine.tensor(train.images), engine.tensor(train.labels)
        orders = [learner.seeds.torch("batches") for learner in self.learners]
        motions = [learner.seeds.torch("augmentation") for learner in self.learners]
        optimiser = spec.optimiser.build(self.parameters.values())
        steps = steps_per_epoch(len(train), spec.batch_size)
        for epoch in range(spec.epochs):
            losses = torch.zeros(len(self.learners), device=engine.device)
            drawn = zip(*(batches(len(train), spec.batch_size, order) for order in orders), strict=True)
            for step, rows in enumerate(drawn):
                which = torch.stack(rows).to(engine.device)  # (S, N)
                batch = images[which]  # (S, N, C, H, W)
                if spec.augment is not None:
                    batch = torch.stack([augment(b, spec.augment, m) for b, m in zip(batch, motions, strict=True)])
                with kernels.off(), engine.autocast():  # vmap knows torch's layers only
                    logits = vmap(self._logits)(self.parameters, self.buffers, batch)
                logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
                each = vmap(self._loss)(logits, labels[which])  # (S,)
                each.sum().backward()
                done = (epoch * steps + step) / (spec.epochs * steps)
                optimiser.step(rate=spec.optimiser.rate * rate_share(spec.schedule, done, steps * spec.epochs))
                losses += each.detach() * (which.shape[1] / len(train))
            self._hand_back()
            yield losses

    def _logits(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], images: Tensor) -> Tensor:
        logits: Tensor = functional_call(self.network, (parameters, buffers), (images,))
        return logits

    def _loss(self, logits: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(logits, target, label_smoothing=self.spec.label_smoothing)

    def _hand_back(self) -> None:
        """Give every learner its own weights."""
        for index, learner in enumerate(self.learners):
            state = {name: stacked[index].detach() for name, stacked in (self.parameters | self.buffers).items()}
            learner.network.load_state_dict(state)


def learners(recipe: Recipe, seeds: int, engine: Engine, train: Split) -> list[TorchLearner]:
    """One per seed, before its first step."""
    trained = []
    for seed in range(seeds):
        standardise = train.images if recipe.data.scaling == "standard" else None
        learner = prepare(
            recipe.model,
            recipe.training,
            shape=train.images.shape[1:],
            classes=int(train.labels.max()) + 1,
            engine=engine,
            seeds=Seeds(seed),
            standardise_on=standardise,
        )
        assert isinstance(learner, TorchLearner)
        trained.append(learner)
    return trained


def apart(recipe: Recipe, seeds: int, engine: Engine, train: Split) -> float:
    """Largest difference of stacked and separate float64 weights after a pass, relative to the way they went."""
    alone, stacked = (learners(recipe, seeds, engine, train) for _ in range(2))
    for learner in (*alone, *stacked):
        learner.network.double()
    first = [learner.weights() for learner in alone]
    for learner in alone:
        next(learner.fit(train))
    next(Stack(stacked).fit(train))
    worst = 0.0
    for one, other, began in zip(alone, stacked, first, strict=True):
        a, b = one.weights(), other.weights()
        way = max(float(np.abs(a[name] - began[name]).max()) for name in a)
        worst = max(worst, *(float(np.abs(a[name] - b[name]).max()) / way for name in a))
    return worst


def seconds(recipe: Recipe, seeds: int, engine: Engine, train: Split, *, stacked: bool) -> float:
    """What training all seeds takes, after their first weights are drawn."""
    trained = learners(recipe, seeds, engine, train)
    wait = torch.cuda.synchronize if engine.device == "cuda" else nullcontext
    wait()
    started = time.perf_counter()
    if stacked:
        for _ in Stack(trained).fit(train):
            pass
    else:
        for learner in trained:
            for _ in learner.fit(train):
                pass
    wait()
    return time.perf_counter() - started


def main() -> None:
    """Compare, measure in alternation, print, write the JSON."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    reader.add_argument("--seeds", type=int, default=16)
    reader.add_argument("--epochs", type=int, default=2)
    reader.add_argument("--images", type=int, default=60_000)
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--out", type=Path, default=OUT)
    given = reader.parse_args()
    engine, exact = choose_engine(given.device), choose_engine(given.device, "fp32")
    settings = [f"training.epochs={given.epochs}", "training.skip=null"]  # a stack skips nothing
    recipe = override(load_study("records").recipes["cpu-94"], settings)
    train = load(recipe.data).train
    train = train.take(slice(0, given.images), "train")
    result: dict[str, Any] = {"seeds": given.seeds, "epochs": given.epochs, "images": len(train), "aim": AIM}
    few = train.take(slice(0, COMPARED), "train")
    result["apart"] = apart(override(recipe, ["training.epochs=1"]), given.seeds, exact, few)
    print(f"stacked and separate weights differ by {result['apart']:.1e} of the way they went (float64)")
    rounds = []
    for _ in range(given.rounds):
        sides = (seconds(recipe, given.seeds, engine, train, stacked=stacked) for stacked in (False, True))
        rounds.append(dict(zip(("separate", "stacked"), sides, strict=True)))
    result |= {"rounds": rounds, "ratio": statistics.median(r["separate"] / r["stacked"] for r in rounds)}
    write_json(given.out, result | {"machine": machine.describe(engine).plain()})
    print(f"{result['ratio']:.2f} times the runs per second; aim at least {AIM:g}. Written: {given.out}")


if __name__ == "__main__":
    main()
