"""Progress of a study: lines, or bars on a terminal; names appear as they were given."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from seedtrial.cli.progress import Bars, Lines
from seedtrial.data.dataset import Dataset
from seedtrial.execution.execute import execute
from seedtrial.models.learner import Learner
from seedtrial.runs.metrics import EpochLine, Metrics
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.study.study import Study
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare

EPOCH = EpochLine(
    epoch=1, loss=0.5, accuracy=0.75, seconds=1, images_per_second=48, rate=0.1, val_accuracy=0.8125, val_loss=0.4
)
STRANGE = ["[red]x", "[/x]", "\\[red]x", "[link=x]y", "a {0} b", ":bug: 100 %", "Übung\u2013ß"]


class Screen:
    """A terminal that remembers what was written on it, wide enough for whole lines."""

    def __init__(self) -> None:
        self.file = io.StringIO()
        self.console = Console(file=self.file, force_terminal=True, width=200, legacy_windows=False)

    def text(self) -> str:
        """All that was written, without colours and cursor moves."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.file.getvalue())


@pytest.fixture
def learner(tiny: Dataset, tiny_recipe: Recipe, engine: Engine) -> Learner:
    """One that has begun: 2 of 3 steps of its first epoch are done."""
    learner = prepare(
        tiny_recipe.model, tiny_recipe.training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0)
    )
    learner.step, learner.steps = 2, 3
    return learner


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def bars(screen: Screen) -> Iterator[Bars]:
    """Bars that are put away in the end, whatever a test does with them."""
    bars = Bars(screen.console)
    yield bars
    bars.study_ends()


def lines_of(study: Study, runs: Path) -> list[str]:
    """What an execution tells, line by line, in a file."""
    file = io.StringIO()
    execute(study, runs=runs, watch=Lines(Console(file=file, width=40)))
    return file.getvalue().splitlines()


def test_lines_show_the_study_then_one_line_per_epoch_and_per_run(tiny_study: Study, runs: Path) -> None:
    data, first, *lines = lines_of(tiny_study.varied(seeds=1), runs)
    assert data.endswith("blocks: 48 train, 16 validation, 24 test images, 3 classes")
    assert first == "tiny: 2 runs to train, about 1 s on this machine"
    patterns = [
        rf"\[{run}/2\] {label}, seed 0: {said}"
        for run, label in ((1, "linear"), (2, "dense"))
        for said in (
            r"epoch 1/2, loss \d\.\d{4}, accuracy [\d.]+ %, validation [\d.]+ %, \d+\.\d s",
            r"epoch 2/2, loss \d\.\d{4}, accuracy [\d.]+ %, validation [\d.]+ %, \d+\.\d s",
            r"done, validation [\d.]+ %, kept epoch 2 of 2 \(last\), \d+ s",
        )
    ]
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), line


def test_a_study_that_is_done_shows_no_progress(tiny_study: Study, runs: Path) -> None:
    execute(tiny_study, runs=runs)
    assert lines_of(tiny_study, runs) == []


def test_without_validation_images_lines_tell_of_none(tiny_study: Study, runs: Path) -> None:
    _, *lines = lines_of(tiny_study.varied(settings=["data.validation=null"], seeds=1), runs)
    assert lines and not any("validation" in line for line in lines)


def test_a_diverged_run_is_told_with_its_reason(diverging: Recipe, runs: Path) -> None:
    study = Study(name="wild", question="?", recipes={"wild": diverging}, seeds=1)
    assert "[1/1] wild, seed 0: diverged. Loss is" in lines_of(study, runs)[-1]


@pytest.mark.parametrize("label", STRANGE)
def test_lines_show_a_label_as_it_was_given(tiny_recipe: Recipe, runs: Path, label: str) -> None:
    study = Study(name="strange", question="?", recipes={label: tiny_recipe}, seeds=1)
    assert lines_of(study, runs)[-1].startswith(f"[1/1] {label}, seed 0: done")


@pytest.mark.parametrize("label", STRANGE)
def test_bars_show_a_label_as_it_was_given(learner: Learner, bars: Bars, screen: Screen, label: str) -> None:
    bars.study_begins("tiny", 1, 10.0)
    with bars.run(label, 0, 2, learner, 10.0):
        bars.live.refresh()
    assert f"  {label}, seed 0 " in screen.text()


@pytest.mark.parametrize("label", STRANGE)
def test_notes_above_the_bars_show_a_label_as_it_was_given(bars: Bars, screen: Screen, label: str) -> None:
    bars.study_begins("tiny", 1, 10.0)
    bars.note(f"{label} is large")
    assert f"{label} is large" in screen.text()


def test_bars_show_the_study_the_run_and_the_epoch_with_validation_accuracy_and_time_left(
    learner: Learner, bars: Bars, screen: Screen
) -> None:
    bars.study_begins("tiny", 3, 30.0)
    with bars.run("dense", 0, 2, learner, 10.0) as run:
        run.epoch_ends(EPOCH)
        bars.live.refresh()
    shown = screen.text()
    assert re.search(r"tiny .* 0/3 runs .* about \d+ s left", shown)
    assert re.search(r"dense, seed 0 .* 1/2 epochs .*validation 81.25 %", shown)
    assert re.search(r"epoch .* 2/3 steps", shown)


def test_finished_runs_stay_above_the_bars(tiny_study: Study, runs: Path, screen: Screen) -> None:
    outcome = execute(tiny_study, runs=runs, watch=Bars(screen.console))
    assert outcome.trained == 4
    done = re.findall(r"(linear|dense), seed (\d): done, validation", screen.text())
    assert done == [("linear", "0"), ("dense", "0"), ("linear", "1"), ("dense", "1")]


def test_bars_leave_the_cursor_as_it_was(tiny_study: Study, runs: Path, screen: Screen) -> None:
    execute(tiny_study, runs=runs, watch=Bars(screen.console))
    written = screen.file.getvalue()
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0


def test_bars_of_nothing_show_nothing(bars: Bars, screen: Screen) -> None:
    bars.study_begins("tiny", 0, 0.0)
    bars.study_ends()
    assert screen.text() == ""


def test_a_diverged_run_counts_as_done_above_and_in_the_bars(learner: Learner, bars: Bars, screen: Screen) -> None:
    bars.study_begins("wild", 2, 20.0)
    with bars.run("wild", 0, 2, learner, 10.0) as run:
        run.run_ends(Metrics(status="diverged", seed=0, message="Loss is nan."))
    bars.live.refresh()
    assert "wild, seed 0: diverged. Loss is nan." in screen.text()
    assert "1/2 runs" in screen.text()


def test_runs_that_go_on_at_once_have_a_bar_each_and_the_epoch_none(
    learner: Learner, bars: Bars, screen: Screen
) -> None:
    bars.study_begins("tiny", 2, 20.0)
    with bars.run("dense", 0, 2, learner, 10.0), bars.run("conv", 1, 4, learner, 10.0) as conv:
        conv.epoch_ends(EPOCH)
        bars.live.refresh()
        shown = screen.text()
        assert re.search(r"dense, seed 0 .* 0/2 epochs", shown) and re.search(r"conv, seed 1 .* 1/4 epochs", shown)
        assert "3 steps" not in shown


def test_a_run_that_broke_off_leaves_no_bar(learner: Learner, bars: Bars, screen: Screen) -> None:
    bars.study_begins("tiny", 2, 20.0)
    with pytest.raises(MemoryError), bars.run("dense", 0, 2, learner, 10.0):
        raise MemoryError
    before = len(screen.text())
    bars.live.refresh()
    assert "dense" not in screen.text()[before:]
