"""The numbers of a study, from its finished runs: what the table, the JSON and the report all show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedtrial.claims.observed import JudgedOn, observe
from seedtrial.claims.verdicts import Verdict, adjustment_note, judge
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.metrics import balanced_accuracy, largest_class
from seedtrial.evaluation.statistics import Spread, share_spread, spread
from seedtrial.notebook import data_frame, paragraph, table_html
from seedtrial.runs.trained import Run
from seedtrial.study.plan import Plan
from seedtrial.study.published import Reproduction, reproduction


@dataclass(frozen=True)
class RecipeResult:
    """The numbers of one recipe. Accuracies are shares in [0, 1] over seeds; None where there is no finished run.

    judged:            accuracy on the split that the study is judged on
    balanced:          mean of its per-class accuracies; None where the classes are about equally frequent
    test:              None as well where the study is judged on validation images
    unmirrored:        test accuracy without the mirrored image, for a recipe that predicts from both
    seconds_per_epoch: median within a run, then over seeds
    seconds_training:  all epochs of a run, without validation, over seeds
    seconds_testing:   predicting the test images, over seeds
    seconds_total:     all of a run, validation and examination included, mean over seeds
    diverged:          number of seeds whose loss became infinite; they enter no mean
    """

    label: str
    parameters: int
    multiply_adds: int
    planned: int
    runs: dict[int, Run]
    diverged: int
    judged: Spread | None
    balanced: Spread | None
    validation: Spread | None
    test: Spread | None
    unmirrored: Spread | None
    seconds_per_epoch: Spread | None
    seconds_training: Spread | None
    seconds_testing: Spread | None
    seconds_total: float | None

    @property
    def seeds(self) -> int:
        """Number of finished runs."""
        return len(self.runs)


@dataclass(frozen=True)
class Results:
    """The numbers of every recipe, and a verdict on every claim."""

    plan: Plan
    rows: tuple[RecipeResult, ...]
    verdicts: tuple[Verdict, ...]
    published: tuple[Reproduction, ...]

    @property
    def split(self) -> JudgedOn:
        """The split that the study is judged on."""
        return self.plan.study.judged_on

    @property
    def complete(self) -> bool:
        """Whether every run of the study is finished."""
        return all(row.seeds == row.planned for row in self.rows)

    def _repr_html_(self) -> str:
        """What a notebook shows: the answer, the table of results, and the verdicts."""
        rows = [
            (row.label, f"{row.parameters:,}", row.seeds, percent(row.judged), percent(row.judged, interval=True))
            for row in self.rows
        ]
        table = table_html(("recipe", "parameters", "seeds", f"{self.split} accuracy", "95 % interval, %"), rows)
        verdicts = "".join(
            paragraph(f"{verdict.claim}: {verdict.word}. {verdict.sentence}") for verdict in self.verdicts
        )
        return paragraph(self.headline(), strong=True) + table + paragraph(self.guess) + verdicts

    def to_dataframe(self) -> Any:
        """The scores of all finished runs as a data frame of pandas or polars, a row per recipe and seed."""
        return data_frame(
            [
                {
                    "recipe": row.label,
                    "seed": seed,
                    "parameters": row.parameters,
                    **{
                        f"{split}_{name}": value
                        for split, scores in scores_by_split(run, self.split).items()
                        for name, value in scores.items()
                    },
                    "seconds": run.metrics.seconds.training,
                    "epochs": run.metrics.epochs,
                    "folder": run.folder.path.name,
                }
                for row in self.rows
                for seed, run in row.runs.items()
            ]
        )

    @property
    def guess(self) -> str:
        """What an accuracy must be compared with: always answering the largest class; empty before the first run."""
        row = next((row for row in self.rows if row.runs), None)
        if row is None:
            return ""
        run = next(iter(row.runs.values()))
        label, share, _ = largest_class(run.predictions[self.split].labels)
        return (
            f"Guessing: always answering '{run.facts.classes[label]}' is right on {100 * share:.2f} % of these images."
        )

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What is odd about networks: recipe with its seeds, and the remark on the first of them."""
        remarks = []
        for row in self.rows:
            alike: dict[str, list[tuple[int, str]]] = {}  # by how the sentence begins; numbers differ from seed to seed
            for seed, run in row.runs.items():
                for remark in run.metrics.remarks:
                    alike.setdefault(remark[:12], []).append((seed, remark))
            for each in alike.values():
                seeds = ", ".join(str(seed) for seed, _ in each)
                remarks.append((f"{row.label}, seed{'s' * (len(each) > 1)} {seeds}", each[0][1]))
        return remarks

    @property
    def note(self) -> str:
        """What a reader must know about the p-values of the verdicts; may be empty."""
        return adjustment_note(self.verdicts)

    def headline(self) -> str:
        """The study's answer in a sentence or two."""
        if self.verdicts:
            return " ".join(f"{verdict.claim}: {verdict.word}." for verdict in self.verdicts)
        scored = [row for row in self.rows if row.judged is not None]
        if not scored:
            return "No run is finished, so there is no answer yet."
        if len(scored) == 1:
            return f"{scored[0].label} classifies {percent(scored[0].judged)} of the {self.split} images correctly."
        best = max(scored, key=lambda row: row.judged.mean if row.judged else 0.0)
        return (
            f"{best.label} has the highest mean {self.split} accuracy, {percent(best.judged)}; "
            "the study makes no claim, so no difference was tested."
        )


