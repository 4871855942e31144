"""Where candidates are trained: as runs of a study that is judged on validation images, so they are kept and go on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from seedtrial.choosing.deadline import TimeIsUp, Until
from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.execution.execute import execute
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.trained import Run
from seedtrial.runs.watch import Watch
from seedtrial.study.plan import Plan, plan
from seedtrial.study.study import Study


@dataclass(frozen=True)
class Scored:
    """How a training ended.

    accuracy: on the validation images, in [0, 1]; None where it did not end well
    seconds:  of the training, validation included
    failure:  why it broke off, or diverged

    >>> Scored(None, failure="the loss became infinite").accuracy is None
    True
    """

    accuracy: float | None
    seconds: float = 0.0
    failure: str = ""
    run: Run | None = None


@dataclass
class Bench:
    """Trains recipes on one data set.

    name:    of the study, in the records
    dataset: all images, loaded once
    jobs:    runs at a time; None: as many as suit this machine
    stopped: whether the user pressed Ctrl-C; then nothing is trained any more
    """

    name: str
    dataset: Dataset
    runs: Path
    watch: Watch
    device: str = "auto"
    jobs: int | None = None
    data_dir: Path | None = None
    seen: dict[DataSpec, Dataset] = field(default_factory=dict)
    stopped: bool = False

    def train(self, recipes: Mapping[str, Recipe], *, seconds: float) -> dict[str, Scored]:
        """Train one seed of each, for so many seconds at most, and score on the validation images.

        A recipe that was trained before is not trained again. Those that the time did not suffice for are left out.
        """
        study = Study(name=self.name, question="", recipes=dict(recipes), seeds=1, judged_on="validation")
        return self._scored(self.execute(study, seconds=seconds))

    def execute(self, study: Study, *, seconds: float) -> Plan:
        """Train what a study lacks, for so many seconds at most; returns what is there then."""
        at_hand = {recipe.data: self.images(recipe.data) for recipe in study.recipes.values()}
        until = Until(self.watch, seconds)
        try:
            if seconds > 0 and not (self.stopped and study.judged_on == "validation"):
                execute(
                    study,
                    runs=self.runs,
                    data_dir=self.data_dir,
                    device=self.device,
                    jobs=self.jobs,
                    watch=until,
                    at_hand=at_hand,
                )
        except TimeIsUp:
            pass
        except KeyboardInterrupt:
            if study.judged_on == "test":  # the answer itself
                raise
            self.stopped = True
            self.watch.note("Stopped; the answer uses the trainings so far. Ctrl-C again ends without an answer.")
        facts = {data: dataset.facts for data, dataset in at_hand.items()}
        return plan(study, self.runs, data_dir=self.data_dir, at_hand=facts)

    def images(self, data: DataSpec) -> Dataset:
        """The data set as a recipe wants it: the first `limit` training images, or all images."""
        if data not in self.seen and data.whole:
            self.seen[data] = load(data, data_dir=self.data_dir)
        elif data not in self.seen:
            train = self.dataset.train.take(slice(data.limit), "train")
            self.seen[data] = replace(self.dataset, train=train)
        return self.seen[data]

    def _scored(self, planned: Plan) -> dict[str, Scored]:
        scored = {}
        for item in planned.runs:
            if item.state in ("failed", "diverged"):
                scored[item.label] = Scored(None, failure=item.reason)
            elif item.state in ("trained", "finished"):
                metrics = item.run.metrics
                assert metrics.validation is not None  # the study is judged on it
                scored[item.label] = Scored(metrics.validation.accuracy, metrics.seconds.total, run=item.run)
        return scored
