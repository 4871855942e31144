"""Studies with folds: their runs, their numbers, what goes on after an interruption, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedtrial.claims.claim import Claim
from seedtrial.data.dataset import DataSpec, Source
from seedtrial.data.folds import Fold
from seedtrial.data.seal import Ledger
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import execute
from seedtrial.models import Dense, Linear
from seedtrial.report.study import page
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.trained import open_run
from seedtrial.study.plan import plan
from seedtrial.study.results import results
from seedtrial.study.results_json import results_json
from seedtrial.study.study import Study
from seedtrial.training.spec import TrainSpec

DATA, ONCE = DataSpec(source="digits"), TrainSpec(epochs=1)


def folded(**settings: object) -> Study:
    """A study of two tiny networks."""
    models = {"linear": Linear(), "dense": Dense(widths=(8,))}
    recipes = {label: Recipe(data=DATA, model=model, training=ONCE) for label, model in models.items()}
    claims = (Claim.beats("dense", "linear"),)
    return Study(
        **{"name": "f", "question": "?", "recipes": recipes, "claims": claims, "folds": 3, "seeds": 1} | settings
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Study, Path]:
    """A finished study and its runs."""
    runs = tmp_path_factory.mktemp("runs")
    execute(folded(), runs=runs)
    return folded(), runs


def test_a_run_is_a_recipe_a_seed_and_a_fold(done) -> None:
    study, runs = done
    planned = plan(study, runs)
    assert len(planned.runs) == 6 and not planned.missing
    assert {item.folder.path.name[12:] for item in planned.of("dense")} == {f"-s0-f{n}of3" for n in (1, 2, 3)}
    run = open_run(planned.runs[0].folder.path)
    assert run.fold == Fold(number=1, of=3) and run.which == "seed 0, fold 1 of 3"


def test_accuracy_is_that_of_all_images_with_an_interval_that_is_bounded(done) -> None:
    study, runs = done
    row = results(plan(study, runs)).rows[0]
    (predictions,) = row.predictions
    assert row.judged is not None and len(predictions) == 1797
    assert row.judged.mean == pytest.approx(predictions.right.mean())
    assert 0 < row.judged.low < row.judged.mean < row.judged.high < 1 and row.judged.n == 3
    assert row.judged.ratio == pytest.approx(0.5)


def test_predictions_of_all_folds_are_in_the_order_of_the_images(done) -> None:
    from seedtrial.data.folds import whole
    from seedtrial.data.readers import read

    study, runs = done
    (predictions,) = results(plan(study, runs)).rows[0].predictions
    assert np.array_equal(predictions.labels, whole(*read("digits").splits).labels)


def test_verdicts_are_over_folds(done) -> None:
    study, runs = done
    (verdict,) = results(plan(study, runs)).verdicts
    assert "3 folds, paired; p" in verdict.sentence and verdict.word != "not tested"


def test_each_fold_is_opened_by_itself_and_the_page_says_so(done, tmp_path) -> None:
    study, runs = done
    (ledger,) = runs.glob("*.ledger.jsonl")
    reasons = ledger.read_text()
    assert all(f"score dense, seed 0, fold {number} of 3" in reasons for number in (1, 2, 3))
    text = page.write_report(results(plan(study, runs)), tmp_path / "page.html", runs=runs).read_text()
    assert "every image was a test image once per seed" in text and "corrected resampled t-test" in text
    assert "draw the report&#39;s images, fold 3 of 3" in text


def test_json_has_a_run_per_fold(done) -> None:
    study, runs = done
    plain = results_json(results(plan(study, runs)))
    assert plain["folds"] == 3 and [run["fold"] for run in plain["recipes"][0]["runs"]] == [1, 2, 3]


def test_an_interrupted_study_trains_what_is_missing_and_counts_whole_seeds_only(done, tmp_path) -> None:
    study, _ = done
    first = study.varied(only=["linear"])
    whole = execute(first, runs=tmp_path).plan
    (whole.runs[2].folder.path / "metrics.json").unlink()
    left = plan(first, tmp_path)
    assert len(left.missing) == 1 and results(left).rows[0].judged is None and not results(left).complete
    assert execute(first, runs=tmp_path, jobs=2).trained == 1
    assert results(plan(first, tmp_path)).complete


def test_seeds_take_the_divisions_in_turn(tmp_path) -> None:
    study = folded(seeds=2, repeats=2)
    names = [item.folder.path.name[12:] for item in plan(study, tmp_path).of("dense")]
    assert names == [f"-s{seed}-f{n}of3{'r2' * seed}" for seed in (0, 1) for n in (1, 2, 3)]
    execute(study.varied(only=["linear"]), runs=tmp_path)
    row = results(plan(study.varied(only=["linear"]), tmp_path)).rows[0]
    assert row.seeds == 2 and row.judged is not None and row.judged.n == 6


def test_a_study_judged_on_validation_opens_no_fold(tmp_path) -> None:
    study = folded(judged_on="validation")
    gathered = results(execute(study, runs=tmp_path).plan)
    assert not list(tmp_path.glob("*.ledger.jsonl"))
    assert gathered.rows[0].judged is not None and gathered.rows[0].judged.n == 3
    page.write_report(gathered, tmp_path / "page.html", runs=tmp_path)
    assert not list(tmp_path.glob("*.ledger.jsonl"))


def test_two_at_a_time_give_the_same_numbers(done, tmp_path) -> None:
    study, runs = done
    execute(study, runs=tmp_path, jobs=2)
    one, two = (results(plan(study, folder)).rows[0].judged for folder in (runs, tmp_path))
    assert one == two


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"folds": None, "seeds": 3, "repeats": 2}, "repeats are of folds; say how many, such as folds=5"),
        ({"repeats": 2}, "2 repeats need as many seeds"),
        ({"seeds": 2, "repeats": 2, "judged_on": "validation"}, "takes one division into folds; repeats=1"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(settings, words) -> None:
    with pytest.raises(SeedtrialError, match=words):
        folded(**settings)


def test_a_digest_knows_no_fold() -> None:
    from seedtrial.data.dataset import facts

    recipe = Recipe(data=DATA, model=Linear(), training=ONCE)
    assert recipe.digest(facts(DATA)) == recipe.in_fold(Fold(number=1, of=3)).digest(facts(DATA))


def test_fixed_validation_images_are_the_same_in_all_folds_and_never_test_images(tmp_path) -> None:
    data = DataSpec(source="digits", validation=Validation(fixed=True))
    source = Source.read(data)
    without = source.dataset(data)
    tested = 0
    for number in (1, 2, 3):
        fold = source.dataset(data.in_fold(Fold(number=number, of=3)))
        assert np.array_equal(fold.validation.images, without.validation.images)
        assert len(fold.train) + len(fold.test) + len(fold.validation) == 1797
        tested += len(fold.test)
    assert tested == 1797 - len(without.validation)
    recipes = {"linear": Recipe(data=data, model=Linear(), training=ONCE)}
    study = folded(recipes=recipes, claims=(), seeds=2, repeats=2)
    gathered = results(execute(study, runs=tmp_path).plan)
    assert len(gathered.rows[0].predictions[0]) == tested
    assert "every image but 144 validation images, which all folds share, was" in gathered.folds_note
    assert results(plan(study.model_copy(update={"judged_on": "validation"}), tmp_path)).rows[0].judged is not None


def test_groups_are_in_one_fold_only(tmp_path) -> None:
    folder = tmp_path / "pictures"
    generator = np.random.default_rng(0)
    for number in range(40):
        path = folder / ("cat", "dog")[number % 2] / f"who{number // 2 % 10}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (8, 8), dtype=np.uint8)).save(path)
    data = DataSpec(source=str(folder), channels=1, groups="{group}_*", validation=Validation(size=0.25))
    source = Source.read(data)
    for number in (1, 2, 3):
        fold = source.dataset(data.in_fold(Fold(number=number, of=3)))
        test = fold.test.open(Ledger(tmp_path, "mine"), "look")
        parts = [set(split.groups) for split in (fold.train, fold.validation, test)]
        assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
        assert len(fold.train) + len(fold.validation) + len(test) == 40
