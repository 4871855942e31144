"""What boetticher2020 may have used where it is silent: the value whose validation accuracies come nearest to its own.

    python benchmarks/own/boetticher2020_assumed.py l2 20        the L2 factor, by 20 epochs of CNN 3b and CNN 4b
    python benchmarks/own/boetticher2020_assumed.py l2 20 0.001  this factor only, into a file of its own
    python benchmarks/own/boetticher2020_assumed.py dropout 20   the rate of dropout, by DNN 1 and DNN 2

One seed for each value and network, trained as the study trains them, pass by pass in turns; the file
benchmarks/results/boetticher2020_WHAT.json is written after each turn. The test part stays sealed.
"""

import sys
from pathlib import Path
from typing import Any

from seedtrial.data.dataset import Dataset, load
from seedtrial.evaluation import metrics
from seedtrial.evaluation.predictions import Predictions
from seedtrial.files import write_json
from seedtrial.models.learner import Epoch, Learner
from seedtrial.runs import machine
from seedtrial.seeds import Seeds
from seedtrial.studies import boetticher2020
from seedtrial.training.device import choose
from seedtrial.training.prepare import prepare

RESULTS = Path(__file__).parent.parent / "results"
TRIED = {"l2": (1e-4, 1e-3, 1e-2), "dropout": (0.2, 0.25, 0.3, 0.5)}
REPORTED = {  # after 20 epochs
    "l2": {
        "CNN 3b": {"loss": 0.520660, "accuracy": 0.857909, "val_loss": 0.493949, "val_accuracy": 0.8732},
        "CNN 4b": {"loss": 0.589668, "accuracy": 0.846236, "val_loss": 0.581835, "val_accuracy": 0.8528},
    },
    "dropout": {
        "DNN 1": {"loss": 1.039818, "accuracy": 0.627073, "val_loss": 0.687543, "val_accuracy": 0.8116},
        "DNN 2": {"loss": 0.979232, "accuracy": 0.608491, "val_loss": 0.672728, "val_accuracy": 0.7602},
    },
}


def main() -> None:
    """Train, print, and keep what was found."""
    what, epochs, only = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    out = RESULTS / f"{'_'.join(['boetticher2020', what, *only])}.json"
    engine = choose()
    dataset = load(boetticher2020.recipe(boetticher2020.networks()["DNN 1"]).data)
    learners: dict[tuple[str, float], Learner] = {}
    for value in map(float, only) if only else TRIED[what]:
        for name in REPORTED[what]:
            recipe = boetticher2020.recipe(boetticher2020.networks(**{what: value})[name])
            learners[name, value] = prepare(
                recipe.model, recipe.training, shape=dataset.facts.shape, classes=10, engine=engine, seeds=Seeds(0)
            )
    found: list[dict[str, Any]] = []
    passes = {key: learner.fit(dataset.train) for key, learner in learners.items()}
    for _ in range(epochs):
        for (name, value), learner in learners.items():
            told = {"network": name, what: value} | scores(learner, next(passes[name, value]), dataset)
            print(*(value if isinstance(value, str) else f"{value:.4g}" for value in told.values()), flush=True)
            found.append(told)
        told = {"found": found, "reported": REPORTED[what], "machine": machine.describe(engine).plain()}
        write_json(out, told)


def scores(learner: Learner, epoch: Epoch, dataset: Dataset) -> dict[str, Any]:
    """The four numbers that the report prints, as Keras counts them: the penalty belongs to either loss."""
    assert dataset.validation is not None
    told = Predictions(dataset.validation.labels, learner.predict(dataset.validation.images))
    return {
        "epoch": epoch.epoch,
        "loss": epoch.loss,
        "accuracy": epoch.accuracy,
        "val_loss": metrics.log_loss(told) + epoch.penalty,
        "val_accuracy": metrics.accuracy(told),
    }


if __name__ == "__main__":
    main()
