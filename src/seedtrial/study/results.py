"""The numbers of a study, from its finished runs: what the table, the JSON and the report all show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedtrial.claims.accuracy import accuracy_spread
from seedtrial.claims.observed import JudgedOn, Observed, observe, together
from seedtrial.claims.verdicts import Verdict, adjustment_note, judge
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.metrics import accuracy, balanced_accuracy, largest_class
from seedtrial.evaluation.predictions import Predictions
from seedtrial.evaluation.statistics import Spread, share_spread, spread
from seedtrial.notebook import data_frame, paragraph, table_html
from seedtrial.runs.trained import Run
from seedtrial.study.plan import Plan
from seedtrial.study.published import Reproduction, reproduction


@dataclass(frozen=True)
class RecipeResult:
    """The numbers of one recipe. Accuracies are shares in [0, 1] over seeds; None where there is no finished run.

    runs:              the finished ones by seed, or by seed x folds + fold; of seeds whose folds are all finished
    observed:          by seed what its runs left, all folds together
    judged:            accuracy on the split that the study is judged on
    balanced:          mean of its per-class accuracies; None where the classes are about equally frequent
    test:              None as well where the study is judged on validation images
    unmirrored:        test accuracy without the mirrored image, for a recipe that predicts from both
    seconds_per_epoch: median within a run, then over seeds
    seconds_training:  all epochs of a run, without validation, over seeds
    seconds_testing:   predicting the test images, over seeds
    seconds_total:     all of a run, validation and examination included, mean over seeds
    diverged:          number of seeds whose loss became infinite; they enter no mean

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> row = results(plan(load_study("quickstart"), Path("no-such-folder"))).rows[0]
    >>> row.label, row.parameters, row.seeds, row.test
    ('dense', 1501770, 0, None)
    """

    label: str
    parameters: int
    multiply_adds: int
    planned: int
    runs: dict[int, Run]
    observed: dict[int, Observed]
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
        """Number of finished seeds; with folds, all of them."""
        return len(self.observed)

    @property
    def predictions(self) -> list[Predictions]:
        """On the images that the study is judged on, one per seed."""
        return [seen.predictions for seen in self.observed.values()]


@dataclass(frozen=True)
class Results:
    """The numbers of every recipe, and a verdict on every claim.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> gathered = results(plan(load_study("quickstart"), Path("no-such-folder")))
    >>> gathered.complete, gathered.headline()
    (False, 'conv beats dense: not tested.')
    """

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
        """The scores of all finished runs as a data frame of pandas or polars, a row per recipe, seed and fold."""
        return data_frame(
            [
                {
                    "recipe": row.label,
                    "seed": run.seed,
                    **({"fold": run.fold.number, "repeat": run.fold.repeat} if run.fold else {}),
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
                for run in row.runs.values()
            ]
        )

    @property
    def guess(self) -> str:
        """What an accuracy must be compared with: always answering the largest class; empty before the first run."""
        row = next((row for row in self.rows if row.runs), None)
        if row is None:
            return ""
        run = next(iter(row.runs.values()))
        label, share, _ = largest_class(row.predictions[0].labels)
        return (
            f"Guessing: always answering '{run.facts.classes[label]}' is right on {100 * share:.2f} % of these images."
        )

    @property
    def folds_note(self) -> str:
        """What a reader must know about folds; empty where the data have a test part of their own."""
        study = self.plan.study
        if study.folds is None:
            return ""
        divided = f"{study.folds} folds" + (f", in {study.repeats} divisions" if study.repeats > 1 else "")
        if self.split == "validation":
            return (
                f"The images are divided into {divided}; each network was judged on validation images outside its fold."
            )
        return (
            f"The images are divided into {divided}: every image{self._but_validation()} was a test image once per "
            "seed, for networks that never saw it. sd and intervals are over folds, corrected for their common "
            "training images."
        )

    def _but_validation(self) -> str:
        """Of images that are never test images, because all folds have the same ones for validation."""
        run = next((run for row in self.rows for run in row.runs.values()), None)
        shared = run.predictions.get("validation") if run else None
        if shared is None or shared.index is not None:
            return ""
        return f" but {len(shared):,} validation images, which all folds share,"

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What is odd about networks: recipe with its seeds, and the remark on the first of them."""
        remarks = []
        for row in self.rows:
            alike: dict[str, list[tuple[int, str]]] = {}  # by how the sentence begins; numbers differ from seed to seed
            for run in row.runs.values():
                for remark in run.metrics.remarks:
                    alike.setdefault(remark[:12], []).append((run.seed, remark))
            for each in alike.values():
                seeds = dict.fromkeys(str(seed) for seed, _ in each)
                remarks.append((f"{row.label}, seed{'s' * (len(seeds) > 1)} {', '.join(seeds)}", each[0][1]))
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
    """Gather the finished runs of a plan. Raises SeedtrialError when one of them is damaged.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> [row.label for row in results(plan(load_study("quickstart"), Path("no-such-folder"))).rows]
    ['dense', 'conv']
    """
    damaged = plan.having("damaged")
    if damaged:
        raise SeedtrialError(damaged[0].reason)
    split = plan.study.judged_on
    rows = tuple(_recipe_result(plan, label) for label in plan.study.recipes)
    observed = {row.label: row.observed for row in rows}
    verdicts = judge(plan.study.claims, observed, judged_on=split)
    return Results(plan, rows, tuple(verdicts), tuple(_published(plan, rows)))