def results(plan: Plan) -> Results:
    """Gather the finished runs of a plan. Raises SeedtrialError when one of them is damaged."""
    damaged = plan.having("damaged")
    if damaged:
        raise SeedtrialError(damaged[0].reason)
    split = plan.study.judged_on
    rows = tuple(_recipe_result(plan, label) for label in plan.study.recipes)
    observed = {row.label: {seed: observe(run, split) for seed, run in row.runs.items()} for row in rows}
    verdicts = judge(plan.study.claims, observed, judged_on=split)
    return Results(plan, rows, tuple(verdicts), tuple(_published(plan, rows)))


def _recipe_result(plan: Plan, label: str) -> RecipeResult:
    runs, planned, counted = plan.finished(label), plan.of(label), plan.summaries[label]
    judged_on_test = plan.study.judged_on == "test"
    metrics = [run.metrics for run in runs.values()]
    tests = [run.test for run in runs.values() if run.test is not None] if judged_on_test else []
    validation = _shares([m.validation.accuracy for m in metrics if m.validation], runs, "validation")
    test = _shares([examined.scores.accuracy for examined in tests], runs, "test")
    unmirrored = [examined.scores.accuracy_unmirrored for examined in tests]
    return RecipeResult(
        label=label,
        parameters=counted.parameters,
        multiply_adds=counted.multiply_adds,
        planned=len(planned),
        runs=runs,
        diverged=sum(item.state == "diverged" for item in planned),
        judged=test if judged_on_test else validation,
        balanced=_balanced(runs, plan.study.judged_on),
        validation=validation,
        test=test,
        unmirrored=_shares([accuracy for accuracy in unmirrored if accuracy is not None], runs, "test"),
        seconds_per_epoch=_spread([m.seconds.per_epoch for m in metrics]),
        seconds_training=_spread([m.seconds.training for m in metrics]),
        seconds_testing=_spread([examined.seconds for examined in tests]),
        seconds_total=sum(map(_total, runs.values())) / len(runs) if runs else None,
    )


def _shares(values: Sequence[float], runs: Mapping[int, Run], split: str) -> Spread | None:
    """Accuracies over seeds, by the function that verdicts use as well."""
    return share_spread(values, images=len(next(iter(runs.values())).predictions[split])) if values else None


def _balanced(runs: Mapping[int, Run], split: str) -> Spread | None:
    predictions = [run.predictions[split] for run in runs.values()]
    if not predictions or not largest_class(predictions[0].labels)[2]:
        return None
    return share_spread([balanced_accuracy(each) for each in predictions], images=len(predictions[0]))


def _spread(values: Sequence[float]) -> Spread | None:
    return spread(values) if values else None


def _total(run: Run) -> float:
    """Seconds of a run; in version 1 the total of the training includes the examination."""
    apart = run.test is not None and run.test.version > 1
    return run.metrics.seconds.total + (run.test.seconds if run.test and apart else 0.0)


def _published(plan: Plan, rows: tuple[RecipeResult, ...]) -> Iterator[Reproduction]:
    for row in rows:
        published = plan.study.published.get(row.label)
        ours = row.test if published is None or published.split == "test" else row.validation
        if published is not None and ours is not None:
            images = len(next(iter(row.runs.values())).predictions[published.split])
            yield reproduction(row.label, published, ours, images=images)


def scores_by_split(run: Run, split: str) -> dict[str, Any]:
    """Scores by split; those on the test images only in a study that is judged on them."""
    scores = {"validation": run.metrics.validation, "test": run.test.scores if run.test and split == "test" else None}
    return {name: score.plain() for name, score in scores.items() if score is not None}


def percent(spread: Spread | None, *, interval: bool = False) -> str:
    """A share as per cent: the mean, or its interval; a dash where there is none.

    >>> percent(Spread(3, 0.9, 0.01, 0.88, 0.92)), percent(Spread(3, 0.9, 0.01, 0.88, 0.92), interval=True)
    ('90.00 %', '88.00 to 92.00')
    """
    if spread is None or (interval and spread.n == 1):
        return "–"
    if interval:
        return f"{100 * spread.low:.2f} to {100 * spread.high:.2f}"
    return f"{100 * spread.mean:.2f} %"
