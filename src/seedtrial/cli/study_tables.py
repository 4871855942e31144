"""What the verbs about studies print: plans, states, results."""

import sys
from typing import TYPE_CHECKING, Any

from seedtrial.cli.printing import show, show_json, table

if TYPE_CHECKING:
    from seedtrial.execution.execute import Execution
    from seedtrial.study.plan import Plan, Planned
    from seedtrial.study.results import Results

SOME_RUNS_FAILED = 3


def show_plan(planned: "Plan", as_json: bool) -> None:
    """What would run, how large it is and how long it may take."""
    from seedtrial.words import duration

    if as_json:
        return show_json(_plan_json(planned))
    folds = [str(planned.study.folds)] if planned.study.folds else []
    rows = table(
        "recipe", "parameters", "multiply-adds", "epochs", "seeds", *["folds"] * len(folds), "finished", "per run"
    )
    for label, recipe, _ in planned.labels():
        counted, runs = planned.summaries[label], planned.of(label)
        rows.add_row(
            label,
            f"{counted.parameters:,}",
            f"{counted.multiply_adds:,}",
            str(recipe.training.epochs),
            str(len({run.seed for run in runs})),
            *folds,
            str(sum(run.state in ("finished", "diverged") for run in runs)),
            f"about {duration(planned.seconds[label])}",
        )
    left = f"about {duration(planned.seconds_left)} on two cores" if planned.missing else "nothing"
    show(
        f"{planned.study.name}: {planned.study.question}",
        planned.data_line,
        rows,
        *(f"Claim: {claim}." for claim in planned.study.claims),
        *(f"Not tested: {each.claim}. {each.reason}" for each in planned.study.set_aside),
        *(f"Note: {note}" for note in planned.study.notes),
        f"{len(planned.missing)} of {len(planned.runs)} runs to train: {left}.",
    )


def show_status(planned: "Plan", as_json: bool) -> None:
    """The state of every run, and why it is not finished."""
    if as_json:
        return show_json(_plan_json(planned))
    folds = ["fold"] if planned.study.folds else []
    rows = table("recipe", "seed", *folds, "state", "folder", "reason")
    for item in planned.runs:
        fold = [str(item.fold.number)] if item.fold else []
        rows.add_row(item.label, str(item.seed), *fold, item.state, item.folder.path.name, item.reason)
    states = ("finished", "trained", "missing", "failed", "diverged", "damaged")
    counts = {state: sum(item.state == state for item in planned.runs) for state in states}
    summary = ", ".join(f"{count} {state}" for state, count in counts.items() if count or state == "finished")
    show(planned.data_line, rows, f"{summary}.")


def _fold(item: "Planned") -> dict[str, int]:
    return {"fold": item.fold.number, "repeat": item.fold.repeat} if item.fold else {}


def _plan_json(planned: "Plan") -> dict[str, Any]:
    runs = [
        {
            "recipe": item.label,
            "seed": item.seed,
            **_fold(item),
            "state": item.state,
            "folder": str(item.folder.path),
            "reason": item.reason,
            "seconds": item.run.metrics.seconds.total if item.state == "finished" else planned.seconds[item.label],
        }
        for item in planned.runs
    ]
    recipes = {
        label: {"parameters": counted.parameters, "multiply_adds": counted.multiply_adds}
        for label, counted in planned.summaries.items()
    }
    data = [{"name": name, "fingerprint": facts.fingerprint} for name, facts in planned.data]
    said = {"study": planned.study.name, "data": data, "notes": list(planned.study.notes)}
    return said | {"recipes": recipes, "runs": runs, "seconds_left": planned.seconds_left}


def show_execution(execution: "Execution", as_json: bool) -> int:
    """Show what an execution gave, and return the exit code that says the same."""
    from seedtrial.study.results import results
    from seedtrial.study.results_json import results_json

    gathered = results(execution.plan)
    if as_json:
        failed = [
            {"recipe": item.label, "seed": item.seed, **_fold(item), "reason": reason}
            for item, reason in execution.failed
        ]
        show_json(results_json(gathered) | {"trained": execution.trained, "failed": failed})
    else:
        show_results(gathered)
        if not execution.trained and not execution.failed:
            show("All runs were finished already; nothing was trained.")
    for item, reason in execution.failed:
        print(f"Failed: {item.label}, {item.which}: {reason}", file=sys.stderr)
    return SOME_RUNS_FAILED if execution.failed else 0


def show_results(results: "Results") -> None:
    """Show the results, a line per recipe, and the verdicts."""
    from seedtrial.evaluation.statistics import percent

    # The standard deviation and the interval are those of the split and the measure that the study is judged by.
    scores = ("validation", "test") if results.split == "test" else ("validation",)
    unequal = any(row.balanced for row in results.rows)
    by_accuracy = results.plan.study.measure == "accuracy"
    unequal = unequal and results.plan.study.measure != "balanced_accuracy"
    measure = [] if by_accuracy else [results.measure]
    rows = table(
        "recipe", "parameters", "seeds", *scores, *["balanced"] * unequal, *measure, "sd", "95 % interval", "s/epoch"
    )
    for row in results.rows:
        judged = row.judged if by_accuracy else row.measured
        rows.add_row(
            row.label,
            f"{row.parameters:,}",
            str(row.seeds) if row.seeds == row.planned else f"{row.seeds} of {row.planned}",
            *(percent(row.validation if score == "validation" else row.test) for score in scores),
            *[percent(row.balanced)] * unequal,
            *[percent(row.measured)] * (not by_accuracy),
            f"{100 * judged.sd:.2f}" if judged and judged.n > 1 else "–",
            percent(judged, interval=True),
            f"{row.seconds_per_epoch.mean:.2f}" if row.seconds_per_epoch else "–",
        )
    show(results.plan.data_line, rows)
    if results.guess:
        show(results.guess)
    if results.folds_note:
        show(results.folds_note)
    if results.split == "validation":
        show("Judged on validation images; the test set stays sealed.")
    if results.published:
        beside = table("recipe", "published", "ours", "difference", "verdict")
        for a in results.published:
            beside.add_row(
                a.label, f"{100 * a.published.accuracy:.2f} %", percent(a.ours), f"{a.difference:+.2f}", a.word
            )
        show(beside)
    for verdict in results.verdicts:
        show(f"{verdict.claim}: {verdict.word}. {verdict.sentence}")
    if results.note:
        show(results.note)
    for note in results.plan.study.notes:
        show(f"Note: {note}")
    if results.unused:
        show(f"Note: {results.unused}")
    for which, remark in results.remarks:
        show(f"Note: {which}: {remark}")
