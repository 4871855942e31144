"""Every executor keeps the contract, and a run that was trained elsewhere comes home whole or not at all."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ledgers import openings
from seedtrial.errors import SeedtrialError
from seedtrial.execution.attempt import Attempt, Setup
from seedtrial.execution.execute import execute
from seedtrial.execution.executors import EXECUTORS
from seedtrial.execution.transfer import folder_files, put_folder
from seedtrial.runs.record import folder
from seedtrial.runs.run import run, train
from seedtrial.runs.trained import Run
from seedtrial.runs.watch import Watch
from seedtrial.study.plan import Planned, plan
from seedtrial.study.study import Study


def weights(study: Study, runs: Path) -> dict[str, bytes]:
    return {item.folder.path.name: item.folder.weights.read_bytes() for item in plan(study, runs).runs}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_executor_trains_the_same_runs_bit_for_bit(tiny_study: Study, runs: Path, executor: str) -> None:
    execution = execute(tiny_study, runs=runs / executor, jobs=2, executor=executor)
    assert (execution.trained, execution.failed) == (4, ())
    for item in plan(tiny_study, runs / "alone").runs:
        run(item.recipe, item.seed, runs=runs / "alone")
    assert weights(tiny_study, runs / executor) == weights(tiny_study, runs / "alone")
    ledger = openings(runs / executor)
    assert len(ledger) == len({entry["reason"] for entry in ledger}) == 4


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_executor_goes_on_after_a_failed_run(tiny_study: Study, runs: Path, executor: str) -> None:
    blocked = plan(tiny_study, runs).runs[0].folder.path
    runs.mkdir()
    blocked.write_text("a file where the folder should be")
    execution = execute(tiny_study, runs=runs, executor=executor)
    assert execution.trained == 3
    ((item, reason),) = execution.failed
    assert (item.label, item.seed) == ("linear", 0) and "Cannot make the folder" in reason


def test_an_unknown_executor_is_refused_with_the_nearest_name(tiny_study: Study, runs: Path) -> None:
    with pytest.raises(SeedtrialError, match="There is no executor 'proceses'. Did you mean 'processes'?"):
        execute(tiny_study, runs=runs, executor="proceses")


@pytest.mark.parametrize("damaged", [False, True])
def test_a_run_trained_elsewhere_comes_home_as_bytes(
    tiny_study: Study, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    def elsewhere(
        todo: Sequence[Planned], setup: Setup, *, jobs: int, watch: Watch
    ) -> Generator[tuple[Planned, Attempt], None, None]:
        """A machine that cannot write to our folder."""
        there = replace(setup, runs=tmp_path / "there")
        for item in todo:
            dataset, order = there.dataset(item), there.order(item, wait=True)
            trained = train(item.recipe, item.seed, order, dataset=dataset, watch=watch)
            files = folder_files(trained.folder)
            if damaged and item.seed == 1:
                files["weights.safetensors"] = files["weights.safetensors"][:-1]
            yield item, replace(Attempt.ended(trained), files=files)

    monkeypatch.setitem(EXECUTORS, "elsewhere", elsewhere)
    execution = execute(tiny_study, runs=runs, executor="elsewhere")
    states = [item.state for item in execution.plan.runs]
    if damaged:
        assert (execution.trained, states) == (2, ["finished"] * 2 + ["failed"] * 2)
        assert all("is not that run, finished and undamaged" in reason for _, reason in execution.failed)
        assert execute(tiny_study, runs=runs).trained == 2
    else:
        assert (execution.trained, states) == (4, ["finished"] * 4)
    assert weights(tiny_study, runs) == weights(tiny_study, tmp_path / "there")
    assert len(openings(runs)) == 4  # examined at home, whoever trained
    assert not list((tmp_path / "there").glob("*.ledger.jsonl"))


def test_files_of_another_run_are_refused_and_leave_nothing(examined: Run, tmp_path: Path) -> None:
    other = folder(tmp_path / "other", examined.recipe, 1, examined.facts)
    other.path.parent.mkdir()
    with pytest.raises(SeedtrialError, match="is not that run, finished and undamaged"):
        put_folder(other, folder_files(examined.folder))
    assert not other.path.exists() and not list(other.path.parent.glob(".arriving/*"))


def test_a_file_name_cannot_lead_out_of_the_folder(examined: Run, tmp_path: Path) -> None:
    other = folder(tmp_path / "other", examined.recipe, 0, examined.facts)
    other.path.parent.mkdir()
    with pytest.raises(SeedtrialError, match="'../evil' is not the name of a file in a run's folder"):
        put_folder(other, folder_files(examined.folder) | {"../evil": b""})
    assert [path.name for path in other.path.parent.iterdir() if path.name[0] != "."] == []


def test_a_finished_run_is_not_replaced(examined: Run) -> None:
    files = folder_files(examined.folder)
    before = examined.folder.metrics.stat().st_mtime_ns
    put_folder(examined.folder, files)
    assert examined.folder.metrics.stat().st_mtime_ns == before


def test_an_unfinished_run_has_no_files_to_send(tiny_study: Study, runs: Path) -> None:
    with pytest.raises(SeedtrialError, match="is not a finished run"):
        folder_files(plan(tiny_study, runs).runs[0].folder)
