"""How much the size of photographs is worth to a frozen pretrained network, by cross-validation.

    python benchmarks/own/pretrained.py PICTURES     a minute on 2 cores; writes benchmarks/results/pretrained.json

PICTURES is a folder of photographs, such as hotdog's. A fifth of them is set aside, as `seedtrial choose` does; the
others are divided into five folds, each of which is the test part once.
"""

import argparse
import tempfile
from pathlib import Path

from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.execution.execute import execute
from seedtrial.files import write_json
from seedtrial.models import Pretrained
from seedtrial.runs import machine
from seedtrial.runs.recipe import Recipe
from seedtrial.study.plan import plan
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import results
from seedtrial.study.results_json import shareable
from seedtrial.study.study import Study
from seedtrial.training.device import choose_engine
from seedtrial.training.prepare import usual

OUT = Path(__file__).parent.parent / "results" / "pretrained.json"
SIDES, FOLDS, SET_ASIDE = (64, 96, 160, 224), 5, 0.2


def recipe(pictures: str, side: int) -> Recipe:
    """The frozen network on pictures of a size; smaller ones than it knows are enlarged."""
    model = Pretrained(side=max(96, side))
    validation = Validation(size=SET_ASIDE, fixed=True)
    return Recipe(data=DataSpec(source=pictures, size=side, validation=validation), model=model, training=usual(model))


def numbers(row: RecipeResult) -> dict[str, object]:
    """The accuracy over all folds with its interval, and the seconds of a training."""
    assert row.judged is not None and row.seconds_training is not None  # all folds are finished
    return {
        "size": row.label,
        "images": len(row.predictions[0]),
        "accuracy": row.judged.mean,
        "low": row.judged.low,
        "high": row.judged.high,
        "seconds": row.seconds_training.mean,
    }


def main() -> None:
    """Train and score every size in every fold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", help="a folder of photographs")
    pictures = parser.parse_args().pictures
    recipes = {f"{side} pixels": recipe(pictures, side) for side in SIDES}
    study = Study(name="pretrained-sizes", question="", recipes=recipes, seeds=1, folds=FOLDS)
    with tempfile.TemporaryDirectory() as place:
        execute(study, runs=Path(place), jobs=1)
        rows = results(plan(study, Path(place))).rows
        measured = [numbers(row) for row in rows]
    values = {"command": "python benchmarks/own/pretrained.py PICTURES", "folds": FOLDS, "measured": measured}
    on = machine.describe(choose_engine("cpu")).plain()
    write_json(OUT, values | {"machine": on | {"command": shareable(on["command"])}})


if __name__ == "__main__":
    main()
