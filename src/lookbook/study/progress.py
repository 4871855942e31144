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
        self.console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)

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
        columns = (_words("description"), BarColumn(bar_width=30), _words("fields[done]"))
        self.upper = Progress(*columns, TimeElapsedColumn(), _Left(), console=console)
        self.lower = Progress(*columns, _words("fields[scores]"), console=console)
        self.study_bar = self.upper.add_task("", done="")
        self.run_bar = self.lower.add_task("", done="", scores="")
        self.epoch_bar = self.lower.add_task("", done="", scores="")
        self.learner: Learner | None = None
        self.title = ""
        self.runs = self.run = self.epochs = self.epoch = 0
        self.past = self.expected = 0.0  # seconds of work: in finished runs, and in the present one
        self.live = Live(console=console, get_renderable=self._draw, refresh_per_second=5, transient=True)

    def study_begins(self, name: str, runs: int, seconds: float) -> None:
        if runs:
            self.runs = runs
            self.upper.reset(self.study_bar, description=name, total=seconds)
            self.live.start()

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, emoji=False, highlight=False)

    def run_begins(self, label: str, seed: int, recipe: Recipe, learner: Learner, seconds: float) -> None:
        self.title, self.learner, self.expected = f"{label}, seed {seed}", learner, seconds
        self.epoch, self.epochs = 0, recipe.training.epochs
        self.lower.update(self.run_bar, description="  " + self.title, total=self.epochs, scores="")

    def epoch_ends(self, epoch: Epoch, scores: dict[str, float]) -> None:
        self.epoch = epoch.epoch
        self.lower.update(self.run_bar, scores=_scores(epoch, scores))

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
        if learner is not None and learner.steps:
            share = min(1.0, (self.epoch + learner.step / learner.steps) / self.epochs)
            self.upper.update(self.study_bar, completed=self.past + self.expected * share)
            self.lower.update(self.run_bar, completed=self.epoch, done=f"{self.epoch}/{self.epochs} epochs")
            steps = f"{learner.step}/{learner.steps} steps"
            self.lower.update(
                self.epoch_bar, description="    epoch", total=learner.steps, completed=learner.step, done=steps
            )
        self.upper.update(self.study_bar, done=f"{self.run}/{self.runs} runs")
        return Group(self.upper, self.lower)


def _words(what: str) -> TextColumn:
    """A column of text that is shown as it is: a name may look like rich's markup."""
    return TextColumn(f"{{task.{what}}}", markup=False)


class _Left(ProgressColumn):
    """Time left, from the share of the expected work that is done."""

    def render(self, task: Task) -> Text:
        if not task.completed or not task.total or task.elapsed is None:
            return Text("")
        return Text(f"about {clock(task.elapsed * (task.total - task.completed) / task.completed)} left")


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
