"""The numbers of a study: what the table, the JSON and the report all show."""

import json
import math
from pathlib import Path

import pytest

from seedtrial.claims.claim import Claim
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.metrics import accuracy, balanced_accuracy
from seedtrial.evaluation.statistics import percent, share_spread, spread
from seedtrial.execution.execute import execute
from seedtrial.report.study.files import as_csv
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.study.plan import plan
from seedtrial.study.results import results
from seedtrial.study.results_json import results_json, shareable
from seedtrial.study.study import Study


def test_a_row_is_the_spread_over_seeds_of_what_the_predictions_say(tiny_study: Study, runs: Path) -> None:
    gathered = results(execute(tiny_study, runs=runs).plan)
    assert [(row.label, row.seeds, row.planned) for row in gathered.rows] == [("linear", 2, 2), ("dense", 2, 2)]
    for row in gathered.rows:
        for found_spread, split, images in ((row.test, "test", 24), (row.validation, "validation", 16)):
            accuracies = [accuracy(one.predictions[split]) for one in row.runs.values()]
            assert found_spread == share_spread(accuracies, images=images)
            assert found_spread.mean == spread(accuracies).mean
    assert [row.parameters for row in gathered.rows] == [64 * 3 + 3, 64 * 16 + 16 + 16 * 3 + 3]
    assert gathered.complete and len(gathered.verdicts) == 1


def test_another_measure_is_in_the_row_the_verdict_and_the_json(tiny_study: Study, runs: Path) -> None:
    study = tiny_study.model_copy(update={"measure": "balanced_accuracy"})
    gathered = results(execute(study, runs=runs).plan)
    values = results_json(gathered)
    assert values["measure"] == "balanced_accuracy"
    for row, plain in zip(gathered.rows, values["recipes"], strict=True):
        assert row.measured is not None and plain["measured"]["mean"] == row.measured.mean
        scores = [balanced_accuracy(one.predictions["test"]) for one in row.runs.values()]
        assert row.measured.mean == pytest.approx(spread(scores).mean)
    first = as_csv(gathered).splitlines()[:2]
    assert "seeds,balanced accuracy,sd" in first[0] and f"{100 * gathered.rows[0].measured.mean:.2f}" in first[1]
    assert "Test balanced accuracy" in gathered.verdicts[0].sentence
    plain = results(plan(tiny_study, runs))
    assert [row.measured for row in plain.rows] == [None, None] and "measure" not in results_json(plain)


def test_a_study_without_runs_has_no_answer_yet(tiny_study: Study, runs: Path) -> None:
    gathered = results(plan(tiny_study, runs))
    assert not gathered.complete
    assert [row.test for row in gathered.rows] == [None, None]
    assert [verdict.word for verdict in gathered.verdicts] == ["not tested"]
    assert json.loads(json.dumps(results_json(gathered), allow_nan=False))["complete"] is False


def test_diverged_runs_are_counted_and_are_in_no_mean(tiny_recipe: Recipe, diverging: Recipe, runs: Path) -> None:
    study = Study(name="mixed", question="?", recipes={"tame": tiny_recipe, "wild": diverging}, seeds=2)
    gathered = results(execute(study, runs=runs).plan)
    tame, wild = gathered.rows
    assert (tame.seeds, tame.diverged) == (2, 0)
    assert (wild.seeds, wild.diverged, wild.test) == (0, 2, None)
    assert not gathered.complete


def test_a_damaged_run_is_named_and_not_silently_left_out(tiny_study: Study, runs: Path) -> None:
    damaged = execute(tiny_study, runs=runs).plan.runs[0].folder
    damaged.weights.write_bytes(b"")
    with pytest.raises(SeedtrialError, match=f"{damaged.weights} was changed after the run"):
        results(plan(tiny_study, runs))


def test_everything_is_plain_json_with_nothing_infinite(tiny_study: Study, runs: Path) -> None:
    claims = (
        *tiny_study.claims,
        Claim.reaches("dense", 10),
        Claim.separates("dense", "linear", classes=("0", "2")),
        Claim.confuses("linear", ("0", "2")),
        Claim.overfits_less("dense", "linear"),
        Claim.trains_within("dense", "linear", times=1000),
    )
    study = tiny_study.model_copy(update={"claims": claims})
    for seeds in (1, 2):
        again = json.loads(
            json.dumps(results_json(results(execute(study.varied(seeds=seeds), runs=runs).plan)), allow_nan=False)
        )
        assert (again["recipes"][0]["test"]["sd"] is None) == (seeds == 1)
        assert [verdict["claim"] for verdict in again["verdicts"]] == [str(claim) for claim in claims]
        reaches, within = again["verdicts"][1], again["verdicts"][5]
        (evidence,) = reaches["evidence"]
        assert (evidence["measure"], evidence["low"], evidence["high"]) == ("accuracy", 10, None)
        assert evidence["value"]["mean"] == pytest.approx(100 * again["recipes"][1]["test"]["mean"])
        assert (within["p"] is None) == (seeds == 1) and within["evidence"][0]["value"]["mean"] > 0


def test_the_best_is_named_when_no_claim_is_made(tiny_study: Study, runs: Path) -> None:
    study = Study(name="tiny", question="?", recipes=tiny_study.recipes, seeds=1)
    assert results(plan(study, runs)).headline() == "No run is finished, so there is no answer yet."
    examine(run(study.recipes["dense"], runs=runs))
    assert results(plan(study, runs)).headline().startswith("dense classifies ")
    examine(run(study.recipes["linear"], runs=runs))
    assert "no difference was tested" in results(plan(study, runs)).headline()


@pytest.mark.parametrize(
    "values, interval, text",
    [
        ([0.5, 0.52], False, "51.00 %"),
        ([0.5], True, "–"),
        (None, False, "–"),
        ([0.5, 0.5], True, "50.00 to 50.00"),
    ],
)
def test_a_share_is_shown_in_per_cent(values: list[float] | None, interval: bool, text: str) -> None:
    assert percent(spread(values) if values else None, interval=interval) == text


def test_one_seed_has_no_deviation(tiny_recipe: Recipe, runs: Path) -> None:
    study = Study(name="one", question="?", recipes={"only": tiny_recipe}, seeds=1)
    (row,) = results(execute(study, runs=runs).plan).rows
    assert row.test is not None and math.isnan(row.test.sd)


@pytest.mark.parametrize(
    "command, text",
    [
        ("seedtrial run a --runs /home/ada/runs --json", "seedtrial run a --runs …/runs --json"),
        ("seedtrial run a --data-dir=/home/ada/x/data", "seedtrial run a --data-dir=…/data"),
        ("seedtrial run mine/study.py --set data.size=64", "seedtrial run mine/study.py --set data.size=64"),
    ],
)
def test_a_command_in_shared_results_names_no_home_directory(command: str, text: str) -> None:
    assert shareable(command) == text
