"""Whether the fast engine learns as well as the plain one: bf16 with our dropout against float32 with torch's.

    python benchmarks/peers/equal_results.py   40 minutes on 2 cores; writes benchmarks/results/equal_results.json
    python benchmarks/peers/equal_results.py --epochs 2   a quick look, written nowhere

Three networks of the reports, dense and convolutional, from the same first weights on the same batches, five seeds,
some epochs each, the rate falling to zero so that the noise of the last steps hides nothing. On the plain side every
layer runs as torch has it: float32, torch.nn.Dropout, ReLU and pooling by themselves. Compared are accuracies on
validation images after the last epoch, paired by seed; the aim is an interval of the mean difference within 0.3 points.
What is finished is kept, so the command can be stopped and called again.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from seedtrial.data.dataset import Dataset, load
from seedtrial.evaluation.statistics import paired
from seedtrial.files import read_json, write_json
from seedtrial.models.fast.dropout import Dropout
from seedtrial.models.layers import Network
from seedtrial.runs import machine
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.study.load import load_study
from seedtrial.training.device import choose_engine
from seedtrial.training.loop import TorchLearner
from seedtrial.training.prepare import prepare
from seedtrial.training.schedule import LinearDecay

OUT = Path(__file__).parent.parent / "results" / "equal_results.json"
AIM = 0.3  # points
SEEDS = 5
NETWORKS = {
    "mlpcnn2021: 3 hidden, dropout": ("mlpcnn2021", "3 hidden, dropout", 10),
    "boetticher2020: CNN 3a dropout": ("boetticher2020", "9 CNN 3a dropout", 5),
    "neelamraju2019: conv": ("neelamraju2019", "conv", 2),
}


class Plain(nn.Module):
    """A network's own layers one by one, its dropouts replaced by torch's."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(
            nn.Dropout(layer.rate) if isinstance(layer, Dropout) else layer for layer in network.layers.values()
        )
        self.l2, self.penalty = network.l2, network.penalty

    def dropouts(self) -> Iterator[Dropout]:
        """None that needs a generator: torch's draw from its global one."""
        return iter(())

    def forward(self, images: Tensor) -> Tensor:
        x = self.network.scale(images)
        for layer in self.layers:
            x = layer(x)
        return x


def accuracy(recipe: Recipe, dataset: Dataset, seed: int, epochs: int, *, plain: bool) -> float:
    """Validation accuracy in per cent after so many epochs."""
    training = recipe.training.model_copy(update={"epochs": epochs, "stopping": None, "schedule": LinearDecay()})
    engine = choose_engine("cpu", "fp32" if plain else "auto")
    shape, classes = dataset.facts.shape, len(dataset.classes)
    learner = prepare(recipe.model, training, shape=shape, classes=classes, engine=engine, seeds=Seeds(seed))
    assert isinstance(learner, TorchLearner)
    if plain:
        torch.manual_seed(seed)
        learner.network = Plain(learner.network)  # type: ignore[assignment]
    for _ in learner.fit(dataset.train):
        pass
    assert dataset.validation is not None
    return 100 * float((learner.predict(dataset.validation.images).argmax(1) == dataset.validation.labels).mean())


def main() -> None:
    """Train what is missing, print, write the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--epochs", type=int, help="of every network, for a quick look")
    quick = parser.parse_args().epochs
    kept = {} if quick or not OUT.exists() else read_json(OUT)["measured"]
    for name, (study, label, epochs) in NETWORKS.items():
        recipe = load_study(study).recipes[label]
        if recipe.data.validation is None:  # neelamraju2019 trains on all; here some are needed to compare by
            recipe = recipe.model_copy(update={"data": load_study("quickstart").recipes["conv"].data})
        dataset = load(recipe.data)
        result = kept.setdefault(name, {"epochs": quick or epochs, "fast": [], "plain": []})
        for seed in range(len(result["plain"]), 1 if quick else SEEDS):
            for side in ("fast", "plain"):
                result[side] = result[side][:seed]
                result[side].append(accuracy(recipe, dataset, seed, result["epochs"], plain=side == "plain"))
            print(
                f"{name}, seed {seed}: fast {result['fast'][-1]:.2f} %, plain {result['plain'][-1]:.2f} %", flush=True
            )
            if not quick:
                _write(kept)
    for name, result in kept.items():
        difference = paired(result["fast"], result["plain"])
        print(
            f"{name}: fast - plain {difference.mean:+.3f} points, 95 % {difference.low:+.3f} to {difference.high:+.3f}"
        )
    print(json.dumps(kept) if quick else f"Written: {OUT}")


def _write(kept: dict[str, dict[str, list[float]]]) -> None:
    result = {
        name: values | {"difference": vars(paired(values["fast"], values["plain"]))}
        for name, values in kept.items()
        if len(values["plain"]) > 1
    }
    OUT.parent.mkdir(exist_ok=True)
    write_json(OUT, {"measured": kept | result, "aim": AIM, "machine": machine.describe(choose_engine("cpu")).plain()})


if __name__ == "__main__":
    main()
