"""From Python and in notebooks: train what a study lacks, and look at what came out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedtrial.claims.verdicts import Verdict
from seedtrial.execution.execute import execute
from seedtrial.report import figures
from seedtrial.report.drawing import escaped, svg
from seedtrial.report.study import page, sections
from seedtrial.runs.watch import Watch
from seedtrial.study.results import Results, results
from seedtrial.study.study import Study


@dataclass(frozen=True)
class ComparedStudy:
    """A study that was run: its results, and the page that can be written of them.

    A notebook shows its answer, its table, its verdicts, and the figure of accuracies.

    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> runs = Path("no-such-folder")
    >>> compared = ComparedStudy(results(plan(load_study("quickstart"), runs)), runs)
    >>> compared.verdicts[0].word
    'not tested'
    """

    results: Results
    runs: Path
    data_dir: Path | None = None

    @property
    def answer(self) -> str:
        """The study's answer in a sentence or two."""
        return self.results.headline()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for every claim."""
        return self.results.verdicts

    def to_dataframe(self) -> Any:
        """The scores of all runs as a data frame of pandas or polars, a row per recipe and seed."""
        return self.results.to_dataframe()

    def report(self, out: Path | str) -> Path:
        """Write the HTML report of the study, and return its path."""
        return page.write_report(self.results, Path(out), runs=self.runs, data_dir=self.data_dir)

    def _repr_html_(self) -> str:
        curves = ""
        for row in self.results.rows:
            epochs = [[line.plain() for line in run.epochs] for run in row.runs.values()]
            if epochs and len(epochs[0]) > 1:
                figure = svg(figures.learning_curves(epochs), title=f"Learning curves of {row.label}")
                curves += f"<p>{escaped(row.label)}</p>{figure}"
        scored = any(row.judged is not None for row in self.results.rows)
        return self.results._repr_html_() + (sections.accuracy_figure(self.results) if scored else "") + curves


def compare(
    study: Study,
    *,
    runs: Path | str = "runs",
    data_dir: Path | None = None,
    device: str = "auto",
    jobs: int | None = 1,
    watch: Watch | None = None,
    data: str | None = None,
) -> ComparedStudy:
    """Run a study, as `seedtrial run` does, and return what came out. What is trained already is not trained again.

    runs:  the folder that run folders live in
    jobs:  runs at a time; None: as many as suit this machine
    watch: what shows the progress
    data:  a built-in data set, a folder or a file, in place of the study's own

    Raises SeedtrialError when the data cannot be loaded, or a network does not fit them.

    >>> import tempfile
    >>> from seedtrial import Claim, Recipe
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear, Majority
    >>> from seedtrial.training.prepare import usual
    >>> digits = DataSpec(source="digits")
    >>> recipes = {m.kind: Recipe(data=digits, model=m, training=usual(m)) for m in (Linear(), Majority())}
    >>> claim = Claim.beats("linear", "majority")
    >>> study = Study(name="example", question="Does it learn?", recipes=recipes, claims=(claim,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     compare(study, runs=folder).answer
    'linear beats majority: supported.'
    """
    study = study if data is None else study.varied(data=data)
    execution = execute(study, runs=Path(runs), data_dir=data_dir, device=device, jobs=jobs, watch=watch)
    return ComparedStudy(results(execution.plan), Path(runs), data_dir)
