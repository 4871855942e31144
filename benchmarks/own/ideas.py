"""What ideas for fast training give, one at a time, on validation images: how the recipes of `records` were chosen.

    python benchmarks/own/ideas.py first          about 25 minutes on 2 cores; adds to benchmarks/results/ideas.json
    python benchmarks/own/ideas.py first --only crop --only "batch 128"

Every idea is a change to its round's base recipe, and every round is a study that is judged on validation images: each
recipe is trained on 50,000 of the training images with each seed and scored on the other 10,000; the test set stays
sealed. One process of one thread per core. Costs are processor seconds, which other work on the machine disturbs least;
they include validation after each pass, which those that were measured before November 2026 do not. Runs that exist are
not trained again.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from seedtrial.cli.progress import Lines
from seedtrial.data.augment import Augment
from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.parts import Split
from seedtrial.data.splits import Validation
from seedtrial.execution.execute import execute
from seedtrial.files import read_json, write_json
from seedtrial.models import Dense, ResNet
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.trained import Run
from seedtrial.spec import override
from seedtrial.study.study import Study
from seedtrial.training.optimiser import SGD, AdamW
from seedtrial.training.schedule import Cosine, LinearDecay
from seedtrial.training.skipping import Skip
from seedtrial.training.spec import TrainSpec

OUT = Path(__file__).parent.parent / "results" / "ideas.json"
DATA = DataSpec(scaling="standard", validation=Validation(size=10_000))
FIRST = Recipe(
    data=DATA,
    model=ResNet(widths=(32, 64, 128), stem_pool=True, head="max", averages=None),
    training=TrainSpec(
        epochs=10,
        batch_size=256,
        optimiser=SGD(rate=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4),
        schedule=LinearDecay(warmup=0.2),
        label_smoothing=0.1,
        augment=Augment(flip=True),
        mirrored=True,
    ),
)
SKIPPING = FIRST.model_copy(
    update={"training": FIRST.training.model_copy(update={"epochs": 12, "skip": Skip(share=0.7)})}
)
LONGER = SKIPPING.model_copy(update={"training": SKIPPING.training.model_copy(update={"epochs": 18})})
DENSE = Recipe(
    data=DATA,
    model=Dense(widths=(1024, 1024, 1024), first=None, layers=None, batch_norm="before", dropout=0.2),
    training=TrainSpec(
        epochs=60,
        batch_size=256,
        optimiser=AdamW(rate=1e-3, weight_decay=0.05),
        schedule=Cosine(warmup=0.05),
        label_smoothing=0.1,
        augment=Augment(flip=True, crop=1),
        averaging=0.999,
        mirrored=True,
    ),
)
SMALL = Recipe(
    data=DATA,
    model=ResNet(widths=(16, 32, 64), head="max", averages=None),
    training=TrainSpec(
        epochs=30,
        batch_size=256,
        optimiser=SGD(rate=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4),
        schedule=LinearDecay(warmup=0.2),
        label_smoothing=0.1,
        augment=Augment(flip=True, crop=1),
        skip=Skip(share=0.7),
        mirrored=True,
    ),
)
ROUNDS: dict[str, tuple[Recipe, dict[str, list[str]]]] = {
    "first": (
        FIRST,
        {
            "base": [],
            "head average": ["model.head=average"],
            "crop 1": ["training.augment.crop=1"],
            "average of weights 0.995": ["training.averaging=0.995"],
            "batch 512": ["training.batch_size=512", "training.optimiser.rate=0.4"],
            "rate 0.1": ["training.optimiser.rate=0.1"],
            "rate 0.4": ["training.optimiser.rate=0.4"],
            "widths 32-64-64": ["model.widths=[32,64,64]"],
            "stem 5": ["model.stem=5"],
            "batch 128": ["training.batch_size=128", "training.optimiser.rate=0.1"],
            "no label smoothing": ["training.label_smoothing=0"],
        },
    ),
    "skipping": (
        SKIPPING,
        {
            "base": [],
            "nothing skipped, 7 epochs": ["training.epochs=7", "training.skip=null"],
            "9 epochs": ["training.epochs=9"],
            "share 0.5, 9 epochs": ["training.epochs=9", "training.skip.share=0.5"],
            "share 0.9": ["training.skip.share=0.9"],
            "batch 128, rate 0.1": ["training.batch_size=128", "training.optimiser.rate=0.1"],
            "last 0.05": ["training.skip.last=0.05"],
            "running average of the weights, 0.99": ["training.averaging=0.99"],
            "18 epochs": ["training.epochs=18"],
            "18 epochs, crop 1": ["training.epochs=18", "training.augment.crop=1"],
        },
    ),
    "longer": (
        LONGER,
        {
            "base": [],
            "two blocks, 12 epochs": ["model.blocks=2", "training.epochs=12"],
            "share 0.5": ["training.skip.share=0.5"],
            "nothing skipped, 13 epochs": ["training.epochs=13", "training.skip=null"],
            "weight decay 1e-3": ["training.optimiser.weight_decay=1e-3"],
            "dropout 0.3": ["model.dropout=0.3"],
            "erase 0.3": ["training.augment.erase=0.3"],
            **{
                f"widths {'-'.join(map(str, widths))}, 12 epochs, last 0.05": [
                    f"model.widths={widths}",
                    "training.epochs=12",
                    "training.skip.last=0.05",
                ]
                for widths in ([32, 64, 128], [48, 96, 128], [64, 64, 128], [64, 128, 128])
            },
        },
    ),
    "dense": (
        DENSE,
        {
            "base": [],
            "dropout 0.4": ["model.dropout=0.4"],
            "turned, shifted, zoomed": [
                "training.augment.rotation=5",
                "training.augment.shift=0.05",
                "training.augment.zoom=0.1",
            ],
            "widths 2048-1024-512": ["model.widths=[2048,1024,512]"],
            "dropout 0.4, 120 epochs, share 0.7 skipped": [
                "model.dropout=0.4",
                "training.epochs=120",
                "training.skip.share=0.7",
            ],
            "dropout 0.5, widths 2048, 100 epochs, share 0.5 skipped": [
                "model.dropout=0.5",
                "model.widths=[2048,2048,2048]",
                "training.epochs=100",
                "training.skip.share=0.5",
            ],
            "dropout 0.3, moved more, 200 epochs, share 0.6 skipped": [
                "model.dropout=0.3",
                "training.epochs=200",
                "training.skip.share=0.6",
                "training.augment.crop=null",
                "training.augment.rotation=6",
                "training.augment.shift=0.06",
                "training.augment.zoom=0.1",
            ],
            "dropout 0.3, moved a little, 150 epochs, share 0.5 skipped": [
                "model.dropout=0.3",
                "training.epochs=150",
                "training.skip.share=0.5",
                "training.augment.crop=null",
                "training.augment.rotation=4",
                "training.augment.shift=0.04",
                "training.augment.zoom=0.06",
            ],
        },
    ),
    "small": (
        SMALL,
        {
            "base": [],
            "widths 32-48-48, pooled stem": ["model.widths=[32,48,48]", "model.stem_pool=true"],
            "widths 16-32-39, two blocks": ["model.widths=[16,32,39]", "model.blocks=2"],
            "no crops": ["training.augment.crop=null"],
            "average of weights 0.998": ["training.averaging=0.998"],
            "erase 0.5": ["training.augment.erase=0.5"],
            "no crops, 20 epochs, last 0.05": [
                "training.augment.crop=null",
                "training.epochs=20",
                "training.skip.last=0.05",
            ],
            "no crops, 40 epochs, share 0.5, last 0.05": [
                "training.augment.crop=null",
                "training.epochs=40",
                "training.skip.share=0.5",
                "training.skip.last=0.05",
            ],
            "no crops, erase 0.3, 50 epochs, share 0.5, last 0.05": [
                "training.augment.crop=null",
                "training.augment.erase=0.3",
                "training.epochs=50",
                "training.skip.share=0.5",
                "training.skip.last=0.05",
            ],
            "no crops, nothing skipped, 12 epochs": [
                "training.augment.crop=null",
                "training.epochs=12",
                "training.skip=null",
            ],
        },
    ),
}


def study(name: str, only: Sequence[str], seeds: int) -> Study:
    """A round's ideas as recipes. It is judged on validation images, so the test set stays sealed."""
    base, ideas = ROUNDS[name]
    return Study(
        name=f"ideas-{name}",
        question=f"Which change to the base recipe of the round '{name}' gives more?",
        recipes={label: override(base, ideas[label]) for label in only or ideas},
        seeds=seeds,
        judged_on="validation",
    )


