"""What is told while a study runs: bars on a terminal, plain lines elsewhere, nothing when nobody listens."""

from typing import Any, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from lookbook.models.learner import Epoch, Learner
from lookbook.study.estimate import clock
from lookbook.study.recipe import Recipe


class Watch(Protocol):
    """Who is told of a study's progress."""

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        """So many runs are to be made, which may take so many seconds."""

    def note(self, text: str) -> None:
        """Something that the user may want to know."""

    def run_begins(self, label: str, seed: int, recipe: Recipe, learner: Learner, seconds: float) -> None:
        """A run begins, which may take so many seconds; the learner's `step` and `steps` say how far an epoch is."""

    def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None:
        """A pass is over; scores are those on the validation images, if there are any."""

    def run_ends(self, told: dict[str, Any]) -> None:
        """The run is over; told is what its metrics.json says."""

    def study_ends(self) -> None:
        """All is over, for better or worse."""


class Silent:
    """Tells nobody."""

    def study_begins(self, name: str, runs: int, seconds: float) -> None: ...
    def note(self, text: str) -> None: ...
    def run_begins(self, label: str, seed: int, recipe: Recipe, learner: Learner, seconds: float) -> None: ...
    def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None: ...
    def run_ends(self, told: dict[str, Any]) -> None: ...
    def study_ends(self) -> None: ...


class Lines:
    """One plain line per epoch and per run."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.total = self.run = self.epochs = 0
        self.title = ""

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        self.total = runs
        if runs:
            self.note(f"{name}: {runs} run{'s' if runs > 1 else ''} to make, about {clock(seconds)} on this machine")

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def run_begins(self, label: str, seed: int, recipe: Recipe, learner: Learner, seconds: float) -> None:
        self.run += 1
        self.title, self.epochs = f"[{self.run}/{self.total}] {label}, seed {seed}", recipe.training.epochs

    def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None:
        self.note(f"{self.title}: epoch {epoch.epoch}/{self.epochs}, {_scores(epoch, scores)}, {epoch.seconds:.1f} s")

    def run_ends(self, told: dict[str, Any]) -> None:
        self.note(f"{self.title}: {_outcome(told)}")

    def study_ends(self) -> None: ...


class Bars:
    """Three live bars, of the study, the run and the epoch; finished runs stay above them as lines."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.learner: Learner | None = None
        self.epoch = self.epochs = 0
        self.past = self.expected = 0.0  # seconds of work: in finished runs, and in the present one
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[done]}"))
        self.study = Progress(*columns, TimeElapsedColumn(), _Left(), console=console)
        self.inner = Progress(*columns, TextColumn("{task.fields[scores]}"), console=console)
        self.live = Live(console=console, get_renderable=self._draw, refresh_per_second=5, transient=True)
        self.title = ""

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        if not runs:
            return
        self.runs, self.run = runs, 0
        self.study.add_task(_plain(name), total=seconds, done=f"0/{runs} runs")
        self.inner.add_task("", total=None, done="", scores="")
        self.inner.add_task("", total=None, done="", scores="")
        self.live.start()

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False)

    def run_begins(self, label: str, seed: int, recipe: Recipe, learner: Learner, seconds: float) -> None:
        self.title, self.learner, self.expected = f"{label}, seed {seed}", learner, seconds
        self.epoch, self.epochs = 0, recipe.training.epochs
        self._update(1, description="  " + _plain(self.title), total=self.epochs, completed=0, scores="")

    def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None:
        self.epoch = epoch.epoch
        self._update(1, scores=_scores(epoch, scores))

    def run_ends(self, told: dict[str, Any]) -> None:
        self.past += self.expected
        self.expected, self.learner = 0.0, None
        self.run += 1
        self.note(f"{self.title}: {_outcome(told)}")

    def study_ends(self) -> None:
        if self.live.is_started:
            self.live.stop()

    def _draw(self) -> Group:
        """Called by rich's own thread a few times per second; it only reads where the learner is."""
        learner = self.learner
        within = learner.step / learner.steps if learner is not None and learner.steps else 0.0
        share = (self.epoch + within) / self.epochs if self.epochs and learner is not None else 0.0
        self.study.update(
            self.study.task_ids[0],
            completed=self.past + self.expected * min(share, 1.0),
            done=f"{self.run}/{self.runs} runs",
        )
        self._update(1, completed=self.epoch, done=f"epoch {min(self.epoch + 1, self.epochs)}/{self.epochs}")
        if learner is not None:
            self._update(2, description="  steps", total=learner.steps, completed=learner.step, done=f"{learner.steps}")
        return Group(self.study, self.inner)

    def _update(self, row: int, **fields: Any) -> None:
        self.inner.update(self.inner.task_ids[row - 1], **fields)


class _Left(ProgressColumn):
    """Time left, from the share of the expected work that is done."""

    def render(self, task: Task) -> Text:
        if not task.completed or not task.total or task.elapsed is None:
            return Text("")
        return Text(f"about {clock(task.elapsed * (task.total - task.completed) / task.completed)} left")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")  # not rich markup


def _scores(epoch: Epoch, scores: dict[str, float]) -> str:
    told = f"loss {epoch.loss:.4f}, accuracy {100 * epoch.accuracy:.2f} %"
    return told + (f", validation {100 * scores['val_accuracy']:.2f} %" if scores else "")


def _outcome(told: dict[str, Any]) -> str:
    if told["status"] == "diverged":
        return f"diverged. {told['message']}"
    validation = told["scores"].get("validation")
    chosen = f"kept epoch {told['kept_epoch']} of {told['epochs']} ({told['kept']})"
    score = f"validation {100 * validation['accuracy']:.2f} %, " if validation else ""
    return f"done, {score}{chosen}, {clock(told['seconds']['total'])}"
