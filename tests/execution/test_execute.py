"""Missing runs are trained once, failures do not stop the others, and a study that cannot work trains nothing."""

import errno
import io
import re
import resource
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from ledgers import openings
from seedtrial.cli.progress import Lines
from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import Execution, execute
from seedtrial.execution.room import bytes_needed, jobs_that_fit, smaller, too_large
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.record import Folder
from seedtrial.runs.watch import Silent
from seedtrial.spec import override
from seedtrial.study.plan import Planned, plan
from seedtrial.study.study import Study


def everything(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """All files of a folder with time and content, locks left out."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def executed(study: Study, runs: Path) -> tuple[Execution, str]:
    """An execution, and what it prints."""
    file = io.StringIO()
    return execute(study, runs=runs, watch=Lines(Console(file=file, width=200))), file.getvalue()


def test_a_study_is_trained_and_a_second_time_nothing_is_left_to_train(tiny_study: Study, runs: Path) -> None:
    first = execute(tiny_study, runs=runs)
    assert (first.trained, first.failed) == (4, ())
    assert [item.state for item in first.plan.runs] == ["finished"] * 4
    before = everything(runs)
    second = execute(tiny_study, runs=runs)
    assert (second.trained, second.failed, everything(runs)) == (0, (), before)


def test_the_ledger_has_one_opening_per_run(tiny_study: Study, runs: Path) -> None:
    execute(tiny_study, runs=runs)
    reasons = [entry["reason"] for entry in openings(runs)]
    assert reasons == [f"score {label}, seed {seed}" for seed in (0, 1) for label in ("linear", "dense")]


def test_only_what_is_missing_is_trained(tiny_study: Study, runs: Path) -> None:
    first = execute(tiny_study.varied(seeds=1), runs=runs)
    kept = everything(first.plan.runs[0].folder.path)
    more = execute(tiny_study, runs=runs)
    assert (first.trained, more.trained) == (2, 2)
    assert everything(first.plan.runs[0].folder.path) == kept


def test_overrides_give_folders_of_their_own(tiny_study: Study, runs: Path) -> None:
    plain = execute(tiny_study, runs=runs)
    short = execute(tiny_study.varied(settings=["training.epochs=1"]), runs=runs)
    folders = [{item.folder.path for item in execution.plan.runs} for execution in (plain, short)]
    assert short.trained == 4 and not folders[0] & folders[1]


def test_a_recipe_of_two_studies_is_trained_once(tiny_study: Study, runs: Path) -> None:
    execute(tiny_study, runs=runs)
    other = Study(name="other", question="?", recipes={"the same": tiny_study.recipes["dense"]}, seeds=2)
    assert execute(other, runs=runs).trained == 0
    assert {entry["study"] for entry in openings(runs)} == {"tiny"}


def test_a_recipe_of_two_names_is_trained_once(tiny_recipe: Recipe, runs: Path) -> None:
    study = Study(name="twins", question="?", recipes={"one": tiny_recipe, "two": tiny_recipe}, seeds=1)
    execution = execute(study, runs=runs)
    assert [item.state for item in execution.plan.runs] == ["finished"] * 2
    assert len(openings(runs)) == 1
    assert execution.trained == 1


def test_a_run_that_breaks_off_fails_with_a_reason_while_the_others_are_trained(tiny_study: Study, runs: Path) -> None:
    runs.mkdir()
    blocked = plan(tiny_study, runs).of("dense")[0].folder.path
    blocked.write_text("in the way")
    execution, said = executed(tiny_study, runs)
    assert execution.trained == 3
    assert [item.state for item in execution.plan.of("linear")] == ["finished"] * 2
    assert "dense, seed 0: failed." in said
    ((item, reason),) = execution.failed
    assert (item.label, item.seed) == ("dense", 0) and reason
    blocked.unlink()
    assert execute(tiny_study, runs=runs).trained == 1


def test_a_run_too_large_for_the_memory_fails_with_a_way_out(tiny_study: Study, runs: Path) -> None:
    study = tiny_study.varied(settings=["model.widths=[1000000,1000000]"], seeds=1)  # 4 TB of weights
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**40, before[1]))  # where the system promises more than it has
    try:
        execution = execute(study, runs=runs)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    ((item, reason),) = execution.failed
    assert (item.label, item.state) == ("dense", "failed")
    assert re.fullmatch(
        r"It needs about 16,003 GB of memory, but [\d.]+ GB are free: the network has 1,000,069,000,003 parameters; it "
        r"needs fewer\.",
        reason,
    )
    assert [item.state for item in execution.plan.of("linear")] == ["finished"]


def test_a_batch_too_large_for_the_memory_is_named_instead_of_the_network(tiny_recipe: Recipe, runs: Path) -> None:
    wide = override(tiny_recipe, ["training.batch_size=400000"])
    item = plan(Study(name="wide", question="?", recipes={"wide": wide}), runs).runs[0]
    assert f"Out of memory{smaller(item)}" == (
        "Out of memory with batches of 400,000; try --set training.batch_size=200000, "
        "or --jobs 1 if several runs go on at once."
    )


def test_diverged_runs_count_as_done_and_are_among_the_failed(diverging: Recipe, runs: Path) -> None:
    study = Study(name="wild", question="?", recipes={"wild": diverging}, seeds=2)
    first = execute(study, runs=runs)
    assert [item.state for item in first.plan.runs] == ["diverged"] * 2
    assert [reason.split(" in epoch")[0] for _, reason in first.failed][0] in ("Loss is nan", "Loss is inf")
    second = execute(study, runs=runs)
    assert second.trained == 0 and len(second.failed) == 2


def test_weights_that_break_in_the_last_step_do_not_stop_the_other_runs(
    tiny_study: Study, diverging: Recipe, runs: Path
) -> None:
    breaking = override(diverging, ["training.epochs=1", "training.batch_size=1000", "training.optimiser.rate=1e38"])
    study = Study(name="mixed", question="?", recipes={"wild": breaking, **tiny_study.recipes}, seeds=1)
    execution = execute(study, runs=runs)
    assert {item.label: item.state for item in execution.plan.runs if item.label != "wild"} == {
        "linear": "finished",
        "dense": "finished",
    }
    assert [item.label for item, _ in execution.failed] == ["wild"]


def test_a_damaged_folder_stops_a_study_before_anything_is_written(tiny_study: Study, runs: Path) -> None:
    execute(tiny_study.varied(seeds=1), runs=runs)
    damaged = plan(tiny_study, runs).of("dense")[0].folder
    damaged.epochs.write_text("{}\n")
    before = everything(runs)
    with pytest.raises(SeedtrialError, match=f"{damaged.epochs} was changed after the run. Delete {damaged.path}"):
        execute(tiny_study, runs=runs)
    assert everything(runs) == before


@pytest.mark.parametrize(
    "setting, match",
    [
        ("data.source=./nowhere", "nowhere"),
        ("data.validation.size=64", "data.validation.size asks for 64 of 64"),
        ('model={"kind":"conv","blocks":[{"filters":1,"pool_size":9}]}', "9x9 pooling does not fit"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_written(
    tiny_study: Study, runs: Path, setting: str, match: str
) -> None:
    with pytest.raises(SeedtrialError, match=match):
        execute(tiny_study.varied(settings=[setting]), runs=runs)
    assert not runs.exists()


def test_an_unknown_device_is_said_before_anything_is_written(tiny_study: Study, runs: Path) -> None:
    with pytest.raises(SeedtrialError, match="There is no device 'cudo'. Did you mean 'cuda'?"):
        execute(tiny_study, runs=runs, device="cudo")
    assert not runs.exists()


def test_a_runs_folder_that_cannot_be_written_to_is_named(tiny_study: Study, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeedtrialError, match="Cannot write to .*file"):
        execute(tiny_study, runs=tmp_path / "file")


def test_a_batch_larger_than_the_data_is_allowed_with_a_note(tiny_study: Study, runs: Path) -> None:
    execution, said = executed(tiny_study.varied(settings=["training.batch_size=1000"], seeds=1), runs)
    assert execution.trained == 2
    assert "linear's batch of 1,000 is larger than the 48 training images; each epoch is one step." in said


def test_every_recipe_with_such_a_batch_is_noted_once(tiny_study: Study, runs: Path) -> None:
    large = {
        f"{label} at once": override(recipe, ["training.batch_size=1000"])
        for label, recipe in tiny_study.recipes.items()
    }
    study = Study(name="large", question="?", recipes={**tiny_study.recipes, **large}, seeds=2)
    _, said = executed(study, runs)
    notes = [line.split("'s batch")[0] for line in said.splitlines() if line.startswith("Note: ")]
    assert notes == ["Note: linear at once", "Note: dense at once"]


def test_images_in_two_splits_are_noted(tiny_study: Study, runs: Path) -> None:
    folder = Path(tiny_study.recipes["dense"].data.source)
    train, test = (folder / f"{part}-images-idx3-ubyte" for part in ("train", "t10k"))
    raw = bytearray(test.read_bytes())
    raw[16 : 16 + 64] = train.read_bytes()[16 : 16 + 64]
    test.write_bytes(raw)
    _, said = executed(tiny_study.varied(seeds=1), runs)
    assert said.count("train and test share 1 image of") == 1


def test_how_many_runs_go_on_beside_it_changes_no_bit(tiny_recipe: Recipe, tmp_path: Path) -> None:
    study = Study(name="s", question="?", recipes={"conv": override(tiny_recipe, ["model.kind=conv"])}, seeds=2)
    weights = []
    for jobs in (1, 2):
        before = torch.get_num_threads()
        torch.set_num_threads(2)  # as torch does on a machine of two cores
        execution = execute(study, runs=tmp_path / str(jobs), jobs=jobs)
        torch.set_num_threads(before)
        weights.append([item.folder.weights.read_bytes() for item in execution.plan.runs])
        assert {item.run.machine.engine.threads for item in execution.plan.runs} == {1}
    assert weights[0] == weights[1]


def test_fewer_runs_go_on_at_once_where_memory_is_short(
    tiny_study: Study, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo, noted = plan(tiny_study, runs).missing, []
    watch = Silent()
    monkeypatch.setattr(watch, "note", noted.append)
    monkeypatch.setattr("seedtrial.memory.available", lambda: 2 * bytes_needed(todo[0]) + 50_000_000)
    assert jobs_that_fit(todo, 4, watch) == 2
    assert noted == ["Note: 2 runs at a time, for lack of memory (0.3 GB each)."]
    assert not any(map(too_large, todo))


def test_twelve_megapixel_photographs_do_not_end_in_a_kill(tiny_recipe: Recipe, tmp_path: Path) -> None:
    facts = replace(plan(Study(name="s", question="?", recipes={"a": tiny_recipe}), tmp_path).runs[0].facts)
    conv = override(tiny_recipe, ["model.kind=conv", "training.batch_size=256"])
    item = Planned("conv", 0, conv, replace(facts, shape=(3, 3000, 4000)), Folder(tmp_path / "x"))
    assert bytes_needed(item) > 200e9
    reason = too_large(item)
    assert "GB of memory, but" in reason and "smaller pictures (--set data.size=64)" in reason
    small = Planned("conv", 0, conv, replace(facts, shape=(3, 64, 64)), Folder(tmp_path / "x"))
    assert bytes_needed(small) < 1.5e9


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_ends_the_study_at_once(
    tiny_study: Study, runs: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device (9 bytes were to be written)", str(path))

    monkeypatch.setattr("seedtrial.runs.run.write_atomic", full)
    with pytest.raises(SeedtrialError, match=r"\.npz: no space left on device \(9 bytes .* continues with"):
        execute(tiny_study, runs=runs, jobs=jobs)
    assert len(list(runs.glob("*-s*"))) <= jobs
    monkeypatch.undo()
    assert execute(tiny_study, runs=runs).trained == 4


def test_without_room_for_what_processes_share_runs_go_one_by_one(
    tiny_study: Study, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "/dev/shm/x")

    noted: list[str] = []
    watch = Silent()
    monkeypatch.setattr(watch, "note", noted.append)
    monkeypatch.setattr("seedtrial.execution.processes._add_worker", refused)
    assert execute(tiny_study, runs=runs, jobs=2, watch=watch).trained == 4
    assert "Note: 1 run at a time, since no other process can be started (Read-only file system)." in noted
