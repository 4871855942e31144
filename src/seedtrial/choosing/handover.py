"""The network that is handed over when a choice is made."""

import shutil
from dataclasses import replace
from pathlib import Path

from seedtrial.choosing.answer import no_better_than
from seedtrial.choosing.bench import Bench
from seedtrial.errors import SeedtrialError
from seedtrial.runs.trained import Run
from seedtrial.serving.bundle import is_bundle
from seedtrial.serving.choice import best_of, seeds_sentence
from seedtrial.serving.export import Chosen, export
from seedtrial.study.results import Results
from seedtrial.study.study import Study


def handed_over(gathered: Results, bench: Bench, *, seconds: float) -> Chosen:
    """The network for use, of the best recipe.

    Networks of folds have not learnt from all images, so one more is trained on all of them but the validation images,
    if so many seconds suffice for it. Otherwise it is the run that is best on validation images.
    """
    row = gathered.rows[0]
    guessing = no_better_than(row)
    warning = f" It is not clearly better than {guessing}." if guessing else ""
    everything = _on_everything(gathered, bench, seconds) if gathered.plan.study.folds and not bench.stopped else None
    if everything is None:
        chosen = best_of(row, gathered)
        return replace(chosen, why=chosen.why + warning)
    why = f"This is {row.label}, trained on all images but the validation images after it was judged in folds."
    return Chosen((everything,), row.label, why + warning, seeds_sentence(row, gathered))


def hand_over(network: Chosen, bundle: Path, *, data_dir: Path | None = None) -> None:
    """Write the bundle; that of an earlier choice is replaced, and stays until the new one is complete.

    Raises SeedtrialError where something else has its name.
    """
    if bundle.exists() and not is_bundle(bundle):
        raise SeedtrialError(f"{bundle} exists and is no bundle; move it away, and the same command writes one.")
    new, old = (bundle.with_name(f".{bundle.name}-{age}") for age in ("new", "old"))
    for rest in (new, old):  # of a process that was killed
        shutil.rmtree(rest, ignore_errors=True)
    export(network, new, data_dir=data_dir)
    if bundle.exists():
        bundle.rename(old)
    new.rename(bundle)
    shutil.rmtree(old, ignore_errors=True)


def _on_everything(gathered: Results, bench: Bench, seconds: float) -> Run | None:
    """A run of the best recipe without a test part; None where the time did not suffice, or it diverged."""
    label = gathered.rows[0].label
    recipe = gathered.plan.study.recipes[label]
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"whole": True})})
    study = Study(name=bench.name, question="", recipes={label: recipe}, seeds=1, judged_on="validation")
    bench.watch.note(f"{label} is trained once more, on all images but the validation images, for use.")
    return bench.execute(study, seconds=seconds).finished(label).get(0)