def _recipe_result(plan: Plan, label: str) -> RecipeResult:
    planned, counted, judged_on = plan.of(label), plan.summaries[label], plan.study.judged_on
    seeds = plan.seeds(label)
    complete = {id(run) for each in seeds.values() for run in each}
    runs = {number: run for number, run in plan.finished(label).items() if id(run) in complete}
    metrics = [run.metrics for run in runs.values()]
    tests = [run.test for run in runs.values() if run.test is not None] if judged_on == "test" else []
    validation = _accuracies(_observed(seeds, "validation"), accuracy) if _validated(runs) else None
    test = _accuracies(_observed(seeds, "test"), accuracy) if judged_on == "test" else None
    unmirrored = [examined.scores.accuracy_unmirrored for examined in tests]
    observed = _observed(seeds, judged_on)
    return RecipeResult(
        label=label,
        parameters=counted.parameters,
        multiply_adds=counted.multiply_adds,
        planned=len({item.seed for item in planned}),
        runs=runs,
        observed=observed,
        diverged=sum(item.state == "diverged" for item in planned),
        judged=test if judged_on == "test" else validation,
        balanced=_balanced(observed),
        validation=validation,
        test=test,
        unmirrored=_shares([share for share in unmirrored if share is not None], runs, "test"),
        seconds_per_epoch=_spread([m.seconds.per_epoch for m in metrics]),
        seconds_training=_spread([m.seconds.training for m in metrics]),
        seconds_testing=_spread([examined.seconds for examined in tests]),
        seconds_total=sum(map(_total, runs.values())) / len(runs) if runs else None,
    )


def _observed(seeds: Mapping[int, Sequence[Run]], split: JudgedOn) -> dict[int, Observed]:
    """What each seed left on a split, its folds together."""
    each = {seed: [observe(run, split) for run in runs] for seed, runs in seeds.items()}
    return {seed: together(seen) if seen[0].ratio else seen[0] for seed, seen in each.items()}


def _validated(runs: Mapping[int, Run]) -> bool:
    return bool(runs) and all(run.metrics.validation is not None for run in runs.values())


def _accuracies(observed: Mapping[int, Observed], measure: Callable[[Predictions], float]) -> Spread | None:
    """A measure over seeds or folds, by the function that verdicts use as well."""
    return accuracy_spread(list(observed.values()), measure) if observed else None


def _shares(values: Sequence[float], runs: Mapping[int, Run], split: str) -> Spread | None:
    return share_spread(values, images=len(next(iter(runs.values())).predictions[split])) if values else None


def _balanced(observed: Mapping[int, Observed]) -> Spread | None:
    first = next(iter(observed.values()), None)
    if first is None or not largest_class(first.predictions.labels)[2]:
        return None
    return _accuracies(observed, balanced_accuracy)


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
