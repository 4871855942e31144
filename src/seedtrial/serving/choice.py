"""Which trained network is meant: a run, a bundle, or the best of a study by its validation images."""

from collections.abc import Sequence
from pathlib import Path

from seedtrial.errors import SeedtrialError, unknown
from seedtrial.evaluation.statistics import percent
from seedtrial.models.model import Model
from seedtrial.runs.listing import run_folder
from seedtrial.runs.record import Folder
from seedtrial.runs.trained import Run, open_run
from seedtrial.serving.export import Chosen
from seedtrial.study.load import is_study, load_study
from seedtrial.study.plan import plan
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import Results, results
from seedtrial.words import counted


def chosen(
    name: str,
    runs: Path,
    *,
    recipe: str | None = None,
    ensemble: bool = False,
    settings: Sequence[str] = (),
    data: str | None = None,
    data_dir: Path | None = None,
    model: Model | None = None,
) -> Chosen:
    """The runs that a name stands for: the folder of a run, the beginning of its name, or a study.

    recipe:   a label of the study; None: the one with the best mean accuracy on validation images
    ensemble: all its seeds together, instead of the best one on validation images
    settings: as the study was run with
    data:     that the study was run on, in place of its own
    model:    for a network of your own, whose function no file holds

    Raises SeedtrialError when there is no such run or study, or no finished run of the recipe.
    """
    if not is_study(name):
        if recipe or ensemble or data is not None:
            raise SeedtrialError("--recipe, --ensemble and --data choose among the runs of a study; name the study.")
        run = open_run(run_folder(name, runs), model=model)
        return Chosen((run,), run.folder.path.name, f"This is the run {run.folder.path.name}, seed {run.seed}.")
    gathered = results(plan(load_study(name).varied(settings=settings, data=data), runs, data_dir=data_dir))
    row = _row(gathered.rows, recipe, name)
    how = "" if recipe else ", the best recipe of the study by mean validation accuracy"
    if ensemble:
        if gathered.plan.study.folds:
            raise SeedtrialError(
                "Networks of different folds have learnt each other's validation and test images, so nothing could be "
                "measured of all together; leave out --ensemble, or run the study without folds."
            )
        every = tuple(row.runs.values())
        why = f"These are all {len(every)} seeds of {row.label}{how}; their probabilities are averaged."
        return Chosen(every, row.label, why, seeds_sentence(row, gathered))
    return best_of(row, gathered, how)


def best_of(row: RecipeResult, gathered: Results, how: str = "") -> Chosen:
    """The run of a recipe that is best on validation images. how: why this recipe, after its name"""
    best = max(row.runs.values(), key=_validation)
    what = "network" if best.fold else "seed"
    why = f"This is {row.label}{how}, with {best.which}, its best {what} on validation images."
    return Chosen((best,), row.label, why, seeds_sentence(row, gathered))


def seeds_sentence(row: RecipeResult, gathered: Results) -> str:
    """How good a recipe is over all its runs, a sentence."""
    study = gathered.plan.study
    repeated = counted(row.seeds, "seed") + (f" and {study.folds} folds" if study.folds else "")
    over = f"Over {repeated}, {row.label} has {percent(row.judged)} on {gathered.split} images"
    return over + (
        f" (95 % interval {percent(row.judged, interval=True)})." if row.judged and row.judged.n > 1 else "."
    )


def own_model(study: str | None, network: str, runs: Path) -> Model | None:
    """The model of a study file that is like a run's, for networks whose function no file holds; None without a study.

    network: a run, by its folder or the beginning of its name; a study brings its own models

    Raises SeedtrialError when the study has no such model.

    >>> own_model(None, "0123456789ab", Path("runs")) is None
    True
    """
    if study is None or is_study(network):
        return None
    recipe, _, _ = Folder(run_folder(network, runs)).identity()
    return load_study(study).model_like(recipe.model)


def _row(rows: Sequence[RecipeResult], recipe: str | None, study: str) -> RecipeResult:
    finished = [row for row in rows if row.runs]
    if recipe is not None:
        named = next((row for row in rows if row.label == recipe), None)
        if named is None:
            raise unknown("recipe", recipe, [row.label for row in rows])
        if not named.runs:
            raise SeedtrialError(f"No run of {recipe} is finished; `seedtrial run {study}` trains it.")
        return named
    if not finished:
        raise SeedtrialError(f"No run of {study} is finished; `seedtrial run {study}` trains them.")
    judged = [row for row in finished if row.validation is not None]
    if not judged:
        raise SeedtrialError(f"{study} has no validation images to choose by; name a recipe with --recipe LABEL.")
    return max(judged, key=lambda row: row.validation.mean if row.validation else 0.0)


def _validation(run: Run) -> float:
    return run.metrics.validation.accuracy if run.metrics.validation else 0.0
