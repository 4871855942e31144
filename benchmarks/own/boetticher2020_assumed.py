"""What boetticher2020 may have used where it is silent: the value whose validation accuracies come nearest to its own.

    python benchmarks/own/boetticher2020_assumed.py l2 20        the L2 factor, by 20 epochs of CNN 3b and CNN 4b
    python benchmarks/own/boetticher2020_assumed.py l2 20 0.001  this factor only, into a file of its own
    python benchmarks/own/boetticher2020_assumed.py dropout 20   the rate of dropout, by DNN 1 and DNN 2

One seed for each value and network, trained as the study trains them, as a study that is judged on validation images:
the test set stays sealed, and an interrupted call goes on where it was. Writes
benchmarks/results/boetticher2020_WHAT.json.
"""

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console

from seedtrial.cli.progress import Lines
from seedtrial.execution.execute import execute
from seedtrial.files import write_json
from seedtrial.runs.metrics import EpochLine
from seedtrial.runs.recipe import Recipe
from seedtrial.studies import boetticher2020
from seedtrial.study.study import Study

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


def study(what: str, values: list[float], epochs: int) -> tuple[Study, dict[str, tuple[str, float]]]:
    """The networks with every value, one seed each; and the network and the value of each label."""
    cells = {f"{network}, {what} {value:g}": (network, value) for value in values for network in REPORTED[what]}
    recipes: dict[str, Recipe] = {}
    for label, (network, value) in cells.items():
        recipe = boetticher2020.recipe(boetticher2020.networks(**{what: value})[network])
        training = recipe.training.model_copy(update={"epochs": epochs, "stopping": None})
        recipes[label] = recipe.model_copy(update={"training": training})
    question = f"Which {what} comes nearest to the report's validation accuracies?"
    name = f"boetticher2020-assumed-{what}"
    return Study(name=name, question=question, recipes=recipes, seeds=1, judged_on="validation"), cells


def main(what: str, epochs: int, *only: str, runs: Path = Path("runs"), results: Path = RESULTS) -> None:
    """Train what is missing, print, and write the four numbers of every epoch."""
    chosen, cells = study(what, [float(value) for value in only or TRIED[what]], epochs)
    execution = execute(chosen, runs=runs, jobs=None, watch=Lines(Console(stderr=True)))
    rows: list[dict[str, Any]] = []
    machine: dict[str, Any] = {}
    for label, (network, value) in cells.items():
        for run in execution.plan.finished(label).values():
            machine = run.machine.plain()
            rows += [{"network": network, what: value} | numbers(line) for line in run.epochs]
    for row in rows:
        print(*(value if isinstance(value, str) else f"{value:.4g}" for value in row.values()))
    out = results / f"{'_'.join(['boetticher2020', what, *only])}.json"
    write_json(out, {"found": rows, "reported": REPORTED[what], "machine": machine})


def numbers(line: EpochLine) -> dict[str, Any]:
    """The four numbers that the report prints, as Keras counts them: the penalty belongs to either loss."""
    assert line.val_loss is not None and line.val_accuracy is not None
    return {
        "epoch": line.epoch,
        "loss": line.loss,
        "accuracy": line.accuracy,
        "val_loss": line.val_loss + line.penalty,
        "val_accuracy": line.val_accuracy,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=TRIED)
    parser.add_argument("epochs", type=int)
    parser.add_argument("only", nargs="*", metavar="VALUE", help="try these values only")
    arguments = parser.parse_args()
    main(arguments.what, arguments.epochs, *arguments.only)
