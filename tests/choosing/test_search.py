"""The search: what it trains, what it remembers, and that the test images stay sealed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedtrial.choosing.bench import Bench
from seedtrial.choosing.candidates import Candidate
from seedtrial.choosing.deadline import Budget, TimeIsUp, Until
from seedtrial.choosing.finals import finalists, study_file
from seedtrial.choosing.memory import Memory
from seedtrial.choosing.ranges import Options, Range
from seedtrial.choosing.search import Search
from seedtrial.choosing.trial import Trial
from seedtrial.data.dataset import Dataset
from seedtrial.errors import SeedtrialError
from seedtrial.models import Dense, Linear, Majority
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.watch import Silent
from seedtrial.spec import override
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.training.prepare import usual


class Notes(Silent):
    """Keeps the labels of the runs that began."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    def run(self, label, seed, epochs, pace, seconds):  # type: ignore[no-untyped-def]
        self.begun.append(label)
        return super().run(label, seed, epochs, pace, seconds)


@pytest.fixture
def candidates(tiny_recipe: Recipe) -> list[Candidate]:
    training = tiny_recipe.training.model_copy(update={"epochs": 9})
    rate = Range("training.optimiser.rate", 0.001, 0.1, 0.01)
    width = Options("width", {"narrow": ("model.widths=[4]",), "usual": ()}, "usual")
    return [
        Candidate("majority", Recipe(data=tiny_recipe.data, model=Majority(), training=usual(Majority())), grows=False),
        Candidate("linear", Recipe(data=tiny_recipe.data, model=Linear(), training=training), (rate,)),
        Candidate(
            "dense",
            Recipe(data=tiny_recipe.data, model=Dense(widths=(16,)), training=training),
            (rate, width),
            ({}, {"width": "narrow"}),
        ),
    ]


@pytest.fixture
def bench(tiny: Dataset, runs: Path) -> Bench:
    return Bench("search", tiny, runs, Notes(), "cpu", 1)


def searched(candidates: list[Candidate], bench: Bench, file: Path, *, seconds: float = 60, most: float = 60) -> Search:
    search = Search(candidates, bench, Memory(file, candidates), most=most, jobs=1)
    import time

    search._bracket(search._first(), Budget(time.monotonic(), seconds), 1.0)
    return search


def test_every_candidate_is_tried_and_the_best_are_trained_longest(
    candidates: list[Candidate], bench: Bench, tmp_path: Path
) -> None:
    search = searched(candidates, bench, tmp_path / "search.sqlite3")
    assert {trial.candidate.name for trial in search.trials} == {"majority", "linear", "dense"}
    assert [trial.candidate.name for trial in search.trials].count("dense") == 2
    best = search.best()[0]
    assert best.state == "full length" and best.accuracy >= max(trial.accuracy for trial in search.trials)
    assert best.at(best.rung).training.epochs == 9
    assert search.trials[0].state == "full length"  # the majority class has one length only


def test_no_test_image_is_touched(candidates: list[Candidate], bench: Bench, runs: Path, tmp_path: Path) -> None:
    searched(candidates, bench, tmp_path / "search.sqlite3")
    assert not list(runs.glob("*.ledger.jsonl")) and not list(runs.glob("*/test.json"))


def test_a_second_search_knows_the_trials_of_the_first_and_trains_nothing_twice(
    candidates: list[Candidate], bench: Bench, tmp_path: Path
) -> None:
    first = searched(candidates, bench, tmp_path / "search.sqlite3")
    notes = bench.watch
    assert isinstance(notes, Notes)
    begun = len(notes.begun)
    second = searched(candidates, bench, tmp_path / "search.sqlite3")
    assert len(notes.begun) == begun and len(second.memory.study.trials) == len(first.trials)
    assert [trial.accuracies for trial in second.trials] == [trial.accuracies for trial in first.trials]


def test_the_memory_has_sampler_version_states_and_intermediate_values(
    candidates: list[Candidate], bench: Bench, tmp_path: Path
) -> None:
    searched(candidates, bench, tmp_path / "search.sqlite3")
    with sqlite3.connect(tmp_path / "search.sqlite3") as database:
        states = [state for (state,) in database.execute("select state from trials")]
        (sampler,) = database.execute("select value_json from study_user_attributes where key = 'sampler'").fetchone()
        (values,) = database.execute("select count(*) from trial_intermediate_values").fetchone()
    assert "TPE, seed 0, Optuna 5" in json.loads(sampler)
    assert set(states) == {"COMPLETE", "PRUNED"} and values >= len(states)


def test_a_trial_that_was_cut_off_has_failed(candidates: list[Candidate], bench: Bench, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "search.sqlite3", candidates)
    memory.ask(candidates[1])  # and the process is killed
    again = Memory(tmp_path / "search.sqlite3", candidates)
    assert again.trials == [] and [trial.state.name for trial in again.study.trials] == ["FAIL"]


