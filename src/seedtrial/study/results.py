"""The numbers of a study, from its finished runs: what the table, the JSON and the report all show."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seedtrial.claims.outcome import outcome
from seedtrial.claims.verdicts import Verdict, judge
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.metrics import confusion
from seedtrial.evaluation.statistics import Spread, spread
from seedtrial.runs.record import Run
from seedtrial.study.plan import Plan
from seedtrial.study.published import Against, against

MOST_CLASSES = 100  # a confusion matrix of more is not written into JSON


@dataclass(frozen=True)
class Row:
    """One recipe. Accuracies are shares in [0, 1] over seeds; None where no run is finished.

    seconds_per_epoch: median within a run, then over seeds
    seconds_training:  all epochs of a run, without validation, over seeds
    seconds_testing:   answering the test images, over seeds
    seconds_total:     all of a run, validation and scoring included, mean over seeds
    unmirrored:        test accuracy without the mirror images that the recipe predicts from too
    diverged:          seeds whose loss became infinite; they are in no mean
    """

    label: str
    parameters: int
    multiply_adds: int
    planned: int
    runs: dict[int, Run]
    diverged: int
    validation: Spread | None
    test: Spread | None
    unmirrored: Spread | None
    seconds_per_epoch: Spread | None
    seconds_training: Spread | None
    seconds_testing: Spread | None
    seconds_total: float | None

    @property
    def seeds(self) -> int:
        """Finished runs."""
        return len(self.runs)


@dataclass(frozen=True)
class Results:
    """All rows, and a verdict on every claim."""

    plan: Plan
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    published: tuple[Against, ...]

    @property
    def complete(self) -> bool:
        """Whether every run of the study is finished."""
        return all(row.seeds == row.planned for row in self.rows)

    def headline(self) -> str:
        """The study's answer in a sentence or two."""
        if self.verdicts:
            return " ".join(f"{verdict.claim}: {verdict.word}." for verdict in self.verdicts)
        scored = [row for row in self.rows if row.test is not None]
        if not scored:
            return "No run is finished, so there is no answer yet."
        if len(scored) == 1:
            return f"{scored[0].label} is right on {percent(scored[0].test)} of the test images."
        best = max(scored, key=lambda row: row.test.mean if row.test else 0.0)
        return (
            f"{best.label} has the highest mean test accuracy, {percent(best.test)}; "
            "the study makes no claim, so no difference was tested."
        )


def results(plan: Plan) -> Results:
    """Gather the finished runs of a plan. Raises SeedtrialError when one of them is damaged."""
    damaged = plan.having("damaged")
    if damaged:
        raise SeedtrialError(damaged[0].reason)
    rows = tuple(_row(plan, label) for label in plan.study.recipes)
    found = {row.label: {seed: outcome(run) for seed, run in row.runs.items()} for row in rows}
    return Results(plan, rows, tuple(judge(plan.study.claims, found)), tuple(_published(plan, rows)))


def _row(plan: Plan, label: str) -> Row:
    runs = plan.finished(label)
    planned = plan.of(label)
    counted = plan.summaries[label]
    metrics = [run.metrics for run in runs.values()]
    seconds = {
        name: spread([m["seconds"][name] for m in metrics]) if metrics else None
        for name in ("per_epoch", "training", "testing", "total")
    }
    validated = [m["scores"]["validation"]["accuracy"] for m in metrics if "validation" in m["scores"]]
    tested = [m["scores"]["test"] for m in metrics]
    unmirrored = [scores["accuracy_unmirrored"] for scores in tested if "accuracy_unmirrored" in scores]
    return Row(
        label=label,
        parameters=counted.parameters,
        multiply_adds=counted.multiply_adds,
        planned=len(planned),
        runs=runs,
        diverged=sum(item.state == "diverged" for item in planned),
        validation=spread(validated) if validated else None,
        test=spread([scores["accuracy"] for scores in tested]) if tested else None,
        unmirrored=spread(unmirrored) if unmirrored else None,
        seconds_per_epoch=seconds["per_epoch"],
        seconds_training=seconds["training"],
        seconds_testing=seconds["testing"],
        seconds_total=seconds["total"].mean if seconds["total"] else None,
    )


