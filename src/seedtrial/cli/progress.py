"""The progress of a study: bars on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from seedtrial.runs.metrics import EpochLine, Metrics
from seedtrial.runs.watch import Pace, RunWatch
from seedtrial.words import counted, duration


class Lines:
    """One plain line per epoch and per run; epochs: whether those of epochs are shown."""

    def __init__(self, console: Console, *, epochs: bool = True) -> None:
        self.console, self.epochs = console, epochs
        self.total = self.begun = 0

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        self.total, self.begun = runs, 0
        if runs and self.epochs:
            self.note(f"{name}: {counted(runs, 'run')} to train, about {duration(seconds)} on this machine")

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)

    @contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        self.begun += 1
        yield _RunLines(self, f"[{self.begun}/{self.total}] {label}, seed {seed}", epochs)

    def study_ends(self) -> None: ...


class _RunLines:
    def __init__(self, lines: Lines, title: str, epochs: int) -> None:
        self.lines, self.title, self.epochs = lines, title, epochs

    def epoch_ends(self, epoch: EpochLine) -> None:
        if self.lines.epochs:
            line = f"epoch {epoch.epoch}/{self.epochs}, {_scores(epoch)}, {epoch.seconds:.1f} s"
            self.lines.note(f"{self.title}: {line}")

    def run_ends(self, metrics: Metrics) -> None:
        self.lines.note(f"{self.title}: {_ending(metrics)}")


class Bars:
    """Live bars of the study and of each run, and of the epoch while there is one run; what is over stays above."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (_words("description"), BarColumn(bar_width=30), _words("fields[done]"))
        self.upper = Progress(*columns, TimeElapsedColumn(), _Left(), console=console)
        self.lower = Progress(*columns, _words("fields[scores]"), console=console)
        self.study_bar = self.upper.add_task("", done="")
        self.epoch_bar = self.lower.add_task("    epoch", done="", scores="", visible=False)
        self.running: list[_RunBar] = []
        self.runs = self.ended = 0
        self.past = 0.0  # seconds of work in runs that are over
        self.live = Live(console=console, get_renderable=self._draw, refresh_per_second=5, transient=True)

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        if runs:
            self.runs, self.ended, self.past = runs, 0, 0.0
            self.upper.reset(self.study_bar, description=name, total=seconds)
            self.live.start()

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, emoji=False, highlight=False)

    @contextmanager
    def run(self, label: str, seed: int, epochs: int, pace: Pace, seconds: float) -> Iterator[RunWatch]:
        run = _RunBar(self, f"{label}, seed {seed}", epochs, pace, seconds)
        self.running = [*self.running, run]  # a new list each time: rich's thread may be going through the old one
        try:
            yield run
        finally:
            self.running = [other for other in self.running if other is not run]
            self.lower.remove_task(run.bar)
            self.past += run.seconds

    def study_ends(self) -> None:
        if self.live.is_started:
            self.live.stop()

    def _draw(self) -> Group:
        """Called by rich's own thread a few times per second; it only reads how far the runs are."""
        running = self.running
        for run in running:
            self.lower.update(run.bar, completed=run.epochs * run.share, done=f"{run.epoch}/{run.epochs} epochs")
        alone = running[0].pace if len(running) == 1 and running[0].pace.steps else None
        self.lower.update(self.epoch_bar, visible=alone is not None)
        if alone:
            done = f"{alone.step}/{alone.steps} steps"
            self.lower.update(self.epoch_bar, total=alone.steps, completed=alone.step, done=done)
        work = self.past + sum(run.seconds * run.share for run in running)
        self.upper.update(self.study_bar, completed=work, done=f"{self.ended}/{self.runs} runs")
        return Group(self.upper, self.lower)


class _RunBar:
    def __init__(self, bars: Bars, title: str, epochs: int, pace: Pace, seconds: float) -> None:
        self.bars, self.title, self.epochs, self.pace, self.seconds = bars, title, epochs, pace, seconds
        self.epoch = 0
        self.bar = bars.lower.add_task("  " + title, total=epochs, done="", scores="")

    @property
    def share(self) -> float:
        """Of the run that is done, in [0, 1]."""
        within = self.pace.step / self.pace.steps if self.pace.steps else 0.0
        return min(1.0, (self.epoch + within) / self.epochs)

    def epoch_ends(self, epoch: EpochLine) -> None:
        self.epoch = epoch.epoch
        self.bars.lower.update(self.bar, scores=_scores(epoch))

    def run_ends(self, metrics: Metrics) -> None:
        self.bars.ended += 1
        self.bars.note(f"{self.title}: {_ending(metrics)}")


def _words(what: str) -> TextColumn:
    """A column of text that is shown as it is: a name may look like rich's markup."""
    return TextColumn(f"{{task.{what}}}", markup=False)


class _Left(ProgressColumn):
    """Time left, from the share of the expected work that is done."""

    def render(self, task: Task) -> Text:
        if not task.completed or not task.total or task.elapsed is None:
            return Text("")
        return Text(f"about {duration(task.elapsed * (task.total - task.completed) / task.completed)} left")


def _scores(epoch: EpochLine) -> str:
    trained = f"loss {epoch.loss:.4f}, accuracy {100 * epoch.accuracy:.2f} %"
    return trained if epoch.val_accuracy is None else f"{trained}, validation {100 * epoch.val_accuracy:.2f} %"


def _ending(metrics: Metrics) -> str:
    """How a training ended, in words."""
    if metrics.status == "diverged":
        return f"diverged. {metrics.message}"
    kept = f"kept epoch {metrics.kept_epoch} of {metrics.epochs} ({metrics.kept})"
    score = f"validation {100 * metrics.validation.accuracy:.2f} %, " if metrics.validation else ""
    return ". ".join([f"done, {score}{kept}, {duration(metrics.seconds.total)}", *metrics.remarks])