def numbers(run: Run, validation: Split) -> dict[str, float]:
    """Validation accuracies in per cent, with and without mirrored images, and what the run cost."""
    assert run.metrics.validation is not None and run.metrics.seconds.processor is not None
    plain = run.learner(run.machine.engine).predict(validation.images, mirrored=False)
    return {
        "seconds": run.metrics.seconds.total,
        "processor_seconds": run.metrics.seconds.processor,
        "accuracy": 100 * run.metrics.validation.accuracy,
        "plain": 100 * float((plain.argmax(1) == validation.labels).mean()),
    }


def main() -> None:
    """Train what is missing, print, write the JSON."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("round", choices=ROUNDS)
    reader.add_argument("--only", action="append", default=[], help="this idea only (repeatable)")
    reader.add_argument("--seeds", type=int, default=2)
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs")
    reader.add_argument("--out", type=Path, default=OUT, help="file to add to")
    given = reader.parse_args()
    kept: dict[str, Any] = read_json(given.out) if given.out.exists() else {"rounds": {}}
    base, ideas = ROUNDS[given.round]
    dump = base.model_dump(mode="json")
    measured = kept["rounds"].setdefault(given.round, {"base": dump, "ideas": {}})
    if measured["base"] != dump:
        raise SystemExit(f"{given.out} has another base of {given.round}; give the new one a round of its own.")
    chosen = study(given.round, given.only, given.seeds)
    execution = execute(chosen, runs=given.runs, device="cpu", jobs=given.jobs, watch=Lines(Console(stderr=True)))
    validation = load(base.data).validation
    assert validation is not None
    for label in chosen.recipes:
        idea = measured["ideas"].setdefault(label, {"settings": ideas[label], "runs": {}})
        for seed, run in execution.plan.finished(label).items():
            if str(seed) not in idea["runs"]:
                idea["runs"][str(seed)] = numbers(run, validation)
                kept["machine"] = run.machine.plain()
    write_json(given.out, kept)
    print(json.dumps(base.model_dump(mode="json", exclude_defaults=True)))
    for label, idea in sorted(measured["ideas"].items(), key=lambda item: -_mean(item[1]["runs"], "accuracy")):
        print(line(label, idea["runs"]))


def line(name: str, runs: dict[str, dict[str, float]]) -> str:
    """An idea's means over its seeds."""
    return (
        f"{name:32} {_mean(runs, 'accuracy'):6.2f} %  plain {_mean(runs, 'plain'):6.2f} %  "
        f"{_mean(runs, 'processor_seconds'):6.1f} s  n={len(runs)}"
    )


def _mean(runs: dict[str, dict[str, float]], key: str) -> float:
    return statistics.fmean(run[key] for run in runs.values()) if runs else float("nan")


if __name__ == "__main__":
    main()
