"""A class is accepted above a limit that keeps false accepts rare; bounds are exact, and both errors are counted."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from command_line import Shell
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.binomial import exact_interval, fewest_needed, most_allowed, upper_bound
from seedtrial.evaluation.predictions import Predictions
from seedtrial.runs.trained import Run
from seedtrial.serving.acceptance import Errors, accepting, choose_limit, errors_at
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.decision import NOT_ACCEPTED, NOT_SURE, UNLIKE, Decision
from seedtrial.serving.export import Chosen, export
from seedtrial.serving.inputs import pictures
from seedtrial.serving.predict import predict

CLASSES = ("other", "owner")


def predictions(strangers: list[float], owner: list[float]) -> Predictions:
    """Images of others and of the owner by their probability of being the owner."""
    scores = np.array(strangers + owner)
    labels = np.array([0] * len(strangers) + [1] * len(owner))
    return Predictions(labels, np.stack([1 - scores, scores], axis=1))


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99])
def test_bounds_are_those_of_the_binomial(count: int) -> None:
    bound = upper_bound(count, 100)
    assert stats.binom.cdf(count, 100, bound) == pytest.approx(0.05)
    low, high = exact_interval(count, 100)
    ours, scipys = (low, high), stats.binomtest(count, 100).proportion_ci(method="exact")
    assert ours == pytest.approx((scipys.low, scipys.high))


def test_bounds_at_the_ends_are_certain() -> None:
    assert upper_bound(100, 100) == 1 and exact_interval(100, 100)[1] == 1 and exact_interval(0, 100)[0] == 0
    assert upper_bound(0, 0) == 1 and exact_interval(0, 0) == (0, 1)


def test_one_per_cent_takes_299_images_that_are_all_refused() -> None:
    assert fewest_needed(0.01) == 299 and most_allowed(298, 0.01) is None and most_allowed(299, 0.01) == 0
    assert (most_allowed(472, 0.01), most_allowed(473, 0.01)) == (0, 1)
    assert most_allowed(0, 0.5) is None and most_allowed(10_000, 0.01) == 83
    assert all(most_allowed(fewest_needed(share), share) == 0 for share in (0.5, 0.1, 0.05, 0.001, 0.0001))


def test_the_limit_lies_between_the_last_refused_and_the_first_accepted() -> None:
    strangers, owner = np.arange(100) / 1000, np.array([0.5, 0.7])
    scores, own = np.concatenate([strangers, owner]), np.array([False] * 100 + [True] * 2)
    limit, bound = choose_limit(scores, own, 0.05)  # one of a hundred may be accepted
    assert limit == pytest.approx((0.098 + 0.099) / 2) and bound == upper_bound(1, 100) <= 0.05
    assert errors_at(scores, own, limit) == Errors(1, 100, 0, 2)
    limit, bound = choose_limit(scores, own, 0.001)  # cannot be promised: none is accepted
    assert limit == pytest.approx((0.099 + 0.5) / 2) and bound == pytest.approx(1 - 0.05 ** (1 / 100))


def test_equal_scores_are_refused_together() -> None:
    scores, own = np.array([1.0] * 400), np.array([False] * 399 + [True])
    limit, _ = choose_limit(scores, own, 0.01)
    assert errors_at(scores, own, limit) == Errors(0, 399, 1, 1)


def test_the_promise_holds_for_nineteen_of_twenty_limits() -> None:
    generator = np.random.default_rng(0)
    kept = 0
    for _ in range(2000):
        strangers = generator.random(300)  # of uniform scores, the share above a limit is 1 - limit
        limit, _ = choose_limit(np.append(strangers, 1.0), np.array([False] * 300 + [True]), 0.02)
        kept += 1 - limit <= 0.02
    assert 0.94 < kept / 2000  # half-way to the next score keeps it a little more often than 95 %


def test_too_few_images_are_said_to_be_too_few() -> None:
    some = predictions([0.1] * 100, [0.9] * 50)
    few = accepting("owner", 0.01, CLASSES, validation=some, test=None, temperature=1.0)
    text = " ".join(few.sentences())
    assert not few.is_promised and few.bound == pytest.approx(0.0295, abs=1e-4)
    assert "100 validation images of other classes are too few to promise 1 % false accepts, which takes 299" in text
    assert "up to 2.95 % may be (95 % confidence)" in text and "The test images were not examined" in text
    enough = accepting("owner", 0.05, CLASSES, validation=some, test=predictions([0.1, 0.7], [0.9]), temperature=1.0)
    text = " ".join(enough.sentences())
    assert enough.is_promised and "so that at most 5 % of pictures like these are accepted" in text
    assert "On test images: false accepts 1 of 2 (50.00 %, 95 % interval 1.26 to 98.74)" in text


def test_a_higher_temperature_moves_the_limit_and_changes_no_answer() -> None:
    some = predictions(list(np.linspace(0.01, 0.6, 100)), list(np.linspace(0.4, 0.99, 50)))
    plain, softer = (accepting("owner", 0.05, CLASSES, validation=some, test=some, temperature=t) for t in (1.0, 3.0))
    assert softer.limit != plain.limit and softer.validation == plain.validation and softer.test == plain.test


@pytest.mark.parametrize(
    ("name", "share", "validation", "words"),
    [
        ("onwer", 0.01, predictions([0.1], [0.9]), "There is no class 'onwer'. Did you mean 'owner'"),
        ("owner", 0.0, predictions([0.1], [0.9]), "a share between 0 and 1, such as 0.01, not 0"),
        ("owner", 1.0, predictions([0.1], [0.9]), "a share between 0 and 1"),
        ("owner", math.nan, predictions([0.1], [0.9]), "a share between 0 and 1"),
        ("owner", 0.01, predictions([], [0.9]), "validation images of other classes; there are none"),
        ("owner", 0.01, None, "validation images of other classes; there are none"),
    ],
)
def test_what_cannot_be_promised_is_refused(
    name: str, share: float, validation: Predictions | None, words: str
) -> None:
    with pytest.raises(SeedtrialError, match=words):
        accepting(name, share, CLASSES, validation=validation, test=None, temperature=1.0)


def test_an_answer_is_the_class_or_not_accepted_or_like_none() -> None:
    some = predictions([0.1] * 400, [0.9] * 50)
    acceptance = accepting("owner", 0.01, CLASSES, validation=some, test=None, temperature=1.0)
    probs = np.array([[0.45, 0.55], [0.55, 0.45], [0.1, 0.9]])
    unlike = np.array([False, False, True])
    assert acceptance.limit == pytest.approx(0.5)
    assert Decision(acceptance=acceptance).words(CLASSES, probs, unlike) == ["owner", NOT_ACCEPTED, UNLIKE]
    assert Decision(0.6).words(CLASSES, probs, unlike) == [NOT_SURE, NOT_SURE, UNLIKE]
    assert Decision.of(json.loads(json.dumps(Decision(acceptance=acceptance).plain()))).acceptance == acceptance
    with pytest.raises(SeedtrialError, match="has its own limit"):
        Decision(0.5, acceptance)


@pytest.fixture(scope="module")
def accepts(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that accepts one class."""
    out = tmp_path_factory.mktemp("accepts") / "left"
    export(Chosen((trained,), "blocks", "This is a test."), out, accept="left", false_accepts=0.2)
    return out