def test_a_search_goes_on_where_the_candidates_have_changed(
    candidates: list[Candidate], bench: Bench, tmp_path: Path
) -> None:
    searched(candidates, bench, tmp_path / "search.sqlite3")
    notes = bench.watch
    assert isinstance(notes, Notes)
    begun = len(notes.begun)
    fewer = searched(candidates[:2], bench, tmp_path / "search.sqlite3")
    assert {trial.candidate.name for trial in fewer.trials} == {"majority", "linear"}
    assert all(trial.accuracies for trial in fewer.trials) and len(notes.begun) <= begun + 2


def test_what_would_take_too_long_is_named(candidates: list[Candidate], bench: Bench, tmp_path: Path) -> None:
    search = searched(candidates, bench, tmp_path / "search.sqlite3", most=1e-9)
    assert search.skipped.keys() == {"majority", "linear", "dense"} and search.trials == []
    assert "a training would take about" in search.skipped["linear"]


def test_a_file_that_is_no_search_is_named(candidates: list[Candidate], tmp_path: Path) -> None:
    (tmp_path / "search.sqlite3").write_text("no database", encoding="utf-8")
    with pytest.raises(SeedtrialError, match="search.sqlite3 cannot be read as the record of a search"):
        Memory(tmp_path / "search.sqlite3", candidates)


def test_time_that_is_up_ends_a_training_and_what_is_finished_counts(
    candidates: list[Candidate], tiny: Dataset, runs: Path
) -> None:
    bench = Bench("search", tiny, runs, Silent(), "cpu", 1)
    assert bench.train({"linear": candidates[1].recipe}, seconds=0) == {}
    assert bench.train({"linear": candidates[1].recipe}, seconds=60)["linear"].accuracy is not None
    assert bench.train({"linear": candidates[1].recipe}, seconds=0)["linear"].accuracy is not None
    with pytest.raises(TimeIsUp):
        Until(Silent(), -1).check()


def trial(candidate: Candidate, accuracy: float) -> Trial:
    return Trial(0, candidate, (), candidate.recipe, {2: accuracy}, {2: 1.0})


def test_a_longer_training_is_never_shorter_than_what_was_trained_already(candidates: list[Candidate]) -> None:
    eighteen = override(candidates[1].recipe, ["training.epochs=18"])
    slow = Trial(0, candidates[1], (), eighteen, {0: 0.8}, {0: 60.0})  # 2 epochs took a minute
    slow.recipe = slow.no_shorter(override(eighteen, ["training.epochs=4"]), 1)  # for 4 in all there would be time
    assert slow.recipe.training.epochs == 6 and slow.at(1).training.epochs == 2


def test_the_simplest_of_equally_good_candidates_is_the_best(candidates: list[Candidate]) -> None:
    majority, linear, dense = candidates
    final = finalists([trial(dense, 0.9), trial(linear, 0.9), trial(majority, 0.3)], candidates, 1000)
    assert final.best.candidate is linear and final.simplest is None
    assert final.runner_up is not None and final.runner_up.candidate is dense


def test_a_simpler_candidate_within_a_standard_error_becomes_a_finalist(candidates: list[Candidate]) -> None:
    majority, linear, dense = candidates
    final = finalists([trial(dense, 0.90), trial(linear, 0.88), trial(majority, 0.3)], candidates, 100)
    assert [each.candidate.name for each in final.all] == ["dense", "linear"]
    assert final.simplest is not None and final.simplest.candidate is linear


def test_the_study_file_has_the_same_runs(
    candidates: list[Candidate], bench: Bench, runs: Path, tmp_path: Path
) -> None:
    search = searched(candidates, bench, tmp_path / "search.sqlite3")
    study = finalists(search.best(), candidates, 16).study("mine", 'odd "data" \\ name', 2)
    path = tmp_path / "study.py"
    path.write_text(study_file(study, how='seedtrial choose "x"'), encoding="utf-8")
    loaded = load_study(str(path))
    assert loaded.question == study.question and loaded.claims == study.claims
    folders = [[item.folder.path for item in plan(each, runs).runs] for each in (study, loaded)]
    assert folders[0] == folders[1]


def test_a_search_on_a_full_disk_says_so_and_not_that_its_record_is_broken(
    candidates: list[Candidate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk of 40 kB the advice was to move the good record away."""
    memory = Memory(tmp_path / "search.sqlite3", candidates)

    def full(*_: object) -> None:
        with closing(sqlite3.connect(tmp_path / "small.sqlite3")) as database:
            database.execute("pragma max_page_count = 1")
            try:
                database.execute("create table a (b)")
            except sqlite3.Error as error:
                raise RuntimeError("what Optuna makes of it") from error

    monkeypatch.setattr(memory.study, "enqueue_trial", full)
    with pytest.raises(OSError, match="No space left on device: .*search.sqlite3"):
        memory.ask(candidates[1])