def _published(plan: Plan, rows: tuple[Row, ...]) -> Iterator[Against]:
    for row in rows:
        published = plan.study.published.get(row.label)
        ours = row.test if published is None or published.split == "test" else row.validation
        if published is not None and ours is not None:
            images = len(next(iter(row.runs.values())).predictions[published.split])
            yield against(row.label, published, ours, images=images)


def percent(spread: Spread | None, *, interval: bool = False) -> str:
    """A share as per cent: the mean, or its interval; a dash where there is none."""
    if spread is None or (interval and spread.n == 1):
        return "–"
    if interval:
        return f"{100 * spread.low:.2f} to {100 * spread.high:.2f}"
    return f"{100 * spread.mean:.2f} %"


def as_json(results: Results) -> dict[str, Any]:
    """Everything as plain values, nan as None, for --json and for files kept as results."""
    rows = []
    for row in results.rows:
        runs = [
            {
                "seed": seed,
                "folder": run.folder.path.name,
                "scores": run.metrics["scores"],
                "seconds": run.metrics["seconds"],
                "epochs": [_rounded(epoch) for epoch in run.epochs],
                "confusion": _confusion(run),
            }
            for seed, run in row.runs.items()
        ]
        told = {field: getattr(row, field) for field in ("label", "parameters", "multiply_adds", "planned", "diverged")}
        for field in ("validation", "test", "unmirrored", "seconds_per_epoch", "seconds_training", "seconds_testing"):
            value = getattr(row, field)
            told[field] = None if value is None else plain(asdict(value))
        rows.append(told | {"seconds_total": row.seconds_total, "seeds": row.seeds, "runs": runs})
    verdicts = [
        {
            "claim": str(verdict.claim),
            "verdict": verdict.word,
            "sentence": verdict.sentence,
            "p": verdict.p,
            "evidence": [plain(asdict(evidence)) for evidence in verdict.evidence],
        }
        for verdict in results.verdicts
    ]
    published = [
        {
            "recipe": a.label,
            "published": a.published.accuracy,
            "digits": a.published.digits,
            "split": a.published.split,
            "where": a.published.where,
            "ours": plain(asdict(a.ours)),
            "difference": a.difference,
            "word": a.word,
            "reason": a.published.reason,
        }
        for a in results.published
    ]
    return {
        "study": results.plan.study.name,
        "question": results.plan.study.question,
        "answer": results.headline(),
        "complete": results.complete,
        "recipes": rows,
        "verdicts": verdicts,
        "published": published,
        "observations": list(results.plan.study.observations),
        "assumptions": list(results.plan.study.assumptions),
        "machines": machines(results),
    }


def _rounded(epoch: Mapping[str, float]) -> dict[str, float]:
    """Six digits are more than one epoch of one seed is good for."""
    return {name: value if isinstance(value, int) else float(f"{value:.6g}") for name, value in epoch.items()}


def _confusion(run: Run) -> list[list[int]] | None:
    """Test images of the row's class that were taken for the column's; None where there are too many classes."""
    predictions = run.predictions["test"]
    return confusion(predictions).tolist() if predictions.classes <= MOST_CLASSES else None


def machines(results: Results) -> list[dict[str, Any]]:
    """The different machines, versions and commands that the finished runs were made with."""
    seen: list[dict[str, Any]] = []
    for row in results.rows:
        for run in row.runs.values():
            told = run.machine | {"command": shareable(run.machine["command"])}
            if told not in seen:
                seen.append(told)
    return seen


def shareable(command: str) -> str:
    """A command without the folders of its absolute paths: results are handed on, and folders tell people's names."""
    return re.sub(r"(?<=[\s=])/\S*/(?=\S)", "…/", command)


def plain(value: Any) -> Any:
    """The same as JSON can say it: what is not a finite number as None."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
