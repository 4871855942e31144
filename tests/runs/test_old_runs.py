"""Folders of runs that version 1 wrote still count: one metrics.json, with the test scores inside."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from seedtrial import Claim, Recipe, Study
from seedtrial.data.dataset import DataSpec, load
from seedtrial.execution.execute import execute
from seedtrial.models import Conv, Dense, NumpyNet
from seedtrial.models.convnet import ConvBlock
from seedtrial.runs.trained import open_run
from seedtrial.study.plan import plan
from seedtrial.study.results import results
from seedtrial.training.optimiser import SGD
from seedtrial.training.spec import Stopping, TrainSpec

ARCHIVE = Path(__file__).parent / "old_runs.zip"
ACCURACIES = {"dense": [18.33, 2], "conv": [14.17, 2], "scratch": [12.64, 2], "diverged": [None, 0]}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "runs"


@pytest.fixture
def study() -> Study:
    data = DataSpec(source="digits")
    stopping = Stopping(patience=1)
    conv = Conv(blocks=(ConvBlock(filters=4),), dense=())
    descent = TrainSpec(epochs=1, batch_size=32, optimiser=SGD(rate=0.03))
    return Study(
        name="old",
        question="Do runs of version 1 still count?",
        recipes={
            "dense": Recipe(data=data, model=Dense(widths=(8,)), training=TrainSpec(epochs=2, stopping=stopping)),
            "conv": Recipe(data=data, model=conv, training=TrainSpec(epochs=1, mirrored=True)),
            "scratch": Recipe(data=data, model=NumpyNet(hidden=8), training=descent),
            "diverged": Recipe(
                data=data, model=Dense(widths=(8,)), training=TrainSpec(epochs=1, optimiser=SGD(rate=1e30))
            ),
        },
        seeds=2,
        claims=(Claim.beats("dense", "conv"),),
    )


def test_they_are_finished_with_the_scores_that_they_had(old: Path, study: Study) -> None:
    planned = plan(study, old)
    assert not planned.missing
    rows = {row.label: row for row in results(planned).rows}
    numbers = {label: [round(100 * row.test.mean, 2) if row.test else None, row.seeds] for label, row in rows.items()}
    assert numbers == ACCURACIES and rows["diverged"].diverged == 2
    assert rows["conv"].unmirrored is not None and rows["dense"].unmirrored is None
    assert all(row.seconds_testing is not None for row in rows.values() if row.seeds)


def test_executing_their_study_trains_nothing_and_opens_nothing(old: Path, study: Study) -> None:
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    assert execute(study, runs=old).trained == 0
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("label", ["dense", "conv", "scratch"])
def test_their_weights_still_give_their_predictions(label: str, old: Path, study: Study) -> None:
    validation = load("digits").validation
    assert validation is not None
    for run in plan(study, old).finished(label).values():
        opened = open_run(run.folder.path)
        assert sorted(opened.predictions) == ["test", "validation"] and opened.test is not None
        assert opened.test.opened_by == "old" and opened.test.version == 1
        recorded = opened.predictions["validation"].probs
        # They were scored in bf16 where the hardware had it, and on another processor.
        np.testing.assert_allclose(opened.predict(validation.images), recorded, atol=0.02)