def test_a_run_and_its_bundle_accept_the_same(trained: Run, accepts: Path, blocks: Path, shell: Shell) -> None:
    runs = trained.folder.path.parent
    options = ("--accept", "left", "--false-accepts", "0.2", "--truth", "--json")
    ours = json.loads(shell("predict", trained.folder.path.name, blocks, "--runs", runs, *options).out)
    theirs = json.loads(shell("predict", accepts, blocks, *options).out)
    stored = json.loads(shell("predict", accepts, blocks, "--truth", "--json").out)
    assert [row["answer"] for row in ours["answers"]] == [row["answer"] for row in theirs["answers"]]
    assert theirs == stored and {row["answer"] for row in stored["answers"]} <= {"left", NOT_ACCEPTED, UNLIKE}
    assert stored["errors"]["own"] == 80 and stored["errors"]["others"] == 160
    assert stored["errors"]["accepted"] <= 0.2 * 160
    assert ours["acceptance"]["test"]["own"] + ours["acceptance"]["test"]["others"] == 48


def test_the_errors_are_told_and_the_card_has_them(accepts: Path, blocks: Path, shell: Shell) -> None:
    said = shell("predict", accepts, blocks, "--truth").out
    assert "A picture is accepted as left if" in said and "On test images: false accepts" in said
    assert "probability of left" in said and "On these images: false accepts" in said
    card = (accepts / "card.md").read_text(encoding="utf-8")
    assert "## When it answers" in card and "what looks like none of the classes is not accepted" in card


def test_the_script_of_a_bundle_accepts_too(accepts: Path, bundle: Bundle) -> None:
    space: dict[str, object] = {"__name__": "predict", "__file__": str(accepts / "predict.py")}
    exec(compile((accepts / "predict.py").read_text(encoding="utf-8"), "predict.py", "exec"), space)
    answer = space["answer"]
    assert answer(np.array([0.999, 0.0, 0.001])) == ("left", 0.999)  # type: ignore[operator]
    assert answer(np.array([0.0, 0.3, 0.7])) == ("not accepted", 0.0)  # type: ignore[operator]


def test_a_bundle_cannot_choose_another_limit(accepts: Path, folder: Path, blocks: Path, shell: Shell) -> None:
    for network, options in ((folder, ["--accept", "left"]), (accepts, ["--accept", "left", "--false-accepts", "0.1"])):
        answered = shell("predict", network, blocks, *options)
        assert answered.code == 1 and "has no limit for accepting left" in answered.err
    assert shell("predict", accepts, blocks, "--threshold", "0.5").code == 0
    answered = shell("predict", folder, blocks, "--false-accepts", "0.1")
    assert answered.code == 1 and "needs --accept CLASS" in answered.err


def test_a_threshold_is_exported(trained: Run, tmp_path: Path, blocks: Path) -> None:
    export(Chosen((trained,), "blocks", "This is a test."), tmp_path / "b", threshold=0.99)
    predictor = Bundle.load(tmp_path / "b").predictor
    rows, _ = predict(pictures([blocks], predictor), predictor)
    assert any(row.answer == NOT_SURE for row in rows)
    always = replace(predictor, decision=Decision())
    rows, _ = predict(pictures([blocks], always), always)
    assert not any(row.answer == NOT_SURE for row in rows)
