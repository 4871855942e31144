"""The network that is handed over when a choice is made."""

from seedtrial.choosing.bench import Bench
from seedtrial.runs.trained import Run
from seedtrial.serving.choice import best_of, seeds_sentence
from seedtrial.serving.export import Chosen
from seedtrial.study.results import Results
from seedtrial.study.study import Study


def handed_over(gathered: Results, bench: Bench, *, seconds: float) -> Chosen:
    """The network for use, of the best recipe.

    Networks of folds have not learnt from all images, so one more is trained on all of them but the validation images,
    if so many seconds suffice for it. Otherwise it is the run that is best on validation images.
    """
    row = gathered.rows[0]
    everything = _on_everything(gathered, bench, seconds) if gathered.plan.study.folds and not bench.stopped else None
    if everything is None:
        return best_of(row, gathered)
    why = f"This is {row.label}, trained on all images but the validation images, after it was judged in folds."
    return Chosen((everything,), row.label, why, seeds_sentence(row, gathered))


def _on_everything(gathered: Results, bench: Bench, seconds: float) -> Run | None:
    """A run of the best recipe without a test part; None where the time did not suffice, or it diverged."""
    label = gathered.rows[0].label
    recipe = gathered.plan.study.recipes[label]
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"whole": True})})
    study = Study(name=bench.name, question="", recipes={label: recipe}, seeds=1, judged_on="validation")
    bench.watch.note(f"{label} is trained once more, on all images but the validation images, for use.")
    return bench.execute(study, seconds=seconds).finished(label).get(0)
