"""The numbers of a study as JSON, for --json and for files that are kept."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from seedtrial.claims.verdicts import Verdict
from seedtrial.evaluation.metrics import class_scores, confusion
from seedtrial.runs.metrics import Machine
from seedtrial.runs.trained import Run
from seedtrial.study.published import Reproduction
from seedtrial.study.recipe_result import RecipeResult
from seedtrial.study.results import Results, scores_by_split

SPREADS = (
    "validation",
    "test",
    "balanced",
    "unmirrored",
    "seconds_per_epoch",
    "seconds_training",
    "seconds_testing",
)

MOST_CLASSES = 100  # a confusion matrix of more is not written into JSON


def results_json(results: Results) -> dict[str, Any]:
    """Everything as plain values, nan as None, for --json and for files kept as results.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> values = results_json(results(plan(load_study("quickstart"), Path("no-such-folder"))))
    >>> values["study"], values["complete"], values["recipes"][0]["runs"]
    ('quickstart', False, [])
    """
    study = results.plan.study
    return {
        "study": study.name,
        "question": study.question,
        "data": [
            {"name": name, "fingerprint": facts.fingerprint, "classes": list(facts.classes), "shape": list(facts.shape)}
            for name, facts in results.plan.data
        ],
        "notes": list(study.notes),
        "judged_on": results.split,
        **({} if study.measure == "accuracy" else {"measure": study.measure}),
        **({"folds": study.folds, "repeats": study.repeats} if study.folds else {}),
        "answer": results.headline(),
        "complete": results.complete,
        "unused": results.unused,
        "guess": results.guess,
        "recipes": [_recipe(row, results.split) for row in results.rows],
        "verdicts": [_verdict(verdict) for verdict in results.verdicts],
        "note": results.note,
        "published": [_published(one) for one in results.published],
        "observations": list(study.observations),
        "assumptions": list(study.assumptions),
        "machines": [machine.plain() for machine in machines(results)],
    }


def _recipe(row: RecipeResult, split: str) -> dict[str, Any]:
    spreads = {name: getattr(row, name) for name in SPREADS}
    return {
        **{name: getattr(row, name) for name in ("label", "parameters", "multiply_adds", "planned", "diverged")},
        **{name: None if spread is None else without_nan(asdict(spread)) for name, spread in spreads.items()},
        **({} if row.measured is None else {"measured": without_nan(asdict(row.measured))}),
        "seconds_total": row.seconds_total,
        "seeds": row.seeds,
        "classes": _classes(row),
        "runs": [
            {
                "seed": run.seed,
                **({"fold": run.fold.number, "repeat": run.fold.repeat} if run.fold else {}),
                "folder": run.folder.path.name,
                "scores": scores_by_split(run, split),
                "seconds": _seconds(run),
                "epochs": [_rounded(line.plain()) for line in run.epochs],
                "confusion": _confusion(run, split),
                "remarks": list(run.metrics.remarks),
            }
            for run in row.runs.values()
        ],
    }


def _classes(row: RecipeResult) -> list[dict[str, Any]] | None:
    """Precision, recall, F1 and support of each class, from the mean confusion matrix over seeds."""
    if not row.predictions or row.predictions[0].classes > MOST_CLASSES:
        return None
    mean = np.mean([confusion(predictions) for predictions in row.predictions], axis=0)
    names = next(iter(row.runs.values())).facts.classes
    return [
        {"class": name, **without_nan(asdict(scores))} for name, scores in zip(names, class_scores(mean), strict=True)
    ]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "claim": str(verdict.claim),
        "verdict": verdict.word,
        "sentence": verdict.sentence,
        "p": verdict.p,
        "evidence": [without_nan(asdict(evidence)) for evidence in verdict.evidence],
    }


def _published(one: Reproduction) -> dict[str, Any]:
    return {
        "recipe": one.label,
        "published": one.published.accuracy,
        "digits": one.published.digits,
        "split": one.published.split,
        "where": one.published.where,
        "ours": without_nan(asdict(one.ours)),
        "difference": one.difference,
        "word": one.word,
        "reason": one.published.reason,
    }


def _seconds(run: Run) -> dict[str, Any]:
    return run.metrics.seconds.plain() | ({"testing": run.test.seconds} if run.test else {})


def _rounded(epoch: Mapping[str, float]) -> dict[str, float]:
    """Six digits are more than one epoch of one seed is good for."""
    return {name: value if isinstance(value, int) else float(f"{value:.6g}") for name, value in epoch.items()}


def _confusion(run: Run, split: str) -> list[list[int]] | None:
    """Images of the row's class that are predicted as the column's; None where there are too many classes."""
    predictions = run.predictions[split]
    return confusion(predictions).tolist() if predictions.classes <= MOST_CLASSES else None


def machines(results: Results) -> list[Machine]:
    """The different machines, versions and commands of the finished runs.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> machines(results(plan(load_study("quickstart"), Path("no-such-folder"))))
    []
    """
    seen: list[Machine] = []
    for row in results.rows:
        for run in row.runs.values():
            machine = run.machine.model_copy(update={"command": shareable(run.machine.command)})
            if machine not in seen:
                seen.append(machine)
    return seen


def shareable(command: str) -> str:
    """A command without the folders of its absolute paths: results are handed on, and folders tell people's names.

    >>> shareable("seedtrial run mine.py --runs /home/ada/runs")
    'seedtrial run mine.py --runs …/runs'
    """
    return re.sub(r"(?<=[\s=])/\S*/(?=\S)", "…/", command)


def without_nan(value: Any) -> Any:
    """The same as JSON can say it: what is not a finite number as None.

    >>> without_nan({"sd": float("nan"), "seeds": (1, 2)})
    {'sd': None, 'seeds': [1, 2]}
    """
    if isinstance(value, dict):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
