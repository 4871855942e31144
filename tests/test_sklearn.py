"""The scikit-learn estimator: its contract, and that it trains as runs do."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator

from seedtrial.sklearn import ImageClassifier


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = load_digits(return_X_y=True)
    return images[:400], labels[:400]


@pytest.mark.slow
def test_scikit_learn_finds_nothing_wrong_with_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # checks that do not apply are announced as warnings
        results = check_estimator(ImageClassifier(epochs=150), on_fail=None)
    failed = {each["check_name"]: str(each["exception"]) for each in results if each["status"] in ("failed", "xfail")}
    assert failed == {}


def test_it_learns_digits_from_rows_images_and_names(digits: tuple[np.ndarray, np.ndarray]) -> None:
    rows, labels = digits
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])[labels]
    by_rows = ImageClassifier(epochs=40).fit(rows[:300], labels[:300])
    by_images = ImageClassifier(epochs=40).fit(rows[:300].reshape(-1, 8, 8), names[:300])
    assert by_rows.recipe_.model.kind == "conv" and by_rows.image_shape_ == (1, 8, 8)
    assert by_rows.score(rows[300:], labels[300:]) > 0.85
    assert (by_images.predict(rows[300:].reshape(-1, 8, 8)) == names[300:]).mean() > 0.85


def test_equal_seeds_give_equal_answers_and_settings_are_honoured(digits: tuple[np.ndarray, np.ndarray]) -> None:
    rows, labels = digits
    classifiers = [
        ImageClassifier("dense", epochs=2, settings=("model.widths=[8]",), seed=s).fit(rows, labels) for s in (1, 1, 2)
    ]
    first, same, other = (each.predict_proba(rows) for each in classifiers)
    assert np.array_equal(first, same) and not np.array_equal(first, other)
    assert classifiers[0].weights_["layers.dense1.weight"].shape == (8, 64)


def test_it_is_searched_and_pickled(digits: tuple[np.ndarray, np.ndarray]) -> None:
    search = GridSearchCV(ImageClassifier(), {"architecture": ["linear", "forest"]}, cv=2).fit(*digits)
    again = pickle.loads(pickle.dumps(search.best_estimator_))  # noqa: S301  scikit-learn's own way to copy estimators
    assert np.array_equal(again.predict(digits[0]), search.predict(digits[0]))


def test_wrong_shapes_are_named(digits: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"shape should be \(H, W\) or \(C, H, W\) with 64 numbers, not \(7, 7\)"):
        ImageClassifier(shape=(7, 7)).fit(*digits)
    with pytest.raises(ValueError, match="Images should be"):
        ImageClassifier().fit(np.zeros((4, 8, 8, 2)), [0, 1, 0, 1])
