"""The answer in words: what to use, how good it is, whether anything simpler will do, and what was not tried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedtrial.choosing.curve import Curve
from seedtrial.choosing.finals import CLOSE, Finalists
from seedtrial.choosing.trial import Trial
from seedtrial.claims.verdicts import Verdict
from seedtrial.data.splits import listed
from seedtrial.evaluation.metrics import largest_class
from seedtrial.evaluation.statistics import percent
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import Results
from seedtrial.words import counted, duration


@dataclass(frozen=True)
class AnswerFacts:
    """What an answer is made of.

    results: of the finalists, on the test images
    trials:  all of them
    skipped: candidates that were not tried, and why
    seconds: that it took
    """

    results: Results
    finalists: Finalists
    trials: Sequence[Trial]
    skipped: dict[str, str]
    curve: Curve
    seconds: float


def sentences(facts: AnswerFacts) -> list[str]:
    """The answer, the most important sentence first."""
    return [*_use(facts), *_others(facts), *_more_images(facts), *_effort(facts)]


def _use(facts: AnswerFacts) -> Iterator[str]:
    best = facts.results.rows[0]
    guessing = no_better_than(best)
    if not guessing:
        yield f"Use {best.label}: {_how_good(best, facts.results)}."
        return
    yield (
        f"No candidate is clearly better than {guessing}. The best is {best.label}: {_how_good(best, facts.results)}. "
        "Do not rely on it; give more --minutes, more pictures, or larger ones."
    )


def no_better_than(row: RecipeResult) -> str:
    """The guess that a recipe is not clearly better than, in words; empty where it is better."""
    label, share, _ = largest_class(row.predictions[0].labels)
    if row.judged is None or row.judged.low > share:
        return ""
    run = next(iter(row.runs.values()))
    return f"always answering '{run.facts.classes[label]}' ({100 * share:.2f} %)"


def _how_good(row: RecipeResult, results: Results) -> str:
    right = f"it classifies {percent(row.judged)} of the test images correctly"
    folds = results.plan.study.folds
    images = counted(len(row.predictions[0]), "image")
    if folds:
        repeated = f", {counted(row.seeds, 'division')}" if row.seeds > 1 else ""
        return (
            f"{right} (95 % interval {percent(row.judged, interval=True)} on new images, {folds} folds of "
            f"{images}{repeated})"
        )
    if row.seeds > 1:
        return (
            f"{right} (95 % interval {percent(row.judged, interval=True)} on new images, {counted(row.seeds, 'seed')})"
        )
    return f"{right} ({images}, one seed, so no interval for another training)"


def _others(facts: AnswerFacts) -> Iterator[str]:
    best, verdicts = facts.results.rows[0], {verdict.claim.labels[1]: verdict for verdict in facts.results.verdicts}
    chosen = facts.finalists
    if chosen.simplest is None:
        yield f"Nothing simpler comes within {100 * CLOSE:g} points of it on the validation images."
    for row in facts.results.rows[1:]:
        roles = [
            role
            for role, trial in (("the runner-up", chosen.runner_up), ("simpler", chosen.simplest))
            if trial is not None and trial.candidate.name == row.label
        ]
        verdict = _verdict(verdicts.get(row.label), best.label)
        yield f"{row.label} is {' and '.join(roles)}: {percent(row.judged)}, {verdict}."


def _verdict(verdict: Verdict | None, best: str) -> str:
    word = verdict.word if verdict else "not tested"
    return {
        "supported": f"and {best} is better",
        "contradicted": f"and {best} is no better",
        "not distinguishable": f"which cannot be distinguished from {best}",
    }.get(word, "and the difference was not tested")


def _more_images(facts: AnswerFacts) -> Iterator[str]:
    points = facts.curve.points
    if len(points) < 2:
        return
    images, accuracy = points[-1]
    few, before = points[0]
    sentence = (
        f"With {few:,} training images it scores {100 * before:.1f} % on the validation images, with {images:,} "
        f"{100 * accuracy:.1f} %"
    )
    expected = facts.curve.at(2 * images)
    if expected is not None:
        sentence += f"; twice as many images may give about {100 * expected:.1f} %"
    yield f"{sentence}."


def _effort(facts: AnswerFacts) -> Iterator[str]:
    tried = [trial for trial in facts.trials if trial.accuracies]
    kinds = len({trial.candidate.name for trial in tried})
    trainings = sum(len(trial.accuracies) for trial in tried)
    yield (
        f"Chosen among {counted(kinds, 'candidate')} with {counted(len(tried), 'setting')} in "
        f"{counted(trainings, 'training')} on validation images, in {duration(facts.seconds)}; "
        f"{_opened(facts.results)}."
    )
    for name, why in facts.skipped.items():
        yield f"Not tried: {name} ({why})."
    seen = {trial.candidate.name for trial in facts.trials if trial.accuracies or trial.failure}
    left = [name for name in dict.fromkeys(trial.candidate.name for trial in facts.trials) if name not in seen]
    if left:
        yield f"The time did not suffice for {listed(left, 20)}; give more --minutes."


def _opened(results: Results) -> str:
    if results.plan.study.folds:
        return "no test image played a part in the choice, and each was classified by networks that never saw it"
    return "the test images were opened once, for the finalists"
