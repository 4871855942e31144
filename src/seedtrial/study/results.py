"""The numbers of a study, from its finished runs: what the table, the JSON and the report all show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seedtrial.claims.observed import JudgedOn
from seedtrial.claims.verdicts import Verdict, adjustment_note, judge
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.measures import WORDS
from seedtrial.evaluation.metrics import largest_class
from seedtrial.evaluation.statistics import percent
from seedtrial.notebook import data_frame, paragraph, table_html
from seedtrial.runs.trained import Run
from seedtrial.study.plan import Plan
from seedtrial.study.published import Reproduction, reproduction
from seedtrial.study.recipe_result import RecipeResult, recipe_result


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
    def measure(self) -> str:
        """What the study is judged by, in words."""
        return WORDS[self.plan.study.measure]

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
    def unused(self) -> str:
        """Which finished seeds are not counted, because the study asks for fewer; empty where there are none."""
        beyond = {row.label: seeds for row in self.rows if (seeds := self.plan.beyond(row.label))}
        if not beyond:
            return ""
        more = max(max(seeds) for seeds in beyond.values()) + 1
        each = "; ".join(f"{label}: {', '.join(map(str, seeds))}" for label, seeds in beyond.items())
        return (
            f"More seeds are finished than the study asks for, and they are not counted ({each}). "
            f"--seeds {more} counts them."
        )

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
        best = max(scored, key=lambda row: spread.mean if (spread := row.measured or row.judged) else 0.0)
        return (
            f"{best.label} has the highest mean {self.split} {self.measure}, {percent(best.measured or best.judged)}; "
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
    rows = tuple(recipe_result(plan, label) for label in plan.study.recipes)
    observed = {row.label: row.observed for row in rows}
    verdicts = judge(plan.study.claims, observed, judged_on=split)
    aside = [Verdict(each.claim, "not tested", each.reason) for each in plan.study.set_aside]
    return Results(plan, rows, (*verdicts, *aside), tuple(_published(plan, rows)))


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
